// The panel: told twice a second how things stand, over one WebSocket; asks for changes by POST, and to hide over both.

import { ask, element, fetched, made, show_fault, steadily } from "./ask.js";
import { bared, know } from "./bare.js";
import { Figures } from "./charts.js";
import { ChoiceForm } from "./choice.js";
import { build_fit, build_settings } from "./controls.js";
import { Cast, Gallery } from "./people.js";
import { Preview } from "./preview.js";
import { show_whole } from "./whole.js";

const AGAIN_MS = 1000, HIDE_AGAIN_MS = 1000, MOST_MESSAGES = 100;
const HIDE = JSON.stringify({ act: "hide" }); // letter for letter what the server listens to
const STATUS = { stopped: "Stopped", starting: "Starting", playing: "Live", stopping: "Stopping" };

const facts = await until_fetched("facts");
const figures = new Figures(), preview = new Preview(), gallery = new Gallery(), choice = new ChoiceForm();
const cast = new Cast(gallery, preview);
const settings = build_settings(facts.settings, live("settings", (values) => ({ values }), () => state?.settings));
const fit = build_fit(facts.fit, live("fit", (values) => ({ place: gallery.place, values }), () => state?.places[gallery.place]?.fit));
let state = null, last_message = 0, socket = null, hiding = 0, showing = null;

/** Facts, however long Thespis takes to be there. */
async function until_fetched(path) {
  for (;;) {
    try {
      const found = await fetched(path);
      element("lost").hidden = true;
      return found;
    } catch {
      element("lost").hidden = false;
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}

/** Send what a control says while it moves; what lets a face be seen only when the hand has let go, and is sure. */
function live(name, words_of, values_now) {
  const send = steadily((values) => ask(name, words_of(values)));
  return async (values, control) => {
    const bares = bared(name, words_of(values));
    if (!bares && !control) send(values);
    if (!bares || !control) return;
    const [[one, chosen]] = Object.entries(values);
    const done = await ask(name, words_of(values));
    control.set(done === undefined ? values_now()?.[one] ?? control.one.default : chosen);
  };
}

function show(now) {
  state = now;
  know(now);
  if (now.hidden) clearTimeout(hiding);
  show_status();
  gallery.show(now);
  cast.show(now);
  choice.show(now.choice);
  preview.outline(now.hidden ? [] : now.faces);
  figures.show(now.figures);
  for (const control of settings) control.show(now.settings[control.one.name]);
  show_fit();
  show_whole();
  now.messages.forEach(show_message);
}

function show_status() {
  const pill = element("status"), playing = state.status !== "stopped";
  const text = state.hidden ? "Hidden" : STATUS[state.status];
  if (pill.textContent !== text) pill.textContent = text; // else it would be read out twice a second
  pill.dataset.status = state.status;
  pill.dataset.hidden = state.hidden;
  element("hidden-banner").hidden = !state.hidden;
  element("play").textContent = playing ? "Stop" : "Start";
  element("hide").setAttribute("aria-pressed", `${state.hidden}`);
  element("record").setAttribute("aria-pressed", `${Boolean(state.recording)}`);
  element("record-label").textContent = state.recording ? "Stop recording" : "Record";
  element("recording").hidden = !state.recording;
  element("recording").textContent = `Recording to ${state.recording}`;
  element("mirror").setAttribute("aria-pressed", `${Boolean(state.places[0]?.fit.mirror)}`);
  for (const id of ["next_persona", "snapshot", "record", "mirror"]) element(id).disabled = state.status !== "playing";
  show_why_idle();
}

/** Why buttons are grey. */
function show_why_idle() {
  const alone = state.status === "playing" && gallery.cards.size && gallery.wearable < 2;
  if (alone) element("next_persona").disabled = true;
  const why = state.status !== "playing" ? "Greyed out, since nothing plays: press Start."
    : alone ? "Next persona (N) is greyed out, since there is no other that may be worn: add one under Persona." : "";
  element("why-idle").hidden = !why;
  if (element("why-idle").textContent !== why) element("why-idle").textContent = why;
}

function show_fit() {
  const place = state.places[gallery.place];
  element("fit-of").textContent = place?.name ?? "the persona";
  element("fit-reset").disabled = !place;
  element("fit-why").hidden = Boolean(place);
  for (const control of fit) {
    control.input.disabled = !place;
    if (place) control.show(place.fit[control.one.name]);
  }
}

function show_message({ number, at_s, text, kind }) {
  if (number <= last_message) return;
  last_message = number;
  const at = new Date(at_s * 1000), list = element("messages");
  const time = made("time", { datetime: at.toISOString() }, at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }));
  list.append(made("li", {}, time, made("span", { class: kind === "fault" ? "is-fault" : "" }, text)));
  while (list.children.length > MOST_MESSAGES) list.firstChild.remove();
  list.scrollTop = list.scrollHeight;
  if (kind === "fault" && Date.now() - at < 5000) show_fault(text);
}

