// What the header tells of the connection: its state, the wait, the round trip.

const SAMPLES = 30;
const WIDTH = 62;
const HEIGHT = 18;
const MARGIN = 2;
const HEADROOM = 1.2;

const CALM = { connecting: "Connecting…", open: "Connected", closed: "Not connected" };

export class Status {
  #parts;
  #samples = [];
  #ticking = null;

  /** @param parts elements: state, now, measure, rtt, spark, announce */
  constructor(parts) {
    this.#parts = parts;
  }

  show({ state, why, until }) {
    clearInterval(this.#ticking);
    const { state: line, now, measure } = this.#parts;
    line.dataset.state = state;
    measure.hidden = state !== "open" || this.#samples.length === 0;
    now.hidden = state !== "waiting" && !(state === "closed" && why);
    now.textContent = state === "closed" ? "Try again" : "Now";
    now.title = state === "closed" ? "" : "Reconnect now";
    this.#announce(state, why);
    if (state === "waiting") this.#countDown(why, until);
    else line.textContent = why || CALM[state];
  }

  measured(milliseconds) {
    this.#samples = [...this.#samples, milliseconds].slice(-SAMPLES);
    const { measure, rtt } = this.#parts;
    rtt.textContent = duration(milliseconds);
    measure.hidden = false;
    const [low, high] = [Math.min(...this.#samples), Math.max(...this.#samples)];
    measure.title = `Round trip. Last ${this.#samples.length}: ${duration(low)} to ${duration(high)}`;
    this.#draw(high);
  }

  forget() {
    this.#samples = [];
    this.#parts.rtt.textContent = "";
  }

  #countDown(why, until) {
    const tick = () => {
      const seconds = Math.max(1, Math.ceil((until - performance.now()) / 1000));
      this.#parts.state.textContent = `${why}, reconnecting in ${seconds} s`;
    };
    tick();
    this.#ticking = setInterval(tick, 200);
  }

  /** Said once per change: a countdown read aloud every second would drown the chat. */
  #announce(state, why) {
    if (state === "connecting") return;
    const text = why || CALM[state];
    const { announce } = this.#parts;
    if (announce.textContent !== text) announce.textContent = text;
  }

  #draw(high) {
    const { spark } = this.#parts;
    const step = (WIDTH - 2 * MARGIN) / (SAMPLES - 1);
    const start = WIDTH - MARGIN - step * (this.#samples.length - 1);
    const y = (value) => HEIGHT - MARGIN - (value / (high * HEADROOM || 1)) * (HEIGHT - 2 * MARGIN);
    const points = this.#samples.map((value, i) => [(start + i * step).toFixed(1), y(value).toFixed(1)]);
    const [lastX, lastY] = points.at(-1);
    spark.querySelector("polyline").setAttribute("points", points.join(" "));
    spark.querySelector("circle").setAttribute("cx", lastX);
    spark.querySelector("circle").setAttribute("cy", lastY);
  }
}

function duration(milliseconds) {
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
