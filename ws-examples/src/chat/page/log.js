// The conversation: messages in groups, and lines about the room. All peer text goes in as text.

import { hueOf, initialOf, linked, timeOf } from "/text.js";

const LINES = 500;
const SAME_GROUP = 3 * 60_000;

export class Log {
  #list;
  #empty;
  #last = null; // the latest message, while another may join its group

  constructor(list, empty) {
    this.#list = list;
    this.#empty = empty;
  }

  clear() {
    this.#list.replaceChildren();
    this.#last = null;
    this.#empty.hidden = false;
  }

  said({ id, name, text, at, mine }) {
    const continued = this.#last?.id === id && Math.abs(at - this.#last.at) < SAME_GROUP;
    this.#last = { id, at };
    this.#empty.hidden = true;
    const row = messageRow({ id, name, text, at });
    row.classList.toggle("mine", mine);
    row.classList.toggle("continued", continued);
    this.#append(row);
  }

  /** Somebody came or went. */
  system(text) {
    this.#line("system", text);
  }

  /** The conversation has a hole here. */
  gap(text) {
    // a connection that comes and goes makes one hole
    if (this.#list.lastElementChild?.className === "gap") this.#list.lastElementChild.remove();
    this.#line("gap", text);
  }

  /** This page was away, and has what was said meanwhile. */
  back(text) {
    if (this.#list.lastElementChild?.className === "back system") this.#list.lastElementChild.remove();
    this.#line("back system", text);
  }

  #line(kind, text) {
    this.#last = null;
    const row = element("p", kind, text);
    row.dir = "auto";
    row.title = timeOf(Date.now()).long;
    this.#append(row);
  }

  #append(row) {
    this.#list.append(row);
    while (this.#list.childElementCount > LINES) this.#list.firstElementChild.remove();
    // its group's head may just have gone
    this.#list.firstElementChild.classList.remove("continued");
  }
}

function messageRow({ id, name, text, at }) {
  const row = element("div", "message");
  row.dataset.id = id;
  row.style.setProperty("--hue", hueOf(name));

  const avatar = element("span", "avatar", initialOf(name));
  avatar.setAttribute("aria-hidden", "true");

  const moment = timeOf(at);
  const time = element("time", "time", moment.short);
  time.dateTime = moment.machine;
  const who = element("span", "who", name);
  who.dir = "auto";
  const head = element("div", "head");
  head.append(who, " ", time);

  const body = element("div", "text");
  body.dir = "auto";
  body.title = moment.long;
  body.append(linked(text));

  row.append(avatar, head, body);
  return row;
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