function listen() {
  const address = new URL("state", location.href);
  address.protocol = "ws:";
  socket = new WebSocket(address);
  socket.addEventListener("open", () => {
    element("lost").hidden = true;
    last_message = 0;
    element("messages").replaceChildren();
    preview.again();
    gallery.load();
    choice.load(null);
  });
  socket.addEventListener("message", (event) => show(JSON.parse(event.data)));
  socket.addEventListener("close", () => {
    element("lost").hidden = false;
    element("status").textContent = "No answer";
    element("status").dataset.status = "lost";
    setTimeout(listen, AGAIN_MS);
  });
}

/** Over the line that is open: no other request, slow or many, is before it there. By POST as well where that line is
 *  shut, or nothing comes of it. */
function hide() {
  showing?.abort(); // else one that still waits for a connection would undo this
  clearTimeout(hiding);
  if (socket?.readyState !== WebSocket.OPEN) {
    ask("hide");
    return;
  }
  socket.send(HIDE);
  hiding = setTimeout(() => ask("hide"), HIDE_AGAIN_MS);
}

function show_again() {
  clearTimeout(hiding);
  showing = new AbortController();
  ask("show", {}, showing.signal);
}

function act(name) {
  if (name === "hide") hide();
  else if (name === "show") show_again();
  else if (name === "record") ask("record", { on: !state?.recording });
  else ask(name);
}

element("play").addEventListener("click", () => ask(state?.status === "stopped" ? "start" : "stop"));
// Two buttons for the two: whoever clicks Hide twice in a panic stays hidden.
for (const id of ["hide", "show", "next_persona", "snapshot", "record", "mirror"]) element(id).addEventListener("click", () => act(id));
element("fault-close").addEventListener("click", () => show_fault(""));
element("fit-reset").addEventListener("click", () => {
  for (const control of fit) control.touched = 0;
  ask("fit", { place: gallery.place, values: Object.fromEntries(facts.fit.map((one) => [one.name, one.default])) });
});
element("place").addEventListener("change", show_fit);

element("sync-over").textContent = facts.sync_over_s;

const keys = new Map(facts.actions.map((one) => [one.key, one.name]));
element("keys").replaceChildren(...facts.actions.flatMap((one) => [
  made("dt", {}, made("kbd", {}, one.key.toUpperCase())), made("dd", {}, `${one.label}: ${one.says}.`)]));

/** The letter of a key; in an alphabet that has none of ours, the one that is printed there on a keyboard that has. */
function letter_of({ key, code }) {
  const foreign = key === "Process" || /^[^\x00-\x7f]$/u.test(key);
  return foreign ? /^Key([A-Z])$/.exec(code)?.[1].toLowerCase() : key.toLowerCase();
}

document.addEventListener("keydown", (event) => {
  const types = event.target.matches("textarea, input:not([type=range], [type=checkbox], [type=radio], [type=number])");
  if (types || event.repeat || event.ctrlKey || event.altKey || event.metaKey || !element("keys-on").checked) return;
  const name = keys.get(letter_of(event));
  if (!name) return;
  event.preventDefault();
  act(name);
});

listen();
