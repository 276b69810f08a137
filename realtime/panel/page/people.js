// Who could be worn, and who wears what.

import { ask, element, fetched, fill, made } from "./ask.js";

export class Gallery {
  constructor() {
    this.cards = new Map();
    element("place").addEventListener("change", () => this.mark());
    element("look-again-personas").addEventListener("click", () => this.load());
    element("add-persona").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#add();
    });
    this.state = null;
  }

  /** How many may be worn. */
  get wearable() {
    return [...this.cards.values()].filter((one) => !one.refused).length;
  }

  get place() {
    return Number(element("place").value || 0);
  }

  async load() {
    const personas = await fetched("personas");
    this.cards = new Map(personas.map((one) => [one.key, { ...one, button: this.#button(one) }]));
    element("gallery").replaceChildren(...[...this.cards.values()].map((one) => made("li", {}, one.button)));
    this.mark();
  }

  name_of(key) {
    return this.cards.get(key)?.name ?? "a persona";
  }

  /** Mark who is worn, in which place. */
  show(state) {
    this.state = state;
    const personas = state.choice.personas;
    element("place-label").hidden = personas.length < 2;
    fill(element("place"), personas.map((key, number) => [`${number}`, `${number + 1}: ${this.name_of(key)}`]), `${Math.min(this.place, personas.length - 1)}`);
    this.mark();
  }

  mark() {
    if (!this.state) return;
    const personas = this.state.choice.personas;
    for (const { key, button } of this.cards.values()) {
      const places = personas.flatMap((one, number) => (one === key ? [number + 1] : []));
      button.setAttribute("aria-pressed", `${personas[this.place] === key}`);
      const worn = this.state.status === "playing" ? "Worn" : "Chosen";
      const text = places.length ? (personas.length > 1 ? `${worn} in place ${places.join(" and ")}` : worn) : "";
      const line = button.querySelector(".worn");
      if (line.textContent !== text && !button.hasAttribute("aria-busy")) line.textContent = text;
    }
  }

  async #add() {
    const field = element("persona-file"), file = field.value.trim().replace(/^"(.*)"$/, "$1"); // as Windows copies a path
    if (!file || (await ask("add_persona", { file })) === undefined) return;
    field.value = "";
    await this.load();
  }

  #button(one) {
    const picture = one.portrait
      ? made("img", { src: `portrait/${one.key}`, alt: "", loading: "lazy" }) : made("span", { class: "no-portrait" });
    const facts = one.facts.map((fact) => made("span", { class: "fact long", title: fact }, fact));
    const lines = one.refused ? [made("span", { class: "refused" }, one.refused)] : facts;
    const text = made("span", {}, made("span", { class: "name" }, one.whose || one.name),
      made("span", { class: "fact" }, one.name), ...lines, made("span", { class: "worn" }));
    const button = made("button", { type: "button", class: "persona", "aria-pressed": "false", disabled: Boolean(one.refused) }, picture, text);
    button.addEventListener("click", async () => {
      button.setAttribute("aria-busy", "true");
      button.querySelector(".worn").textContent = "Getting dressed …";
      await ask("wear", { place: this.place, persona: one.key });
      button.removeAttribute("aria-busy");
      this.mark();
    });
    return button;
  }
}

export class Cast {
  constructor(gallery, preview) {
    this.gallery = gallery;
    this.preview = preview;
    this.rows = new Map();
    this.state = null;
    element("rule").addEventListener("change", async () => {
      const select = element("rule"), rule = select.value; // read at once: while the user is asked, it shows what is
      const done = await ask("cast", { rule, pins: this.state.pins });
      select.value = done === undefined ? this.state.choice.rule : rule;
    });
    element("add-place").addEventListener("click", () => {
      const personas = this.state.choice.personas;
      ask("choose", { personas: [...personas, personas.at(-1)], rule: personas.length === 1 && this.state.choice.rule === "everyone" ? "place" : this.state.choice.rule });
    });
    element("drop-place").addEventListener("click", () => {
      const { personas, rule } = this.state.choice;
      // One persona for all again: with a rule of places, all but one would go bare.
      ask("choose", { personas: personas.slice(0, -1), rule: personas.length === 2 && rule !== "pinned" ? "everyone" : rule });
    });
  }

  show(state) {
    this.state = state;
    const { personas, rule } = state.choice;
    if (document.activeElement !== element("rule")) element("rule").value = rule;
    element("drop-place").disabled = personas.length < 2;
    element("add-place").disabled = personas.length > 7;
    const names = personas.map((key, number) => `${number + 1}: ${this.gallery.name_of(key)}`);
    const places = element("places");
    if (places.dataset.names !== names.join("\n")) {
      places.replaceChildren(...names.map((name) => made("li", {}, name)));
      places.dataset.names = names.join("\n");
    }
    element("no-faces").hidden = state.faces.length > 0;
    for (const [id, row] of this.rows) {
      if (!state.faces.some((face) => face.id === id)) {
        row.item.remove();
        this.rows.delete(id);
      }
    }
    for (const face of state.faces) this.#show_face(face, names);
  }

  #show_face(face, names) {
    const row = this.rows.get(face.id) ?? this.#add(face.id);
    this.preview.cut(row.canvas, face.box);
    const options = [["rule", "as the rule says"], ...names.map((name, number) => [`${number}`, name]), ["none", "nothing: their own face is shown"]];
    const pin = this.state.pins[face.id];
    row.select.dataset.was = pin === undefined ? "rule" : pin === null ? "none" : `${pin}`;
    fill(row.select, options, row.select.dataset.was);
    const wears = face.worn ? `wears ${face.worn}` : "wears nothing";
    row.name.textContent = `Face ${face.id}, ${this.state.hidden ? "hidden" : wears}`;
  }

  #add(id) {
    const canvas = made("canvas", { width: 112, height: 112, "aria-hidden": "true" });
    const select = made("select"), name = made("span");
    const item = made("li", {}, canvas, made("label", {}, name, select));
    select.addEventListener("change", async () => {
      const chosen = select.value; // read at once: while the user is asked, it shows what is
      const pins = { ...this.state.pins };
      if (chosen === "rule") delete pins[id];
      else pins[id] = chosen === "none" ? null : Number(chosen);
      const done = await ask("cast", { rule: this.state.choice.rule, pins });
      select.value = done === undefined ? select.dataset.was : chosen;
    });
    element("faces").append(item);
    const row = { item, canvas, select, name };
    this.rows.set(id, row);
    return row;
  }
}
