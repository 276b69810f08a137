// What the page asks of Thespis. Only POST changes anything; the browser adds the Origin that is asked for.

export const element = (id) => document.getElementById(id);

export async function fetched(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/** Ask for something; what goes wrong is shown, and `undefined` comes back. */
export async function ask(name, words = {}) {
  try {
    const body = JSON.stringify({ do: name, ...words });
    const answer = await fetch("do", { method: "POST", headers: { "content-type": "application/json" }, body });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.error);
    show_fault("");
    if (told.said) element("said").textContent = told.said;
    return told.said;
  } catch (error) {
    show_fault(error instanceof TypeError ? "Thespis does not answer." : error.message);
    return undefined;
  }
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
  const go = () => {
    timer = 0;
    if (!Object.keys(waiting).length) return;
    const values = waiting;
    waiting = {};
    timer = setTimeout(go, 100);
    send(values);
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
