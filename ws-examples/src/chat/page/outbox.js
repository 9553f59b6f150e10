// What this person wrote and the server has not said back yet, in order, and shown as such.

const ROOM_FOR = 50;
const SHOW_SENT_AFTER = 1_000;
// A message is sent again by itself once. Doubled is better than lost, but a message
// that ends the connection each time must not do so for ever.
const TRIES = 2;

const NOTES = { waiting: "waiting to send", sent: "sending…", unsure: "may not have arrived" };

export class Outbox {
  #list;
  #send;
  #discarded;
  #entries = [];

  /**
   * @param send takes a text, tells whether an open connection took it
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
    const entry = { text, tries: 0 };
    entry.row = this.#row(entry);
    mark(entry, "waiting");
    this.#entries.push(entry);
    this.#list.append(entry.row);
    this.flush();
    return true;
  }

  flush() {
    for (const entry of this.#entries) {
      if (entry.state === "waiting" && !this.#hand(entry)) break;
    }
  }

  /** The connection ended: what it took without an answer may or may not have been said. */
  lost() {
    for (const entry of this.#entries) {
      if (entry.state === "sent") mark(entry, entry.tries < TRIES ? "waiting" : "unsure");
    }
  }

  /** Answers come in order: whatever was sent before this one was passed over. */
  said(text) {
    const sent = this.#entries.filter((entry) => entry.state === "sent");
    const found = sent.find((entry) => entry.text === text) ?? sent[0];
    if (!found) return;
    for (const entry of sent.slice(0, sent.indexOf(found))) mark(entry, "unsure");
    this.#remove(found);
  }

  clear() {
    this.#entries = [];
    this.#list.replaceChildren();
  }

  #hand(entry) {
    if (!this.#send(entry.text)) return false;
    entry.tries += 1;
    mark(entry, "sent");
    // most answers come within milliseconds: showing the row for them would only flicker
    setTimeout(() => (entry.row.hidden = false), SHOW_SENT_AFTER);
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

function button(label, click) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "link";
  made.textContent = label;
  made.addEventListener("click", click);
  return made;
}
