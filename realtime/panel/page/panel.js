// The panel: told twice a second how things stand, over one WebSocket; asks for changes by POST.

import { ask, element, fetched, made, show_fault, steadily, sure } from "./ask.js";
import { Figures } from "./charts.js";
import { ChoiceForm } from "./choice.js";
import { build_fit, build_settings } from "./controls.js";
import { Cast, Gallery } from "./people.js";
import { Preview } from "./preview.js";

const AGAIN_MS = 1000, MOST_MESSAGES = 100;
const STATUS = { stopped: "Stopped", starting: "Starting", playing: "Live", stopping: "Stopping" };

const facts = await fetched("facts");
const figures = new Figures(), preview = new Preview(), gallery = new Gallery(), choice = new ChoiceForm();
const cast = new Cast(gallery, preview);
const set = steadily((values) => ask("settings", { values }));
const settings = build_settings(facts.settings, async (values) => {
  if (values.when_lost !== "show" || (await sure("Where no swap is good, viewers will see your own face."))) set(values);
  else settings.find((one) => one.one.name === "when_lost").set(state.settings.when_lost);
});
const fit = build_fit(facts.fit, steadily((values) => ask("fit", { place: gallery.place, values })));
let state = null, last_message = 0;

function show(now) {
  state = now;
  show_status();
  gallery.show(now);
  cast.show(now);
  choice.show(now.choice);
  preview.outline(now.hidden ? [] : now.faces);
  figures.show(now.figures);
  for (const control of settings) control.show(now.settings[control.one.name]);
  show_fit();
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
}

function show_fit() {
  const place = state.places[gallery.place];
  element("fit-of").textContent = place?.name ?? "the persona";
  element("fit-reset").disabled = !place;
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
  const socket = new WebSocket(address);
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

function act(name) {
  if (name === "record") ask("record", { on: !state?.recording });
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

const keys = new Map(facts.actions.map((one) => [one.key, one.name]));
element("keys").replaceChildren(...facts.actions.flatMap((one) => [
  made("dt", {}, made("kbd", {}, one.key.toUpperCase())), made("dd", {}, `${one.label}: ${one.says}.`)]));
document.addEventListener("keydown", (event) => {
  const types = event.target.matches("select, textarea, input:not([type=range], [type=checkbox], [type=radio])");
  if (types || event.repeat || event.ctrlKey || event.altKey || event.metaKey || !element("keys-on").checked) return;
  const name = keys.get(event.key.toLowerCase());
  if (!name) return;
  event.preventDefault();
  act(name);
});

listen();
