// How far this page has read a room: the position of the last line, by which the server tells
// what was missed, and the lines themselves, so that a page that is loaded again resumes there.

const KEPT = 200;
const SEEN = 1_000;
const SAVE_AFTER = 500;
const POSITION = /^([0-9a-f]{1,16})-([0-9a-f]{1,16})$/;

export class Place {
  #key;
  #position = null;
  #lines = [];
  #seen = new Set(); // the ids of lines, oldest first
  #waiting;
  #saving = null;

  /** @param waiting what is written and not said yet, when it is to be saved */
  constructor(room, waiting) {
    this.#key = `chat.place.${room}`;
    this.#waiting = waiting;
  }

  /** What the server is asked for; null for all that is kept. */
  get since() {
    return this.#position;
  }

  /** What an earlier load of this page has left: its lines, and what waited to be said. */
  recall() {
    const { position, lines = [], waiting = [] } = read(this.#key);
    if (!parse(position)) return { lines: [], waiting };
    this.#position = position;
    this.#lines = lines;
    for (const { line } of lines) this.#see(line);
    return { lines, waiting };
  }

  /** The server says where the room is, and how many lines from before that follow. */
  moved({ position, messages, complete }) {
    if (messages === 0) this.#position = position;
    // positions begin anew with what follows
    else if (!complete) this.#position = null;
    this.save();
  }

  /** Takes a line; false for one that was here before. */
  take(message) {
    const { line, position } = message;
    const is = parse(position);
    if (is) {
      const was = parse(this.#position);
      if (was?.epoch === is.epoch && is.offset <= was.offset) return false;
      this.#position = position;
    }
    const isNew = line === undefined || !this.#seen.has(line);
    if (isNew) {
      this.#see(line);
      this.#lines.push(message);
      if (this.#lines.length > KEPT) this.#lines.shift();
    }
    this.save();
    return isNew;
  }

  /** Soon: a flood of lines must not be written down one by one. */
  save() {
    this.#saving ??= setTimeout(() => this.saveNow(), SAVE_AFTER);
  }

  saveNow() {
    clearTimeout(this.#saving);
    this.#saving = null;
    const kept = { position: this.#position, lines: this.#lines, waiting: this.#waiting() };
    write(this.#key, JSON.stringify(kept));
  }

  forget() {
    clearTimeout(this.#saving);
    write(this.#key, null);
  }

  #see(line) {
    if (line === undefined) return;
    this.#seen.add(line);
    if (this.#seen.size > SEEN) this.#seen.delete(this.#seen.values().next().value);
  }
}

function parse(position) {
  const match = POSITION.exec(position ?? "");
  return match && { epoch: BigInt(`0x${match[1]}`), offset: BigInt(`0x${match[2]}`) };
}

// Storage may be forbidden or full: then a page that is loaded again begins anew.
function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? {};
  } catch {
    return {};
  }
}

function write(key, value) {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
  } catch {
    // not kept, then
  }
}
