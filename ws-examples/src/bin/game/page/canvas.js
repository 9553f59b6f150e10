// The field as it looks: paint in cells, brushes gliding over it.

const TICK = 50;
const RING = 2.8;

export class Field {
  #canvas;
  #pen;
  #paint = document.createElement("canvas");
  #brush = this.#paint.getContext("2d");
  #cells = new Uint8Array(0);
  #counts = new Uint32Array(256);
  #width = 1;
  #height = 1;
  #colours = [];
  // Where brushes were at the last two ticks, by slot.
  #before = new Map();
  #after = new Map();
  #heard = 0;
  #names = new Map();
  #you = null;

  constructor(canvas) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext("2d");
    const restyle = () => {
      this.#colours = colours();
      this.#repaint();
    };
    restyle();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restyle);
    new ResizeObserver(() => this.#fit()).observe(canvas.parentElement);
    const frame = () => {
      this.#draw();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  begin({ slot, width, height }) {
    this.#you = slot;
    [this.#width, this.#height] = [width, height];
    this.#paint.width = width;
    this.#paint.height = height;
    this.#cells = new Uint8Array(width * height);
    this.#before.clear();
    this.#after.clear();
    this.#fit();
  }

  name(players) {
    this.#names = new Map(players.map(({ slot, name }) => [slot, name]));
  }

  /** All cells anew. */
  whole(view) {
    this.#cells = new Uint8Array(view.buffer, 1).slice();
    this.#counts.fill(0);
    for (const slot of this.#cells) this.#counts[slot] += 1;
    this.#repaint();
  }

  /** One tick; gives how many are left of the round. */
  tick(view) {
    const left = view.getUint16(1);
    let at = 4 + view.getUint8(3) * 5;
    this.#before = this.#after;
    this.#after = new Map();
    this.#heard = performance.now();
    for (let brush = 4; brush < at; brush += 5) {
      const [x, y] = [view.getUint16(brush + 1) / 256, view.getUint16(brush + 3) / 256];
      this.#after.set(view.getUint8(brush), { x, y });
    }
    while (at < view.byteLength) {
      const [slot, count] = [view.getUint8(at), view.getUint16(at + 1)];
      at += 3;
      this.#brush.fillStyle = this.#colours[slot]?.paint ?? "transparent";
      for (const end = at + count * 2; at < end; at += 2) this.#stroke(view.getUint16(at), slot);
    }
    return left;
  }

  /** How much of the field somebody has painted, 0 to 1. */
  share(slot) {
    return this.#counts[slot] / Math.max(1, this.#cells.length);
  }

  /** From one's own brush to where an event happened. */
  vector(event) {
    const own = this.#after.get(this.#you);
    if (!own) return null;
    const box = this.#canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * this.#width - own.x;
    const y = ((event.clientY - box.top) / box.height) * this.#height - own.y;
    return [x, y];
  }

  #stroke(cell, slot) {
    this.#counts[this.#cells[cell]] -= 1;
    this.#counts[slot] += 1;
    this.#cells[cell] = slot;
    const [x, y] = [cell % this.#width, Math.floor(cell / this.#width)];
    if (slot === 0) this.#brush.clearRect(x, y, 1, 1);
    else this.#brush.fillRect(x, y, 1, 1);
  }

  #repaint() {
    this.#brush.clearRect(0, 0, this.#width, this.#height);
    this.#cells.forEach((slot, cell) => {
      if (slot === 0) return;
      this.#brush.fillStyle = this.#colours[slot].paint;
      this.#brush.fillRect(cell % this.#width, Math.floor(cell / this.#width), 1, 1);
    });
  }

  /** As many whole pixels for each cell as there is room for. */
  #fit() {
    const { clientWidth, clientHeight } = this.#canvas.parentElement;
    const ratio = devicePixelRatio || 1;
    const room = Math.min((clientWidth * ratio) / this.#width, (clientHeight * ratio) / this.#height);
    const size = Math.max(1, Math.floor(room));
    this.#canvas.width = this.#width * size;
    this.#canvas.height = this.#height * size;
    this.#canvas.style.width = `${this.#canvas.width / ratio}px`;
    this.#canvas.style.height = `${this.#canvas.height / ratio}px`;
  }

  #draw() {
    const pen = this.#pen;
    const size = this.#canvas.width / this.#width;
    pen.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.#paint, 0, 0, this.#canvas.width, this.#canvas.height);
    const part = Math.min(1, (performance.now() - this.#heard) / TICK);
    pen.font = `600 ${Math.max(11, size * 2)}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.lineWidth = Math.max(1.5, size * 0.35);
    for (const [slot, to] of this.#after) {
      const from = this.#before.get(slot) ?? to;
      const x = (from.x + (to.x - from.x) * part) * size;
      const y = (from.y + (to.y - from.y) * part) * size;
      pen.beginPath();
      pen.arc(x, y, RING * size, 0, 2 * Math.PI);
      pen.fillStyle = this.#colours[slot].brush;
      pen.strokeStyle = slot === this.#you ? this.#colours.ink : this.#colours.sheet;
      pen.fill();
      pen.stroke();
      pen.fillStyle = this.#colours.ink;
      const above = y > (RING + 3) * size;
      pen.fillText(this.#names.get(slot) ?? "", x, above ? y - (RING + 1) * size : y + (RING + 2.6) * size);
    }
  }
}

/** What the style sheet makes of each slot. */
function colours() {
  const probe = document.createElement("i");
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const value = (name) => style.getPropertyValue(name).trim();
  const found = [];
  for (let slot = 1; slot <= 8; slot += 1) {
    probe.className = `slot-${slot}`;
    const hue = value("--hue");
    found[slot] = {
      paint: `oklch(${value("--paint-light")} ${value("--paint-chroma")} ${hue})`,
      brush: `oklch(${value("--brush-light")} ${value("--brush-chroma")} ${hue})`,
    };
  }
  [found.ink, found.sheet] = [value("--ink"), value("--sheet")];
  probe.remove();
  return found;
}
