// The way to the server: connects, measures the round trip, notices the end, tries again; on
// another node if there is one.

import { anotherNode, hasOthers } from "/balancer.js";

const PING_EVERY = 5_000;
// The page is busy drawing right after the welcome; a round trip measured then is its own.
const FIRST_PING_AFTER = 200;
// A dead network says nothing; without these two a page would wait for minutes.
const ANSWER_WITHIN = 10_000;
const WELCOME_WITHIN = 10_000;
// What joins the nodes has the room's record; it may be away.
const RECORD_WITHIN = 2_000;
const AWAY = "Connected, waiting for the other nodes";
// A connection that ends sooner does not start the delays anew.
const SETTLED_AFTER = 3_000;
// Before the 1st, 2nd, 3rd try, and every later one; up to a third is added, so that
// not all pages come back in the same instant.
const DELAYS = [500, 1_000, 2_000, 6_000];
const JITTER = 1 / 3;

const GOING_AWAY = 1001;
const ABNORMAL = 1006;
const REFUSED = 1008;
const RESTARTING = 1012;
const BUSY = 1013;

/**
 * Speaks to `listener`:
 *   changed({state, why, until})  state: connecting | open | waiting | closed;
 *                                 why: also on which node, if there are several;
 *                                 until: performance.now() of the next try
 *   heard(message)                everything but pongs
 *   measured(milliseconds)        one round trip
 * and asks it since()             the position it has, or null
 */
export class Connection {
  #node = location.origin;
  #query;
  #attempt = null;
  #listener;
  #socket = null;
  #state = "closed";
  #failures = 0;
  #openedAt = 0;
  #silentSince = null;
  #timer = null;
  #late = null;

  constructor({ room, name }, listener) {
    this.#query = new URLSearchParams({ room, name });
    this.#listener = listener;
  }

  connect() {
    this.#abandon();
    this.#change("connecting");
    if (hasOthers && this.#failures > 0) this.#openElsewhere();
    else this.#open();
  }

  async #openElsewhere() {
    const attempt = Symbol();
    this.#attempt = attempt;
    const node = await anotherNode(this.#node);
    if (this.#attempt !== attempt) return;
    this.#node = node ?? this.#node;
    this.#open();
  }

  #open() {
    const since = this.#listener.since();
    if (since === null) this.#query.delete("since");
    else this.#query.set("since", since);
    const socket = new WebSocket(`${this.#node.replace("http", "ws")}/ws?${this.#query}`);
    socket.onmessage = (event) => this.#hear(event.data);
    socket.onclose = (event) => this.#ended(event.code, event.reason);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#ended(ABNORMAL, ""), WELCOME_WITHIN);
  }

  /** Cuts a wait short; no other state has anything to hurry. */
  hurry() {
    if (this.#state === "waiting") this.connect();
  }

  /** Whether the message was handed to an open connection. */
  send(message) {
    if (this.#state !== "open") return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  leave() {
    this.#abandon(1000, "left");
    this.#change("closed");
  }

  #hear(data) {
    this.#silentSince = null;
    const message = parsed(data);
    if (message?.type === "pong") this.#measure(message.at);
    else if (message) {
      if (message.type === "welcome") this.#opened();
      if (message.type === "recovery") this.#recordCame();
      this.#listener.heard(message);
    }
  }

  #opened() {
    clearTimeout(this.#timer);
    this.#openedAt = performance.now();
    this.#pingAfter(FIRST_PING_AFTER);
    this.#late = setTimeout(() => this.#change("open", { why: AWAY }), RECORD_WITHIN);
    this.#isOpen();
  }

  #isOpen() {
    this.#change("open", { why: hasOthers ? `Connected to ${new URL(this.#node).host}` : "" });
  }

  /** Nothing is said before the room's record has been read. */
  #recordCame() {
    clearTimeout(this.#late);
    this.#isOpen();
  }

  #pingAfter(delay) {
    this.#timer = setTimeout(() => this.#ping(), delay);
  }

  #ping() {
    const now = performance.now();
    if (this.#silentSince !== null && now - this.#silentSince > ANSWER_WITHIN) {
      this.#ended(ABNORMAL, "");
      return;
    }
    this.#silentSince ??= now;
    this.send({ type: "ping", at: now });
    this.#pingAfter(PING_EVERY);
  }

  #measure(sentAt) {
    const milliseconds = performance.now() - sentAt;
    if (milliseconds >= 0) this.#listener.measured(milliseconds);
  }

  #ended(code, reason) {
    const wasOpen = this.#state === "open";
    this.#abandon();
    if (code === REFUSED) {
      this.#change("closed", { why: explain(code, reason, wasOpen) });
      return;
    }
    if (wasOpen && performance.now() - this.#openedAt > SETTLED_AFTER) this.#failures = 0;
    if (code === BUSY) this.#failures = Math.max(this.#failures, 2);
    const delay = delayAfter(this.#failures);
    this.#failures += 1;
    this.#timer = setTimeout(() => this.connect(), delay);
    this.#change("waiting", { why: explain(code, reason, wasOpen), until: performance.now() + delay });
  }

  /** Lets go of the socket and of every timer; nothing of the old connection is heard again. */
  #abandon(code = 4000, reason = "no answer") {
    clearTimeout(this.#timer);
    this.#silentSince = null;
    this.#attempt = null;
    clearTimeout(this.#late);
    if (!this.#socket) return;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close(code, reason);
    this.#socket = null;
  }

  #change(state, { why = "", until = 0 } = {}) {
    this.#state = state;
    this.#listener.changed({ state, why, until });
  }
}

function delayAfter(failures) {
  const delay = DELAYS[Math.min(failures, DELAYS.length - 1)];
  return delay * (1 + Math.random() * JITTER);
}

function explain(code, reason, wasOpen) {
  switch (code) {
    case GOING_AWAY:
    case RESTARTING:
      return "Server is restarting";
    case BUSY:
      return "Server is busy";
    case REFUSED:
      return reason ? `The server refused this connection: ${reason}` : "The server refused this connection";
    case ABNORMAL:
      return wasOpen ? "Connection lost" : "Could not connect";
    default:
      return reason ? `Server closed the connection: ${reason}` : `Server closed the connection (${code})`;
  }
}

function parsed(data) {
  try {
    const message = JSON.parse(data);
    return typeof message === "object" ? message : null;
  } catch {
    return null;
  }
}
