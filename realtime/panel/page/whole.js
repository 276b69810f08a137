// A select shows what is chosen in one line, and cuts it off where that is narrow: then the whole of it stands below.

import { made } from "./ask.js";

const ARROW_PX = 28;
const pen = document.createElement("canvas").getContext("2d");
const below = new WeakMap();

/** Show the whole text under every select that cuts it off; a screen reader says it all anyway. */
export function show_whole() {
  for (const select of document.querySelectorAll("select")) {
    const text = select.selectedOptions[0]?.text ?? "", style = getComputedStyle(select);
    pen.font = style.font;
    const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - ARROW_PX;
    const cut = select.clientWidth > 0 && pen.measureText(text).width > room;
    const line = below.get(select);
    if (!line && cut) {
      const added = made("span", { class: "whole", "aria-hidden": "true" }, text);
      below.set(select, added);
      select.after(added);
    } else if (line) {
      line.hidden = !cut;
      if (line.textContent !== text) line.textContent = text;
    }
  }
}

addEventListener("resize", show_whole);
document.addEventListener("input", show_whole);
