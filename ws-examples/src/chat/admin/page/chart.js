// A chart of the last minutes that moves on every second, as inline SVG.

import { count, time } from "./format.js";

const MARGIN = { top: 10, right: 14, bottom: 22, left: 58 };
const HEIGHT = 164;
const LINES = 4;
// Samples further apart than this have something missing between them.
const GAP = 3_500;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

/** Charts that share one line under the pointer. */
export class Charts {
  #charts = [];
  #samples = [];
  #seconds = 300;
  #pointed = null;

  add(chart) {
    this.#charts.push(chart);
    chart.onPoint((at) => this.#point(at));
    new ResizeObserver(() => this.#draw(false)).observe(chart.figure);
  }

  /** Shows samples that are new, or all anew. */
  show(samples, seconds, moves) {
    this.#samples = samples;
    this.#seconds = seconds;
    this.#draw(moves);
  }

  #draw(moves) {
    for (const chart of this.#charts) chart.draw(this.#samples, this.#seconds, moves);
    this.#point(this.#pointed);
  }

  #point(at) {
    this.#pointed = at;
    const nearest = at === null ? null : this.#nearest(at);
    for (const chart of this.#charts) chart.point(nearest);
  }

  #nearest(at) {
    let best = null;
    for (const sample of this.#samples) {
      if (best === null || Math.abs(sample.at - at) <= Math.abs(best.at - at)) best = sample;
    }
    return best !== null && Math.abs(best.at - at) < GAP ? best : null;
  }
}

/** A frame with a title, a legend, lines of the same height and a time below. */
export class Chart {
  figure;
  plot;
  #moving;
  #legend = new Map();
  #svg;
  #grid;
  #times;
  #clip;
  #pointer;
  #flag;
  #dots = new Map();
  #latest = null;
  #scale = null;

