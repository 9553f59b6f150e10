// Puts the parts together: who is told what, and which view is shown.

import { Composer } from "/composer.js";
import { Connection } from "/connection.js";
import { Follow } from "/follow.js";
import { JoinForm, invitation, linkTo, showInAddress } from "/join.js";
import { Log } from "/log.js";
import { Outbox } from "/outbox.js";
import { People } from "/people.js";
import { Place } from "/place.js";
import { Status } from "/status.js";
import { plural } from "/text.js";

const $ = (id) => document.getElementById(id);

let connection = null;
let place = null; // how far the room has been read
let room = "";
let you = null; // this connection's id, from its welcome
let yours = new Set(); // that one, and those of connections before
let missed = null; // how many lines from before are still to come; null before that is known
let resumes = false; // whether what was said before this page came is there
let awaySince = null; // when an open connection was lost
let unread = 0;

const people = new People({
  list: $("people"),
  typing: $("typing"),
  counts: [$("people-count"), $("people-toggle-count")],
});
const follow = new Follow($("scroller"), $("newer"));
const log = new Log($("log"), $("empty"));
const outbox = new Outbox($("waiting"), hand, discarded);
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
    yours.add(you);
    people.reset(message.people, you);
    composer.recheck();
  },
  recovery(message) {
    if (awaySince !== null || !message.complete) tellOfAbsence(message);
    place.moved(message);
    missed = message.messages;
    if (missed === 0) caughtUp();
  },
  joined({ person }) {
    if (people.joined(person)) tell(`${person.name} joined`);
  },
  left({ id }) {
    const name = people.left(id);
    if (name !== null) tell(`${name} left`);
  },
  said(message) {
    const { id, line } = message;
    people.typing(id, false);
    const mine = outbox.said(line) || yours.has(id);
    const isNew = place.take({ ...message, mine });
    const isOld = missed !== 0 && !resumes;
    if (isNew) {
      log.said({ name: people.nameOf(id), ...message, mine });
      if (mine || isOld) follow.toEnd();
      else follow.grew(1);
      if (!mine && !isOld && document.hidden) countUnread(unread + 1);
    }
    if (missed > 0) {
      missed -= 1;
      if (missed === 0) caughtUp();
    }
  },
  unsaid({ line, why }) {
    outbox.unsaid(line, why);
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
  missed = null;
}

/** All that was said before is here: what this page wrote meanwhile may come behind it. */
function caughtUp() {
  resumes = true;
  outbox.flush();
}

function hand(line) {
  return missed === 0 && send({ type: "say", ...line });
}

function send(message) {
  return connection?.send(message) ?? false;
}

function say(text) {
  if (!outbox.add(text)) return "Too many messages are waiting already; this one stays here.";
  place.save();
  follow.toEnd();
  return null;
}

function tell(text) {
  log.system(text);
  follow.grew();
}

function tellOfAbsence({ messages, complete }) {
  let text = "";
  if (awaySince !== null) {
    const seconds = Math.max(1, Math.round((Date.now() - awaySince) / 1000));
    text = `Back after ${plural(seconds, "second", "seconds")}. `;
  }
  awaySince = null;
  if (!complete) log.gap(`${text}Some of what was said may be missing here.`);
  else if (messages === 0) log.back(`${text}Nothing was missed.`);
  else log.back(`${text}${plural(messages, "message was", "messages were")} missed, and ${messages === 1 ? "is" : "are"} here now.`);
  follow.grew();
}

function enter(wanted) {
  room = wanted.room;
  log.clear();
  people.reset([], null);
  place = new Place(room, () => outbox.kept());
  const left = place.recall();
  for (const message of left.lines) log.said(message);
  outbox.restore(left.waiting);
  resumes = left.lines.length > 0;
  $("room-title").textContent = `#${room}`;
  const invited = invitation();
  if (invited.name !== wanted.name || invited.room !== room) showInAddress(room);
  show("chat");
  countUnread(0);
  follow.toEnd();
  connection = new Connection(wanted, {
    heard,
    changed,
    measured: (ms) => status.measured(ms),
    since: () => place.since,
  });
  connection.connect();
  restFocus();
}

function leave() {
  connection.leave();
  connection = null;
  awaySince = null;
  yours = new Set();
  place.forget();
  place = null;
  outbox.clear();
  composer.clear();
  status.forget();
  showInAddress(room);
  showPeople(false);
  show("join");
  countUnread(0);
  join.focus();
}

function discarded() {
  place.save();
  restFocus();
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
  addEventListener("pagehide", () => place?.saveNow());
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
