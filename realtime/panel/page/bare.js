// What would let a face be seen that is not seen now. Judged here alone, before anything is asked for.

const SOME = "Whoever finds no persona left will be seen with their own face.";
const OTHERS = "Everyone who is not chosen by hand will be seen with their own face.";
const BLANK = { choice: { rule: "everyone", personas: [], faces: Infinity }, pins: {}, settings: {}, places: [] };

let known = BLANK;

/** Remember how it stands. As long as nothing is known, more is asked rather than less. */
export function know(state) {
  known = state;
}

/** What a request would let viewers see, in words for whoever is asked; empty where it lets nothing be seen. */
export function bared(name, words) {
  return JUDGES[name]?.(words, known) ?? "";
}

const by_rule = (rule) => (rule === "pinned" ? OTHERS : SOME);

const JUDGES = {
  settings({ values }, { settings }) {
    const newly = values.when_lost === "show" && settings.when_lost !== "show";
    return newly ? "Where no swap is good, viewers will see your own face." : "";
  },
  fit({ place, values }, { places }) {
    const now = places[place]?.fit ?? {};
    const sinks = (name, below) => values[name] < below && !(now[name] < below); // once, not at each step further down
    if (sinks("opacity", 1)) return "Your own face will shine through: the more, the lower the opacity; at 0 it is all that is seen.";
    if (sinks("morph", 0.5)) return "Viewers will see more of your own face than of the persona, where its network can morph.";
    return "";
  },
  cast({ rule, pins }, { choice, pins: before }) {
    if (rule !== "everyone" && rule !== choice.rule) return by_rule(rule);
    for (const id of new Set([...Object.keys(before), ...Object.keys(pins)])) {
      if (pins[id] === null && before[id] !== null) return `Face ${id} will be seen as it is.`;
      const worn = before[id] !== undefined && before[id] !== null;
      if (worn && pins[id] === undefined && rule !== "everyone") return `Face ${id} may be seen as it is. ${by_rule(rule)}`;
    }
    return "";
  },
  choose(words, { choice, pins }) {
    const { rule, personas, faces } = { ...choice, ...words };
    if (faces < choice.faces) return `Only ${faces} will be looked for: more people than that in view will be seen with their own faces.`;
    if (rule === "everyone") return "";
    // What plays starts anew, and nobody is chosen by hand then.
    const lost = rule === "pinned" && Object.values(pins).some((one) => one !== null);
    return rule !== choice.rule || personas.length < choice.personas.length || lost ? by_rule(rule) : "";
  },
  start: (_, { choice }) => (choice.rule === "pinned" ? OTHERS : ""),
};