  /**
   * `series`: [{key, name, tone, of(sample)}], of which a single one has no name;
   * `step`: what the lines are apart at least; `binary` for bytes.
   */
  constructor(figure, { title, series, format = count, step = 1, binary = false }) {
    this.figure = figure;
    this.series = series;
    this.format = format;
    this.least = step;
    this.binary = binary;

    const caption = document.createElement("figcaption");
    const heading = document.createElement("h2");
    heading.textContent = title;
    caption.append(heading, this.#makeLegend());
    this.#svg = svg("svg", { class: "plot", height: HEIGHT, "aria-hidden": "true" });
    figure.append(caption, this.#svg);

    const id = `clip-${figure.id}`;
    const clip = svg("clipPath", { id });
    this.#clip = svg("rect", { y: 0, height: HEIGHT });
    clip.append(this.#clip);
    this.#grid = svg("g", { class: "grid" });
    this.#times = svg("g", { class: "times" });
    const window = svg("g", { "clip-path": `url(#${id})` });
    this.#moving = svg("g");
    this.plot = svg("g");
    window.append(this.#moving);
    this.#pointer = svg("line", { class: "pointer", y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom });
    this.#flag = svg("text", { class: "flag", y: HEIGHT - 5 });
    this.#moving.append(this.plot, this.#pointer);
    this.#svg.append(clip, this.#grid, this.#times, window, this.#flag);
    for (const { key, tone } of series) {
      const dot = svg("circle", { class: `dot ${tone}`, r: 3.5 });
      this.#dots.set(key, dot);
      this.#moving.append(dot);
    }
    this.point(null);
  }

  onPoint(tell) {
    this.#svg.addEventListener("pointermove", (event) => {
      const x = event.clientX - this.#svg.getBoundingClientRect().left;
      tell(this.#scale === null ? null : this.#scale.at(x));
    });
    this.#svg.addEventListener("pointerleave", () => tell(null));
  }

  draw(samples, seconds, moves) {
    this.#latest = samples.at(-1) ?? null;
    const width = this.#svg.clientWidth;
    if (this.#latest === null || width === 0) return;
    const left = MARGIN.left;
    const inside = width - left - MARGIN.right;
    const now = this.#latest.at;
    const perSecond = inside / seconds;
    const visible = samples.filter((sample) => sample.at > now - (seconds + 2) * 1000);
    const top = niceTop(this.most(visible, seconds), this.least, this.binary);
    const floor = HEIGHT - MARGIN.bottom;
    this.#scale = {
      now,
      left,
      right: left + inside,
      floor,
      perSecond,
      seconds,
      x: (at) => left + inside - ((now - at) / 1000) * perSecond,
      y: (value) => floor - (value / top) * (floor - MARGIN.top),
      at: (x) => now - ((left + inside - x) / perSecond) * 1000,
    };
    this.#clip.setAttribute("x", left);
    this.#clip.setAttribute("width", inside + 1);
    this.#drawGrid(top);
    this.#drawTimes();
    this.drawSeries(visible, this.#scale);
    if (moves && !STILL.matches) {
      const step = [{ transform: `translateX(${perSecond}px)` }, { transform: "none" }];
      this.#moving.animate(step, { duration: 1000, easing: "linear" });
    }
  }

  /** The highest value that is to fit in. */
  most(samples) {
    const values = samples.flatMap((sample) => this.series.map(({ of }) => of(sample)));
    return Math.max(0, ...values);
  }

  drawSeries(samples, { x, y, floor }) {
    const paths = [];
    for (const { tone, of } of this.series) {
      for (const run of runs(samples)) {
        const points = run.map((sample) => `${fixed(x(sample.at))} ${fixed(y(of(sample)))}`);
        const ends = `L${fixed(x(run.at(-1).at))} ${floor}L${fixed(x(run[0].at))} ${floor}Z`;
        paths.push(svg("path", { class: `area ${tone}`, d: `M${points.join("L")}${ends}` }));
        paths.push(svg("path", { class: `line ${tone}`, d: `M${points.join("L")}` }));
      }
    }
    this.plot.replaceChildren(...paths);
  }

  /** Shows the values of a sample, or the newest. */
  point(sample) {
    const x = sample && this.#scale ? this.#scale.x(sample.at) : 0;
    const pointed = x >= MARGIN.left;
    this.figure.toggleAttribute("data-pointed", pointed);
    for (const part of [this.#pointer, this.#flag]) part.toggleAttribute("hidden", !pointed);
    if (pointed) {
      this.#pointer.setAttribute("x1", fixed(x));
      this.#pointer.setAttribute("x2", fixed(x));
      const half = 28;
      this.#flag.setAttribute("x", fixed(Math.min(Math.max(x, MARGIN.left + half), this.#scale.right - half)));
      this.#flag.textContent = time(sample.at);
    }
    const shown = pointed ? sample : this.#latest;
    for (const { key, of } of this.series) {
      if (shown) this.#legend.get(key).textContent = this.legendValue(key, of, shown);
      const dot = this.#dots.get(key);
      dot.toggleAttribute("hidden", !pointed || !this.hasDots());
      if (pointed) {
        dot.setAttribute("cx", fixed(x));
        dot.setAttribute("cy", fixed(this.#scale.y(of(sample))));
      }
    }
  }

  hasDots() {
    return true;
  }

  legendValue(_key, of, sample) {
    return this.format(of(sample));
  }

  #makeLegend() {
    const list = document.createElement("ul");
    list.className = "legend";
    for (const { key, name, tone } of this.series) {
      const item = document.createElement("li");
      const value = document.createElement("span");
      value.className = "legend-value";
      value.textContent = "–";
      if (name) {
        const [swatch, words] = [document.createElement("i"), document.createElement("span")];
        swatch.className = `swatch ${tone}`;
        words.textContent = name;
        item.append(swatch, words);
      }
      item.append(value);
      list.append(item);
      this.#legend.set(key, value);
    }
    return list;
  }

  #drawGrid(top) {
    const { left, right, y } = this.#scale;
    const lines = [];
    for (let line = 0; line <= LINES; line += 1) {
      const value = (top / LINES) * line;
      const at = Math.round(y(value)) + 0.5;
      lines.push(svg("line", { x1: left, x2: right, y1: at, y2: at, class: line ? "" : "base" }));
      const text = svg("text", { x: left - 10, y: at + 4 });
      text.textContent = this.format(value);
      lines.push(text);
    }
    this.#grid.replaceChildren(...lines);
  }

  #drawTimes() {
    const { right, perSecond, seconds } = this.#scale;
    const texts = [];
    const minutes = seconds / 60;
    const step = minutes <= 1 ? 15 : minutes <= 5 ? 60 : 180;
    for (let ago = 0; ago < seconds; ago += step) {
      const text = svg("text", {
        x: fixed(right - ago * perSecond),
        y: HEIGHT - 5,
        class: ago ? "" : "now",
      });
      text.textContent = ago === 0 ? "now" : ago < 60 ? `−${ago} s` : `−${ago / 60} min`;
      texts.push(text);
    }
    this.#times.replaceChildren(...texts);
  }
}

/** Samples without something missing between them. */
function runs(samples) {
  const found = [];
  for (const sample of samples) {
    const run = found.at(-1);
    if (run && sample.at - run.at(-1).at < GAP) run.push(sample);
    else found.push([sample]);
  }
  return found;
}

/** The value of the highest line, so that all lines stand at round ones. */
function niceTop(most, least, binary) {
  const wanted = Math.max(most / LINES, least);
  if (binary) return 2 ** Math.ceil(Math.log2(wanted)) * LINES;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10].find((it) => it * power >= wanted * 0.999 && (it * power) % least === 0);
  return (step ?? 10) * power * LINES;
}

export function svg(name, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

export function fixed(value) {
  return value.toFixed(1);
}
