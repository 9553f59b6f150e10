// Hands: keys or a pointer become directions.

const KEYS = {
  ArrowUp: [0, -1], KeyW: [0, -1],
  ArrowDown: [0, 1], KeyS: [0, 1],
  ArrowLeft: [-1, 0], KeyA: [-1, 0],
  ArrowRight: [1, 0], KeyD: [1, 0],
};
const STILL = 255;

/** Calls `go(byte)` on each change; `vector(event)` is from one's brush to the pointer. */
export function steer(canvas, { go, vector }) {
  const held = new Map();
  let last = null;
  const say = (byte) => {
    if (byte !== last) go(byte);
    last = byte;
  };
  const toward = (x, y) => {
    if (x === 0 && y === 0) return;
    const turn = Math.atan2(y, x) / (2 * Math.PI);
    say(Math.round((turn - Math.floor(turn)) * 255) % 255);
  };

  addEventListener("keydown", (event) => {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.code === "Space") say(STILL);
    else if (event.code in KEYS) {
      held.set(event.code, KEYS[event.code]);
      both();
    } else return;
    event.preventDefault();
  });
  // One goes on without a key, and only turns with another.
  addEventListener("keyup", (event) => {
    held.delete(event.code);
    if (held.size > 0) both();
  });
  addEventListener("blur", () => held.clear());
  const both = () => {
    const keys = [...held.values()];
    toward(keys.reduce((sum, [x]) => sum + x, 0), keys.reduce((sum, [, y]) => sum + y, 0));
  };

  let pointed = 0;
  for (const kind of ["pointermove", "pointerdown"]) {
    canvas.addEventListener(kind, (event) => {
      // No faster than the game looks.
      if (event.timeStamp - pointed < 50) return;
      pointed = event.timeStamp;
      const to = vector(event);
      if (to !== null) toward(...to);
    });
  }
}
