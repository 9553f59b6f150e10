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
  #entries = [];

  /** @param send takes a text, tells whether an open connection took it */
  constructor(list, send) {
    this.#list = list;
    this.#send = send;
  }

  /** False if too many are waiting already. */
  add(text) {
    if (this.#entries.length >= ROOM_FOR) return false;
    const entry = { text, tries: 0, state: "waiting", row: null };
    entry.row = this.#row(entry);
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
    if (!this.#send(entry.text)) {
      mark(entry, "waiting");
      return false;
    }
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
      this.#hand(entry);
    });
    again.classList.add("again");
    row.append(text, note, again, button("Discard", () => this.#remove(entry)));
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
