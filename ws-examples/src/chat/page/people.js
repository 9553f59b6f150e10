// Who is in the room, and who is typing.

import { hueOf, initialOf, listOf } from "/text.js";

const NAMED_TYPISTS = 3;
const order = new Intl.Collator();

export class People {
  #parts;
  #rows = new Map(); // id -> { name, row }
  #typing = new Set();
  #you = null;

  /** @param parts elements: list, typing; counts: elements that show how many are here */
  constructor(parts) {
    this.#parts = parts;
  }

  reset(people, you) {
    this.#rows.clear();
    this.#typing.clear();
    this.#you = you;
    this.#parts.list.replaceChildren();
    for (const person of this.#sorted(people)) this.#insert(person, null);
    this.#show();
  }

  /** False for somebody who is here already. */
  joined(person) {
    if (this.#rows.has(person.id)) return false;
    this.#insert(person, this.#rowAfter(person.name));
    this.#show();
    return true;
  }

  /** The name of the one who left, or null for a stranger. */
  left(id) {
    const known = this.#rows.get(id);
    if (!known) return null;
    known.row.remove();
    this.#rows.delete(id);
    this.#typing.delete(id);
    this.#show();
    return known.name;
  }

  nameOf(id) {
    return this.#rows.get(id)?.name ?? "Somebody";
  }

  typing(id, on) {
    if (id === this.#you || !this.#rows.has(id)) return;
    if (on) this.#typing.add(id);
    else this.#typing.delete(id);
    this.#rows.get(id).row.classList.toggle("types", on);
    this.#showTyping();
  }

  /** Without a connection nobody is heard typing. */
  silence() {
    for (const id of [...this.#typing]) this.typing(id, false);
  }

  #insert({ id, name }, before) {
    const row = document.createElement("li");
    row.dataset.id = id;
    // marks are drawn by the style sheet: the row's text is the name alone
    row.dataset.initial = initialOf(name);
    row.textContent = name;
    row.title = name;
    row.dir = "auto";
    row.style.setProperty("--hue", hueOf(name));
    row.classList.toggle("you", id === this.#you);
    this.#parts.list.insertBefore(row, before);
    this.#rows.set(id, { name, row });
  }

  /** You come first, the others by name. */
  #sorted(people) {
    const notYou = ({ id }) => Number(id !== this.#you);
    return [...people].sort((a, b) => notYou(a) - notYou(b) || order.compare(a.name, b.name));
  }

  #rowAfter(name) {
    const rows = [...this.#parts.list.children];
    return rows.find((row) => !row.classList.contains("you") && order.compare(row.textContent, name) > 0) ?? null;
  }

  #show() {
    for (const count of this.#parts.counts) count.textContent = this.#rows.size;
    this.#showTyping();
  }

  #showTyping() {
    this.#parts.typing.textContent = typingLine([...this.#typing].map((id) => this.nameOf(id)));
  }
}

function typingLine(typists) {
  if (typists.length === 0) return "";
  if (typists.length > NAMED_TYPISTS) return "Several people are typing…";
  return `${listOf(typists)} ${typists.length === 1 ? "is" : "are"} typing…`;
}
