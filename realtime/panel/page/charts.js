// Figures as small charts of the last minute, and the stages as bars.

import { element, made } from "./ask.js";

const KEPT = 120; // two a second: a minute
const rounded = (value) => (value === null ? null : Math.round(value));
const SVG = "http://www.w3.org/2000/svg";

class Chart {
  constructor(id, { bars = false, colour = "--accent" } = {}) {
    this.canvas = element(id);
    this.bars = bars;
    this.colour = colour;
    this.values = [];
  }

  add(value) {
    this.values.push(value);
    if (this.values.length > KEPT) this.values.shift();
    this.draw();
  }

  draw() {
    const scale = devicePixelRatio || 1;
    const width = Math.round(this.canvas.clientWidth * scale), height = Math.round(this.canvas.clientHeight * scale);
    if (!width) return;
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    const pen = this.canvas.getContext("2d");
    const style = getComputedStyle(document.documentElement);
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = style.getPropertyValue("--line");
    pen.fillRect(0, height - scale, width, scale);
    const top = Math.max(...this.values.map((value) => value ?? 0), 1e-6) * 1.15;
    const x = (number) => ((number + KEPT - this.values.length) / (KEPT - 1)) * width;
    const y = (value) => height - scale - (value / top) * (height - 3 * scale);
    pen.fillStyle = pen.strokeStyle = style.getPropertyValue(this.colour);
    pen.lineWidth = 1.5 * scale;
    pen.lineJoin = "round";
    if (this.bars) {
      this.values.forEach((value, number) => pen.fillRect(x(number) - 2 * scale, y(value), 2 * scale, height - y(value)));
      return;
    }
    pen.beginPath();
    let drawing = false;
    this.values.forEach((value, number) => {
      if (value !== null) pen[drawing ? "lineTo" : "moveTo"](x(number), y(value));
      drawing = value !== null;
    });
    pen.stroke();
  }
}

export class Figures {
  constructor() {
    this.fps = new Chart("fps-chart", { colour: "--good" });
    this.age = new Chart("age-chart");
    this.age95 = new Chart("age95-chart", { colour: "--second" });
    this.drops = new Chart("drops-chart", { bars: true, colour: "--danger" });
    this.dropped = 0;
    this.stages = new Map();
  }

  show(figures) {
    const text = (id, value, unit) => { element(id).textContent = value === null ? "–" : `${value}${unit}`; };
    text("fps", figures.fps, "");
    text("age", rounded(figures.age_p50_ms), " ms");
    text("age95", rounded(figures.age_p95_ms), " ms");
    text("sync", figures.sync_offset_ms, " ms");
    const causes = Object.entries(figures.dropped).filter(([, count]) => count);
    const total = causes.reduce((sum, [, count]) => sum + count, 0);
    text("drops", total, "");
    element("drop-causes").textContent = causes.length
      ? `Dropped: ${causes.map(([cause, count]) => `${count} ${cause}`).join(", ")}. A newer frame was there.` : "";
    this.fps.add(figures.fps);
    this.age.add(figures.age_p50_ms);
    this.age95.add(figures.age_p95_ms);
    this.drops.add(Math.max(0, total - this.dropped));
    this.dropped = total;
    this.#show_stages(figures.stages_ms);
  }

  #show_stages(stages) {
    const most = Math.max(1, ...Object.values(stages).map((one) => one.p95 ?? 0));
    const ordered = Object.entries(stages).sort(([one], [other]) => (one === "sink") - (other === "sink"));
    for (const [name, { p50, p95 }] of ordered) {
      const row = this.stages.get(name) ?? this.#add_stage(name);
      row.p50.textContent = p50 === null ? "–" : p50.toFixed(1);
      row.p95.textContent = p95 === null ? "–" : p95.toFixed(1);
      row.bars[0].setAttribute("width", `${(100 * (p95 ?? 0)) / most}%`);
      row.bars[1].setAttribute("width", `${(100 * (p50 ?? 0)) / most}%`);
    }
  }

  #add_stage(name) {
    const picture = document.createElementNS(SVG, "svg");
    picture.setAttribute("aria-hidden", "true");
    const bars = ["bar-p95", "bar-p50"].map((kind) => {
      const bar = document.createElementNS(SVG, "rect");
      for (const [key, value] of Object.entries({ class: kind, height: "100%", width: "0", rx: "2" })) bar.setAttribute(key, value);
      picture.append(bar);
      return bar;
    });
    const p50 = made("td", { class: "number" }), p95 = made("td", { class: "number" });
    const line = made("tr", {}, made("th", { scope: "row" }, name), made("td", { class: "bar" }, picture), p50, p95);
    element("stages").tBodies[0].insertBefore(line, this.stages.get("sink")?.line ?? null);
    const row = { line, p50, p95, bars };
    this.stages.set(name, row);
    return row;
  }
}
