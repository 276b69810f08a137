// Where the picture comes from, and where it goes.

import { ask, element, fetched, fill, made } from "./ask.js";

const OTHER = "\u0000other";

export class ChoiceForm {
  constructor() {
    this.chosen = "";
    this.touched = new Set(); // what the user has changed since it was applied, which no answer that comes late undoes
    element("apply").disabled = true; // until there is something to choose from
    element("source").addEventListener("change", () => this.#show_other());
    element("look-again").addEventListener("click", () => this.load(this.choice));
    element("choice").addEventListener("input", ({ target }) => this.touched.add(target.name === "output" ? target.value : target.id));
    element("choice").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  async load(choice) {
    this.options = await fetched("options");
    if (choice) this.#build(choice);
  }

  /** Show what the program has chosen, when that changes; what the user is about to choose stays. */
  show(choice) {
    const { source, outputs, faces } = choice;
    const chosen = JSON.stringify([source, outputs, faces]);
    if (chosen === this.chosen || !this.options) return;
    this.chosen = chosen;
    this.#build(choice);
  }

  #build(choice) {
    this.choice = choice;
    const { sources, outputs } = this.options;
    const known = sources.some((one) => one.spec === choice.source);
    const listed = sources.map((one) => [one.spec, /^\d+$/.test(one.spec) ? `${one.label} (camera ${one.spec})` : one.label]);
    const kept = this.#kept("source", "");
    const listable = kept === OTHER || sources.some((one) => one.spec === kept);
    if (!listable) this.touched.delete("source");
    const source = listable ? kept : known ? choice.source : OTHER;
    fill(element("source"), [...listed, [OTHER, "something else …"]], source);
    element("source").value = source;
    if (!known) element("other-source").value = this.#kept("other-source", choice.source);
    this.#show_other();
    const ticked = new Map([...document.querySelectorAll('input[name="output"]')].map((box) => [box.value, box.checked]));
    const wanted = ({ spec }) => (this.touched.has(spec) && ticked.has(spec) ? ticked.get(spec) : choice.outputs.includes(spec));
    element("outputs").replaceChildren(...outputs.map((one) => this.#check(one, wanted(one))));
    const others = choice.outputs.filter((spec) => spec !== "null" && !outputs.some((one) => one.spec === spec));
    element("other-output").value = this.#kept("other-output", others.join(" "));
    element("max-faces").value = this.#kept("max-faces", choice.faces);
    element("apply").disabled = false;
  }

  #kept(id, value) {
    return this.touched.has(id) ? element(id).value : value;
  }

  /** What cannot be had stays within reach of Tab, so that its reason is read out too; it can be unticked, never ticked. */
  #check(one, checked) {
    const id = `why-not-${one.spec.replaceAll(/\W/g, "-")}`;
    const box = made("input", { type: "checkbox", value: one.spec, name: "output", "aria-describedby": one.why_not ? id : null });
    box.checked = checked;
    const label = made("label", {}, box, made("span", {}, one.label));
    if (!one.why_not) return made("li", {}, label);
    const dead = () => box.setAttribute("aria-disabled", `${!box.checked}`);
    dead();
    box.addEventListener("click", (event) => {
      if (box.checked) event.preventDefault();
    });
    box.addEventListener("change", dead);
    return made("li", {}, label, made("span", { class: "why", id }, `Not available: ${one.why_not}`));
  }

  #show_other() {
    element("other-source-field").hidden = element("source").value !== OTHER;
  }

  async #send() {
    const source = element("source").value === OTHER ? element("other-source").value.trim() : element("source").value;
    const boxes = [...document.querySelectorAll('input[name="output"]:checked')].map((box) => box.value);
    const others = element("other-output").value.split(/\s+/).filter(Boolean);
    this.touched.clear();
    await ask("choose", { source, outputs: [...boxes, ...others], faces: Number(element("max-faces").value) });
    this.chosen = ""; // what became of it is shown anew, be it nothing
  }
}
