// What this person wrote and the server has not said back yet, in order, and shown as such.
//
// Nothing is lost: a line stays here until it comes back from the room's record, and is sent
// again over the next connection, or when the server says that it was not said. Nothing is
// shown twice: each line has an id that chance chose, which comes back with it. One whose
// answer was lost may be in the record twice; pages show the first and drop the other. What
// remains open is a page that is closed for good before its answer: it cannot send again.

const ROOM_FOR = 50;
const SHOW_SENT_AFTER = 1_000;
// What was not said is tried again after this, all of it in order.
const AGAIN_AFTER = 1_500;
// Each time that the connection ends with a line on its way counts. A line that ends the
// connection itself must not do so for ever.
const TRIES = 5;

const NOTES = { waiting: "waiting to send", sent: "sending…", refused: "not sent, trying again", unsure: "may not have arrived" };

export class Outbox {
  #list;
  #send;
  #discarded;
  #entries = [];
  #again = null;

  /**
   * @param send takes {line, text}, tells whether an open connection took it
   * @param discarded called after a row is gone, and the focus with it
   */
  constructor(list, send, discarded) {
    this.#list = list;
    this.#send = send;
    this.#discarded = discarded;
  }

  /** False if too many are waiting already. */
  add(text) {
    if (this.#entries.length >= ROOM_FOR) return false;
    this.#insert({ line: newId(), text });
    this.flush();
    return true;
  }

  /** What is not said yet, for a page that is loaded again. */
  kept() {
    return this.#entries.map(({ line, text }) => ({ line, text }));
  }

  restore(kept) {
    for (const { line, text } of kept) this.#insert({ line, text });
  }

  flush() {
    clearTimeout(this.#again);
    for (const entry of this.#entries) {
      const waits = entry.state === "waiting" || entry.state === "refused";
      if (waits && !this.#hand(entry)) break;
    }
  }

  /** The connection ended: what it took without an answer may or may not have been said. */
  lost() {
    clearTimeout(this.#again);
    for (const entry of this.#entries) {
      if (entry.state !== "sent") continue;
      entry.tries += 1;
      mark(entry, entry.tries < TRIES ? "waiting" : "unsure");
    }
  }

  /** The room has this line; true if it is one of these. */
  said(line) {
    const found = this.#entries.find((entry) => entry.line === line);
    if (found) this.#remove(found);
    return found !== undefined;
  }

  /** Nobody was told this line, or nobody knows: it stays, and is tried again. */
  unsaid(line, why) {
    const found = this.#entries.find((entry) => entry.line === line);
    if (!found) return;
    mark(found, "refused");
    found.row.title = why;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.flush(), AGAIN_AFTER);
  }

  clear() {
    clearTimeout(this.#again);
    this.#entries = [];
    this.#list.replaceChildren();
  }

  #insert(entry) {
    entry.tries = 0;
    entry.row = this.#row(entry);
    mark(entry, "waiting");
    this.#entries.push(entry);
    this.#list.append(entry.row);
  }

  #hand(entry) {
    const shown = entry.state === "refused";
    if (!this.#send({ line: entry.line, text: entry.text })) return false;
    mark(entry, "sent");
    // most answers come within milliseconds: showing the row for them would only flicker
    if (shown) entry.row.hidden = false;
    else setTimeout(() => (entry.row.hidden = false), SHOW_SENT_AFTER);
    return true;
  }

  #remove(entry) {
    entry.row.remove();
    this.#entries = this.#entries.filter((other) => other !== entry);
  }

  #row(entry) {
    const row = document.createElement("div");
    row.className = "pending";
    const text = document.createElement("div");
    text.className = "text";
    text.dir = "auto";
    text.textContent = entry.text;
    const note = document.createElement("span");
    note.className = "pending-note";
    const again = button("Send again", () => {
      entry.tries = 0;
      mark(entry, "waiting");
      this.flush();
    });
    again.classList.add("again");
    const discard = button("Discard", () => {
      this.#remove(entry);
      this.#discarded();
    });
    row.append(text, note, again, discard);
    return row;
  }
}

function mark(entry, state) {
  entry.state = state;
  entry.row.dataset.state = state;
  entry.row.hidden = state === "sent";
  entry.row.querySelector(".pending-note").textContent = NOTES[state];
}

/** 128 bits: no two lines of anybody have the same. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function button(label, click) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "link";
  made.textContent = label;
  made.addEventListener("click", click);
  return made;
}
