// The page for operators: figures of now, and how they came about.

import { Chart, Charts } from "./chart.js";
import { Closes } from "./closes.js";
import { follow } from "./feed.js";
import { bytes, count, duration, rate } from "./format.js";
import { showRooms } from "./rooms.js";

const REMEMBERED = 15 * 60 + 2;
const KIB = { format: bytes, step: 256, binary: true };
const STATES = { connecting: "Connecting", open: "Live", waiting: "Server is gone, trying again" };
const $ = (id) => document.getElementById(id);

let samples = [];
let started = null;
let seconds = 300;

const charts = new Charts();
const closes = new Closes($("chart-closed"));
charts.add(closes);
for (const [key, title, tone, units] of [
  ["connections", "Connections", "there", {}],
  ["received", "Messages received per second", "in", { format: rate }],
  ["sent", "Messages sent per second", "out", { format: rate }],
  ["queued", "Waiting for pages to read", "wait", KIB],
  ["bytes-received", "Bytes received per second", "in", KIB],
  ["bytes-sent", "Bytes sent per second", "out", KIB],
]) {
  const of = (sample) => sample[key.replace("-", "_")];
  charts.add(new Chart($(`chart-${key}`), { title, series: [{ key, tone, of }], ...units }));
}

for (const button of document.querySelectorAll(".ranges button")) {
  button.addEventListener("click", () => {
    seconds = Number(button.dataset.seconds);
    for (const other of document.querySelectorAll(".ranges button")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    charts.show(samples, seconds, false);
  });
}

follow({
  changed(state) {
    $("state").dataset.state = state;
    $("state").textContent = STATES[state];
  },
  heard(message) {
    if (message.type === "history") {
      samples = message.samples;
      started = message.started;
      charts.show(samples, seconds, false);
    } else {
      show(message);
    }
  },
});

function show({ sample, totals, rooms, backplane }) {
  // The newest of the history may come a second time.
  const moves = samples.at(-1)?.at !== sample.at;
  if (moves) samples.push(sample);
  if (samples.length > REMEMBERED) samples.splice(0, samples.length - REMEMBERED);

  set("up", duration(sample.at - started));
  set("connections", count(sample.connections));
  set("opened", `${count(totals.opened)} opened`);
  set("rooms", count(sample.rooms));
  set("largest", rooms.length ? `largest: ${count(rooms[0].members)} in ${rooms[0].name}` : "none open");
  set("received", rate(sample.received));
  set("received-total", `${count(totals.received)} in all, ${bytes(totals.bytes_received)}`);
  set("sent", rate(sample.sent));
  set("sent-total", `${count(totals.sent)} in all, ${bytes(totals.bytes_sent)}`);
  set("queued", bytes(sample.queued));
  set("given-up", `${count(totals.given_up)} given up`);
  set("behind", count(sample.behind));
  $("behind-tile").toggleAttribute("data-warn", sample.behind > 0);

  $("backplane-tile").hidden = !backplane;
  if (backplane) showBackplane(backplane);

  const refused = totals.broadcasts_refused ? `, ${count(totals.broadcasts_refused)} refused` : "";
  set("broadcasts", `${count(totals.broadcasts)} broadcasts${refused}`);
  closes.total(totals.closed);
  charts.show(samples, seconds, moves);
  showRooms(rooms, sample.rooms);
}

/** How this node is joined to the others. */
function showBackplane({ engine, connected, nodes, queued, lost, given_up, gaps }) {
  set("backplane-title", engine);
  set("backplane-nodes", connected ? count(nodes) : "away");
  $("backplane-tile").toggleAttribute("data-warn", !connected);
  const notes = [connected ? (nodes === 1 ? "node joined" : "nodes joined") : "the other nodes are not reached"];
  if (queued) notes.push(`${bytes(queued)} waiting`);
  if (given_up) notes.push(`${count(given_up)} given up`);
  if (lost) notes.push(`lost ${count(lost)} ×`);
  if (gaps) notes.push(`${count(gaps)} gaps`);
  set("backplane-note", notes.join(", "));
}

function set(id, text) {
  const element = $(id);
  if (element.textContent !== text) element.textContent = text;
}
