// Connections that were closed, by cause: columns on top of each other.

import { Chart, fixed, svg } from "./chart.js";
import { count } from "./format.js";

/** What the server calls them, what people call them, the worst last. */
const CAUSES = [
  ["remote", "page left"],
  ["local", "closed by the chat"],
  ["drain", "server stops"],
  ["transport", "network lost"],
  ["timeout", "no answer in time"],
  ["slow_peer", "read too slowly"],
  ["rate_limit", "said too much"],
  ["rejected", "message not accepted"],
  ["protocol", "broke the protocol"],
  ["stream", "stream failed"],
  ["panic", "handler panicked"],
  ["other", "other"],
];
const NAMED = new Set(CAUSES.map(([key]) => key));
// How many columns the chart has, whatever time it shows.
const COLUMNS = 30;

export class Closes extends Chart {
  #bins = new Map();
  #width = 1;
  #totals = {};

  constructor(figure) {
    const series = CAUSES.map(([key, name]) => ({ key, name, tone: `cause-${key}`, of: () => 0 }));
    super(figure, { title: "Closed connections", series });
    const none = document.createElement("p");
    none.className = "empty none";
    none.textContent = "No connection has been closed.";
    figure.querySelector("figcaption").append(none);
    this.#known();
  }

  /** What was closed since the start. */
  total(totals) {
    this.#totals = {};
    add(this.#totals, totals);
    this.#known();
  }

  most(samples, seconds) {
    this.#width = (seconds / COLUMNS) * 1000;
    this.#bins = new Map();
    for (const sample of samples) {
      const bin = Math.floor(sample.at / this.#width);
      const counts = this.#bins.get(bin) ?? {};
      add(counts, sample.closed ?? {});
      this.#bins.set(bin, counts);
    }
    const sums = [...this.#bins.values()].map((bin) => sum(Object.values(bin)));
    return Math.max(0, ...sums);
  }

  drawSeries(_samples, { x, y, perSecond }) {
    const width = Math.max(1, (perSecond * this.#width) / 1000 - 2);
    const bars = [];
    for (const [bin, counts] of this.#bins) {
      let below = 0;
      for (const { key, tone } of this.series) {
        if (!counts[key]) continue;
        const [top, foot] = [y(below + counts[key]), y(below)];
        below += counts[key];
        const place = { x: fixed(x(bin * this.#width) + 1), y: fixed(top) };
        const size = { width: fixed(width), height: fixed(Math.max(1, foot - top - 0.5)) };
        bars.push(svg("rect", { class: `bar ${tone}`, rx: 1.5, ...place, ...size }));
      }
    }
    this.plot.replaceChildren(...bars);
  }

  hasDots() {
    return false;
  }

  /** Since the start; for a moment that is pointed at, in its column. */
  legendValue(key, _of, sample) {
    if (!this.figure.hasAttribute("data-pointed")) return count(this.#totals[key] ?? 0);
    const bin = this.#bins.get(Math.floor(sample.at / this.#width));
    return count(bin?.[key] ?? 0);
  }

  /** Only causes that there were are in the legend. */
  #known() {
    const items = this.figure.querySelectorAll(".legend li");
    this.series.forEach(({ key }, place) => {
      items[place].toggleAttribute("hidden", !this.#totals[key]);
    });
    const any = Object.keys(this.#totals).length > 0;
    this.figure.querySelector(".none").toggleAttribute("hidden", any);
  }
}

/** Adds counts by cause to others; causes without a name here are "other". */
function add(counts, more) {
  for (const [cause, value] of Object.entries(more)) {
    const key = NAMED.has(cause) ? cause : "other";
    counts[key] = (counts[key] ?? 0) + value;
  }
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
