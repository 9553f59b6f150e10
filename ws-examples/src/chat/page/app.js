// Puts the parts together: who is told what, and which view is shown.

import { Composer } from "/composer.js";
import { Connection } from "/connection.js";
import { Follow } from "/follow.js";
import { JoinForm, invitation, linkTo, showInAddress } from "/join.js";
import { Log } from "/log.js";
import { Outbox } from "/outbox.js";
import { People } from "/people.js";
import { Status } from "/status.js";
import { plural } from "/text.js";

const $ = (id) => document.getElementById(id);

let connection = null;
let room = "";
let you = null; // this connection's id, from its welcome
let awaySince = null; // when an open connection was lost
let unread = 0;

const people = new People({
  list: $("people"),
  typing: $("typing"),
  counts: [$("people-count"), $("people-toggle-count")],
});
const follow = new Follow($("scroller"), $("newer"));
const log = new Log($("log"), $("empty"));
const outbox = new Outbox($("waiting"), (text) => send({ type: "say", text }), restFocus);
const status = new Status({
  state: $("state"),
  now: $("now"),
  measure: $("measure"),
  rtt: $("rtt"),
  spark: $("spark"),
  announce: $("announce"),
});
const composer = new Composer(
  { form: $("compose"), input: $("say"), note: $("say-note") },
  { say, typing: (on) => send({ type: "typing", on }) },
);
const join = new JoinForm($("join"), enter);

const hears = {
  welcome(message) {
    you = message.you;
    people.reset(message.people, you);
    if (awaySince !== null) tellOfGap();
    outbox.flush();
    composer.recheck();
  },
  joined({ person }) {
    if (people.joined(person)) tell(`${person.name} joined`);
  },
  left({ id }) {
    const name = people.left(id);
    if (name !== null) tell(`${name} left`);
  },
  said({ id, text, at }) {
    const mine = id === you;
    people.typing(id, false);
    if (mine) outbox.said(text);
    log.said({ id, name: people.nameOf(id), text, at, mine });
    if (mine) follow.toEnd();
    else follow.grew(1);
    if (!mine && document.hidden) countUnread(unread + 1);
  },
  typing({ id, on }) {
    people.typing(id, on);
  },
};

function heard(message) {
  if (Object.hasOwn(hears, message.type)) hears[message.type](message);
}

function changed(change) {
  status.show(change);
  if (change.state === "waiting" || change.state === "closed") lost();
}

function lost() {
  outbox.lost();
  composer.stopTyping();
  people.silence();
  if (you !== null) awaySince = Date.now();
  you = null;
  follow.grew();
}

function send(message) {
  return connection?.send(message) ?? false;
}

function say(text) {
  if (!outbox.add(text)) return "Too many messages are waiting already; this one stays here.";
  follow.toEnd();
  return null;
}

function tell(text) {
  log.system(text);
  follow.grew();
}

function tellOfGap() {
  const seconds = Math.max(1, Math.round((Date.now() - awaySince) / 1000));
  awaySince = null;
  log.gap(`Back after ${plural(seconds, "second", "seconds")}. What was said meanwhile is not shown.`);
  follow.grew();
}

function enter(wanted) {
  room = wanted.room;
  log.clear();
  people.reset([], null);
  $("room-title").textContent = `#${room}`;
  const invited = invitation();
  if (invited.name !== wanted.name || invited.room !== room) showInAddress(room);
  show("chat");
  countUnread(0);
  follow.toEnd();
  connection = new Connection(wanted, { heard, changed, measured: (ms) => status.measured(ms) });
  connection.connect();
  restFocus();
}

function leave() {
  connection.leave();
  connection = null;
  awaySince = null;
  outbox.clear();
  composer.clear();
  status.forget();
  showInAddress(room);
  showPeople(false);
  show("join");
  countUnread(0);
  join.focus();
}

/** Where the focus goes when its button is gone; on a phone no keyboard shall cover the conversation. */
function restFocus() {
  if (matchMedia("(pointer: fine)").matches) composer.focus();
  else $("scroller").focus({ preventScroll: true });
}

function show(view) {
  $("join-view").hidden = view !== "join";
  $("chat-view").hidden = view !== "chat";
}

function countUnread(count) {
  unread = count;
  const place = $("chat-view").hidden ? "Chat" : `#${room} – Chat`;
  document.title = unread > 0 ? `(${unread}) ${place}` : place;
}

function showPeople(shown) {
  $("people-toggle").setAttribute("aria-expanded", String(shown));
  $("people-panel").classList.toggle("shown", shown);
}

async function copyLink() {
  const link = linkTo(room);
  try {
    await navigator.clipboard.writeText(link);
  } catch {
    // no clipboard without HTTPS or leave to use it: then by hand
    prompt("The link to this room:", link);
    return;
  }
  $("copy-text").textContent = "Copied";
  $("announce").textContent = "Link copied";
  setTimeout(() => ($("copy-text").textContent = "Copy link"), 2_000);
}

function start() {
  $("leave").addEventListener("click", leave);
  $("newer").addEventListener("click", restFocus);
  $("now").addEventListener("click", () => {
    connection.connect();
    restFocus();
  });
  $("copy").addEventListener("click", copyLink);
  $("people-toggle").addEventListener("click", () => {
    showPeople($("people-toggle").getAttribute("aria-expanded") === "false");
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") showPeople(false);
  });
  addEventListener("online", () => connection?.hurry());
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    countUnread(0);
    connection?.hurry();
  });

  const invited = invitation();
  join.fill(invited);
  show("join");
  if (invited.name !== null && invited.room !== null) join.submit();
  else join.focus();
}

start();
