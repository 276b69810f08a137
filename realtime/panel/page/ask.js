// What the page asks of Thespis: by POST, to which the browser adds the Origin that is asked for.

import { bared } from "./bare.js";

const SLOW = new Set(["next_persona", "snapshot", "record", "wear", "choose", "add_persona"]);

export const element = (id) => document.getElementById(id);

export async function fetched(path) {
  const answer = await fetch(path);
  return read(answer);
}

/** Ask for something; where it lets a face be seen, only if the user means it. What goes wrong is shown. Where nothing
 *  was done, `undefined` comes back. */
export async function ask(name, words = {}, signal = undefined) {
  const why = bared(name, words);
  if (why && !(await sure(why))) return undefined;
  const body = JSON.stringify({ do: name, ...words });
  return SLOW.has(name) ? in_line(body) : post(body, signal);
}

let last = Promise.resolve(), waiting = null;

/** One slow thing after the other: a browser opens six connections, and what hurries is not to wait for one of them.
 *  A key that is pressed again and again waits in the line once. */
function in_line(body) {
  if (waiting?.body === body) return waiting.done;
  const one = { body };
  one.done = last.then(() => {
    if (waiting === one) waiting = null;
    return post(body);
  });
  waiting = one;
  last = one.done;
  return one.done;
}

async function post(body, signal) {
  try {
    const answer = await fetch("do", { method: "POST", headers: { "content-type": "application/json" }, body, signal });
    const told = await read(answer);
    show_fault("");
    if (told.said) element("said").textContent = told.said;
    return told.said;
  } catch (error) {
    if (error.name === "AbortError") return undefined;
    show_fault(error instanceof TypeError ? "Thespis does not answer." : error.message);
    return undefined;
  }
}

/** What was answered; words that can be shown are thrown where it was a refusal, or nothing that this page reads. */
async function read(answer) {
  const text = await answer.text();
  let told = null;
  try {
    told = JSON.parse(text);
  } catch {
    if (answer.ok) throw new Error("Thespis answered what this page cannot read. Reload the page.");
  }
  if (!answer.ok) throw new Error(told?.error ?? `Thespis could not do that (${answer.status} ${answer.statusText}).`);
  return told;
}

export function show_fault(text) {
  element("fault-text").textContent = text;
  element("fault").hidden = !text;
}

/** Whether the user means it: what lets a face be seen is never one slip of a key away. */
export function sure(text) {
  const dialog = element("sure");
  if (dialog.open) dialog.close("no");
  element("sure-text").textContent = text;
  element("sure-yes").onclick = () => dialog.close("yes");
  element("sure-no").onclick = () => dialog.close("no");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true });
  });
}

/** Ask while a slider moves: the newest values, ten times a second at most, and always the last ones. */
export function steadily(send) {
  let waiting = {}, timer = 0;
  const go = async () => {
    timer = 0;
    if (!Object.keys(waiting).length) return;
    const values = waiting;
    waiting = {};
    timer = -1; // one at a time, however slowly it is answered
    await send(values);
    timer = setTimeout(go, 100);
  };
  return (values) => {
    waiting = { ...waiting, ...values };
    if (!timer) go();
  };
}

/** An element with attributes and children; text is text, never markup. */
export function made(tag, attributes = {}, ...children) {
  const one = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) one.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) one.setAttribute(name, value);
  }
  one.append(...children);
  return one;
}

/** The options of a select, changed only where they differ: an open one is not closed under the user's hand. */
export function fill(select, options, chosen) {
  const wanted = JSON.stringify(options);
  if (select.dataset.options !== wanted) {
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
    select.dataset.options = wanted;
  }
  if (document.activeElement !== select || !select.value) select.value = chosen;
}
