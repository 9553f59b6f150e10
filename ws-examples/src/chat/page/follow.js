// Keeps the newest line in sight of those who read along, and leaves those alone who read back.

import { plural } from "/text.js";

const NEAR = 48;

export class Follow {
  #scroller;
  #pill;
  #following = true;
  #lastTop = 0;
  #missed = 0;
  #planned = false;

  constructor(scroller, pill) {
    this.#scroller = scroller;
    this.#pill = pill;
    this.#setFollowing(true);
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    pill.addEventListener("click", () => this.toEnd());
    // the composer grows, a keyboard opens, a window is resized
    new ResizeObserver(() => this.grew()).observe(scroller);
  }

  /** Something was added; `missed` counts for the pill if the reader is elsewhere. */
  grew(missed = 0) {
    if (this.#following) this.#plan();
    else if (missed > 0) this.#showPill(this.#missed + missed);
  }

  toEnd() {
    this.#setFollowing(true);
    this.#plan();
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    // only a reader moves up: growing content leaves the position as it is
    if (atEnd) this.#setFollowing(true);
    else if (scrollTop < this.#lastTop) this.#setFollowing(false);
    this.#lastTop = scrollTop;
  }

  #setFollowing(following) {
    this.#following = following;
    this.#scroller.classList.toggle("following", following);
    if (following) this.#showPill(0);
  }

  /** Once per frame: a flood of messages must not measure the page for each of them. */
  #plan() {
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => {
      this.#planned = false;
      if (this.#following) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    });
  }

  #showPill(missed) {
    this.#missed = missed;
    this.#pill.hidden = missed === 0;
    this.#pill.textContent = plural(missed, "new message", "new messages");
  }
}
