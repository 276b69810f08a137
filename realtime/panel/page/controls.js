// Sliders, switches and choices, built from what the program says that each value may be.

import { element, fill, made } from "./ask.js";

const GROUPS = [
  ["Mask", ["mask_learned", "mask_persona", "mask_hull", "erosion", "feather", "keep_before"]],
  ["Your own features", ["keep_mouth", "keep_eyes", "opacity"]],
  ["Colour and sharpness", ["colour", "colour_match", "sharpen"]],
  ["Shape and place", ["scale", "offset_x", "offset_y", "morph", "mirror"]],
];
const QUIET_MS = 1500; // so long after the user's hand a value that comes from the program is old news

const NAMES = { hold_s: "Hold", offset_x: "Move right", offset_y: "Move down" };
const words_of = (name) => NAMES[name] ?? (name[0].toUpperCase() + name.slice(1)).replaceAll("_", " ");
const step_of = (one) => Number(((one.high - one.low) / 100).toPrecision(1));
const shown = (one, value) => `${Number(value.toFixed(3))}${one.unit && one.unit.length < 9 ? ` ${one.unit}` : ""}`;

/** One value: its label, what it does, and what sets it. `changed` is told of each new value, and again, with the
 *  control, once the hand has let go of it. */
class Control {
  constructor(prefix, one, changed) {
    this.one = one;
    this.touched = 0;
    const id = `${prefix}-${one.name}`;
    const label = made("label", { for: id }, words_of(one.name));
    const says = made("p", { class: "says", id: `${id}-says` }, this.#says());
    const common = { id, name: one.name, "aria-describedby": says.id };
    if (one.kind === "number") {
      this.input = made("input", { ...common, type: "range", min: one.low, max: one.high, step: step_of(one) });
      this.output = made("output", { for: id });
      this.row = made("div", { class: "control" }, label, this.output, this.input, says);
    } else if (one.kind === "switch") {
      this.input = made("input", { ...common, type: "checkbox", role: "switch" });
      this.row = made("div", { class: "control" }, label, this.input, says);
    } else {
      this.input = made("select", common);
      fill(this.input, one.words.map((word) => [word, said_of(one.name, word)]), one.default);
      this.row = made("div", { class: "control" }, label, made("span"), this.input, says);
    }
    this.input.addEventListener("input", () => {
      this.touched = Date.now();
      this.#tell();
      changed({ [one.name]: this.value });
    });
    this.input.addEventListener("change", () => changed({ [one.name]: this.value }, this));
    this.set(one.default);
  }

  get value() {
    if (this.one.kind === "switch") return this.input.checked;
    return this.one.kind === "number" ? Number(this.input.value) : this.input.value;
  }

  /** Show the program's value, unless the user has just set another. */
  show(value) {
    if (Date.now() - this.touched < QUIET_MS) return;
    if (document.activeElement === this.input && this.one.kind === "word") return;
    this.set(value);
  }

  /** Show a value, whatever the user is about to do. */
  set(value) {
    if (this.one.kind === "switch") this.input.checked = value;
    else this.input.value = value;
    this.#tell();
  }

  #tell() {
    if (!this.output) return;
    this.output.textContent = shown(this.one, this.value);
    this.input.setAttribute("aria-valuetext", `${this.value} ${this.one.unit}`.trim());
  }

  #says() {
    const text = this.one.says[0].toUpperCase() + this.one.says.slice(1);
    return this.one.kind === "number" ? `${text}: ${this.one.wanted}.` : `${text}.`;
  }
}

const SAID = {
  when_lost: {
    hold: "hold the last good picture, then pixels",
    blur: "pixels at once",
    slate: "the slate",
    show: "your own face (show)",
  },
};
const said_of = (name, word) => SAID[name]?.[word] ?? word.replaceAll("-", " ");

export function build_settings(described, changed) {
  const controls = described.map((one) => new Control("settings", one, changed));
  element("settings").replaceChildren(...controls.map((one) => one.row));
  return controls;
}

export function build_fit(described, changed) {
  const controls = described.map((one) => new Control("fit", one, changed));
  const named = new Map(controls.map((one) => [one.one.name, one]));
  const known = new Set(GROUPS.flatMap(([, names]) => names));
  const others = controls.map((one) => one.one.name).filter((name) => !known.has(name));
  const groups = [...GROUPS, ...(others.length ? [["More", others]] : [])].map(([title, names]) => {
    const rows = names.filter((name) => named.has(name)).map((name) => named.get(name).row);
    return made("div", { class: "group", role: "group", "aria-label": title }, made("h3", {}, title), ...rows);
  });
  element("fit").replaceChildren(...groups);
  return controls;
}
