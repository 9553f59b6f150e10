// Name and room: from the form, from a link, or remembered from last time.

import { lengthOf, wellFormed } from "/text.js";

const NAME_LONGEST = 24;
const ROOM_LONGEST = 32;

/** What the page's own address asks for: `/?room=lobby&name=Ada`, or the same behind a `#`. */
export function invitation() {
  const query = new URLSearchParams(location.search);
  const hash = new URLSearchParams(location.hash.slice(1));
  const asked = (key) => query.get(key) ?? hash.get(key);
  return { name: asked("name"), room: asked("room") };
}

export function linkTo(room) {
  return `${location.origin}${location.pathname}?room=${encodeURIComponent(room)}`;
}

/** The address bar then names the room, and nobody: people copy from there, too. */
export function showInAddress(room) {
  history.replaceState(null, "", linkTo(room));
}

export class JoinForm {
  #form;
  #fields;

  /** @param entered called with {name, room}, both valid */
  constructor(form, entered) {
    this.#form = form;
    this.#fields = [
      { key: "name", input: form.elements.name, clean: cleanName, fault: nameFault },
      { key: "room", input: form.elements.room, clean: cleanRoom, fault: roomFault },
    ];
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(entered);
    });
    for (const field of this.#fields) {
      // a complaint goes as soon as it is answered, and none comes while somebody still writes
      field.input.addEventListener("input", () => {
        if (!field.fault(field.clean(field.input.value))) complain(field, "");
      });
    }
  }

  fill({ name, room }) {
    this.#form.elements.name.value = name ?? recall("name") ?? "";
    this.#form.elements.room.value = room ?? recall("room") ?? "lobby";
    for (const field of this.#fields) complain(field, "");
  }

  submit() {
    this.#form.requestSubmit();
  }

  focus() {
    const unfinished = this.#fields.find(({ input }) => input.value === "") ?? this.#fields[0];
    unfinished.input.focus();
    unfinished.input.select();
  }

  #submit(entered) {
    const values = {};
    const wrong = this.#fields.filter((field) => {
      const value = field.clean(field.input.value);
      const fault = field.fault(value);
      complain(field, fault);
      field.input.value = values[field.key] = value;
      return fault;
    });
    if (wrong.length > 0) {
      wrong[0].input.focus();
      return;
    }
    for (const { key } of this.#fields) remember(key, values[key]);
    entered(values);
  }
}

function cleanName(text) {
  return wellFormed(text).replace(/[\s\p{Cc}]+/gu, " ").trim();
}

function cleanRoom(text) {
  return text.trim().replace(/^#/, "");
}

function nameFault(name) {
  const length = lengthOf(name);
  if (length === 0) return "Please pick a name, so that others know who speaks.";
  if (length > NAME_LONGEST) return `That is ${length} characters long; ${NAME_LONGEST} is the most.`;
  return "";
}

function roomFault(room) {
  if (room === "") return "Please pick a room, for example lobby.";
  if (!/^[A-Za-z0-9_-]+$/.test(room)) return "A room has letters, digits, - and _ only, for example book-club.";
  if (room.length > ROOM_LONGEST) return `That is ${room.length} characters long; ${ROOM_LONGEST} is the most.`;
  return "";
}

function complain({ input, key }, fault) {
  input.setAttribute("aria-invalid", String(fault !== ""));
  document.getElementById(`${key}-error`).textContent = fault;
}

// Storage may be forbidden or full; a chat works without it.
function remember(key, value) {
  try {
    localStorage.setItem(`chat.${key}`, value);
  } catch {
    // not remembered, then
  }
}

function recall(key) {
  try {
    return localStorage.getItem(`chat.${key}`);
  } catch {
    return null;
  }
}
