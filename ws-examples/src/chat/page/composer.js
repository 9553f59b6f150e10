// The line one writes in: Enter sends, others are told that one is typing.

import { lengthOf, plural, wellFormed } from "/text.js";

const LONGEST = 2000;
const WARN_FROM = 1800;
const TYPING_ENDS_AFTER = 3_000;

export class Composer {
  #form;
  #input;
  #note;
  #listener;
  #typing = false;
  #idle = null;

  /**
   * @param listener say(text): null, or why the text has to stay here;
   *                 typing(on): whether others were told
   */
  constructor({ form, input, note }, listener) {
    this.#form = form;
    this.#input = input;
    this.#note = note;
    this.#listener = listener;
    input.addEventListener("input", () => this.#edited());
    input.addEventListener("keydown", (event) => this.#key(event));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  focus() {
    this.#input.focus({ preventScroll: true });
  }

  clear() {
    this.#input.value = "";
    this.stopTyping();
    this.#fit();
    this.#tell("");
  }

  stopTyping() {
    clearTimeout(this.#idle);
    if (this.#typing) this.#listener.typing(false);
    this.#typing = false;
  }

  /** A complaint about the past is taken back; one about the text itself stays. */
  recheck() {
    const text = this.#input.value;
    this.#tell(lengthNote(text), lengthOf(text) > LONGEST);
  }

  #key(event) {
    // an input method uses Enter to accept a word
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #edited() {
    this.#fit();
    this.recheck();
    if (this.#input.value.trim() === "") this.stopTyping();
    else this.#startTyping();
  }

  #submit() {
    const text = wellFormed(this.#input.value.trim());
    this.focus();
    if (text === "" || lengthOf(text) > LONGEST) return;
    const refusal = this.#listener.say(text);
    if (refusal) this.#tell(refusal, true);
    else this.clear();
  }

  #startTyping() {
    // without a connection nobody was told: then the next key tries again
    if (!this.#typing) this.#typing = this.#listener.typing(true);
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.stopTyping(), TYPING_ENDS_AFTER);
  }

  #fit() {
    this.#input.style.height = "auto";
    const borders = this.#input.offsetHeight - this.#input.clientHeight;
    this.#input.style.height = `${this.#input.scrollHeight + borders}px`;
  }

  #tell(text, wrong = false) {
    this.#note.textContent = text;
    this.#note.classList.toggle("wrong", wrong);
    this.#input.setAttribute("aria-invalid", String(wrong));
  }
}

function lengthNote(text) {
  const length = lengthOf(text);
  if (length > LONGEST) return `${plural(length - LONGEST, "character", "characters")} too many`;
  if (length >= WARN_FROM) return `${plural(LONGEST - length, "character", "characters")} left`;
  return "";
}
