// The live pictures, fetched only while somebody can see them, and who is in them.

import { element } from "./ask.js";

const SVG = "http://www.w3.org/2000/svg";
const AGAIN_MS = 1000;

export class Preview {
  constructor() {
    this.pictures = { worn: element("worn"), performer: element("performer") };
    this.tries = 0;
    element("views").addEventListener("change", () => this.look());
    document.addEventListener("visibilitychange", () => this.look());
    for (const [name, picture] of Object.entries(this.pictures)) {
      picture.addEventListener("error", () => {
        if (!picture.hasAttribute("src")) return;
        picture.removeAttribute("src");
        setTimeout(() => this.look(), AGAIN_MS);
      });
    }
    this.look();
  }

  get view() {
    return document.querySelector('input[name="view"]:checked').value;
  }

  /** Fetch what is to be seen, and let go of what is not: while nobody looks, no picture is made. */
  look() {
    const view = this.view;
    element("stage").hidden = view === "off";
    for (const [name, picture] of Object.entries(this.pictures)) {
      const wanted = (view === name || view === "both") && !document.hidden;
      element(`${name}-figure`).hidden = view !== name && view !== "both";
      if (wanted && !picture.hasAttribute("src")) picture.src = `preview/${name}?${++this.tries}`;
      if (!wanted) picture.removeAttribute("src");
    }
  }

  /** Begin anew, after Thespis was away. */
  again() {
    for (const picture of Object.values(this.pictures)) picture.removeAttribute("src");
    this.look();
  }

  /** Outlines and numbers, where there are several people to tell apart. */
  outline(faces) {
    const picture = this.pictures.worn, drawing = element("outlines");
    const width = picture.naturalWidth || 480, height = picture.naturalHeight || 270;
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    drawing.replaceChildren();
    if (faces.length < 2) return;
    for (const { id, box: [left, top, right, bottom] } of faces) {
      for (const kind of ["outline-shade", "outline"]) {
        drawing.append(drawn("rect", {
          class: kind, x: left * width, y: top * height, width: (right - left) * width, height: (bottom - top) * height, rx: 6,
        }));
      }
      const number = drawn("text", { class: "outline-number", x: left * width + 4, y: Math.max(16, top * height - 5) });
      number.textContent = `${id}`;
      drawing.append(number);
    }
  }

  /** A face cut out of what viewers see, onto a canvas. */
  cut(canvas, [left, top, right, bottom]) {
    const picture = this.pictures.worn, pen = canvas.getContext("2d");
    pen.clearRect(0, 0, canvas.width, canvas.height);
    if (!picture.naturalWidth || !picture.hasAttribute("src")) return;
    const width = picture.naturalWidth, height = picture.naturalHeight;
    const side = 1.2 * Math.max((right - left) * width, (bottom - top) * height, 1);
    const x = ((left + right) / 2) * width - side / 2, y = ((top + bottom) / 2) * height - side / 2;
    pen.drawImage(picture, x, y, side, side, 0, 0, canvas.width, canvas.height);
  }
}

function drawn(kind, attributes) {
  const one = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value);
  return one;
}
