// The game's page: who plays, how long still, and the field.

import { Field } from "./canvas.js";
import { link } from "./link.js";
import { steer } from "./steering.js";

const TICKS = 20;
const WHOLE = 0;
const STATES = { connecting: "Connecting", open: "Playing", waiting: "Connection lost, trying again" };
const $ = (id) => document.getElementById(id);

const query = new URLSearchParams(location.search);
if (query.get("name") && query.get("game")) {
  play({ name: query.get("name"), game: query.get("game") });
} else {
  $("name").value = query.get("name") ?? "";
  $("game").value = query.get("game") ?? "meadow";
  $("join-view").hidden = false;
  $("name").focus();
  $("join").addEventListener("submit", (event) => {
    event.preventDefault();
    const [name, game] = [$("name").value.trim(), $("game").value.trim()];
    if (!name || !game) return;
    history.replaceState(null, "", `?${new URLSearchParams({ game, name })}`);
    $("join-view").hidden = true;
    play({ name, game });
  });
}

function play({ name, game }) {
  $("game-view").hidden = false;
  $("title").textContent = game;
  const field = new Field($("canvas"));
  let players = [];
  let you = null;

  const heard = {
    you(message) {
      you = message.slot;
      $("mishap").hidden = !message.mishaps;
      field.begin(message);
    },
    players(message) {
      players = message.players;
      field.name(players);
      list(players, you);
    },
    over({ slot }) {
      const winner = players.find((player) => player.slot === slot);
      if (winner) note(winner.slot === you ? "You win!" : `${winner.name} wins`, 5000);
    },
    anew() {
      note("The game's actor panicked. It begins anew.", 4000);
    },
  };
  const send = link({ game, name }, {
    text: (message) => heard[message.type]?.(message),
    bytes(view) {
      if (view.getUint8(0) === WHOLE) field.whole(view);
      else clock(field.tick(view));
      shares(field);
    },
    changed(state, why) {
      $("state").dataset.state = state;
      $("state").textContent = why || STATES[state];
    },
  });
  steer($("canvas"), { go: (byte) => send(new Uint8Array([byte])), vector: (event) => field.vector(event) });
  $("mishap").addEventListener("click", () => send("panic, please"));
}

function list(players, you) {
  const items = players.map(({ slot, name }) => {
    const item = document.createElement("li");
    item.className = `slot-${slot}`;
    item.classList.toggle("you", slot === you);
    item.dataset.slot = slot;
    const [pot, who, share] = ["i", "span", "span"].map((kind) => document.createElement(kind));
    who.className = "name";
    who.textContent = name;
    share.className = "share";
    item.append(pot, who, share);
    return item;
  });
  $("players").replaceChildren(...items);
}

function shares(field) {
  for (const item of $("players").children) {
    const text = `${Math.floor(field.share(Number(item.dataset.slot)) * 100)} %`;
    if (item.lastChild.textContent !== text) item.lastChild.textContent = text;
  }
}

function clock(ticks) {
  const seconds = Math.ceil(ticks / TICKS);
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if ($("clock").textContent !== text) $("clock").textContent = text;
}

let fading = null;

function note(text, lasts) {
  clearTimeout(fading);
  $("note").textContent = text;
  $("note").hidden = false;
  fading = setTimeout(() => ($("note").hidden = true), lasts);
}
