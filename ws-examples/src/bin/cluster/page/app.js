// The nodes and what joins them, as they are now, and buttons to break them.

import { button, element, set } from "./element.js";
import { Feed } from "./feed.js";
import { Node } from "./node.js";

const STATES = { connecting: "Connecting", open: "Live", waiting: "The program is gone, trying again" };
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const $ = (id) => document.getElementById(id);

const nodes = new Map();
const feed = new Feed({
  changed(state) {
    $("state").dataset.state = state;
    $("state").textContent = STATES[state];
    document.body.classList.toggle("alone", state !== "open");
  },
  heard(message) {
    if (message.type === "view") show(message);
  },
});
const order = (what) => feed.order(what);

const acts = {};
for (const [act, label, title] of [
  ["pause", "Pause", "It answers nobody, but its connections stay open"],
  ["resume", "Resume", "Have it go on"],
  ["kill", "Kill", "kill -9: what it has on disk stays"],
  ["start", "Start", "Start it again, with what it has kept"],
]) {
  acts[act] = button(label, title, () => order({ type: "backplane", act }));
  $("bus-acts").append(acts[act]);
}

function show({ backplane, nodes: views, events }) {
  showBackplane(backplane, views);
  for (const view of views) {
    if (!nodes.has(view.number)) {
      const node = new Node(view, order);
      nodes.set(view.number, node);
      $("nodes").append(node.card);
    }
    nodes.get(view.number).show(view);
  }
  showEvents(events);
}

function showBackplane({ name, address, own, state }, views) {
  const alive = views.filter((view) => view.state === "running");
  const joined = alive.filter((view) => view.figures?.backplane?.connected);
  set($("bus-name"), name || "Backplane");
  set($("bus-address"), address);
  const life = state === "given" ? (joined.length ? "running" : "stopped") : state;
  $("bus-state").dataset.life = life;
  set($("bus-state"), { running: "alive", paused: "paused", stopped: "gone" }[life] ?? "…");
  set($("bus-joined"), `joins ${joined.length} of ${views.length} nodes`);
  acts.pause.hidden = !own || state !== "running";
  acts.resume.hidden = !own || state !== "paused";
  acts.kill.hidden = !own || state === "stopped";
  acts.start.hidden = !own || state !== "stopped";
}

/** The newest first. */
function showEvents(events) {
  const rows = [...events].reverse().map(({ at, text }) => {
    const row = element("li");
    row.append(element("time", "soft", clock.format(at)), " ", text);
    return row;
  });
  const shown = [...$("events").children].map((row) => row.textContent).join("\n");
  if (shown !== rows.map((row) => row.textContent).join("\n")) $("events").replaceChildren(...rows);
}
