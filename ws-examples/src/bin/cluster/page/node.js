// A node: how it is, who is there, what can be done to it, and a chat that began on it.

import { button, element, plural, set } from "./element.js";

const LIFE = { starting: "starting", running: "alive", stopping: "stopping", stopped: "gone" };
// What people on the chats are called.
const NAMES = ["Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hedy", "Ivo"];

export class Node {
  card = element("article", "card node");
  #state = element("p", "life");
  #address = element("a", "address");
  #figures = element("p", "soft figures");
  #backplane = element("p", "soft");
  #rooms = element("ul", "rooms");
  #buttons = {};
  #chat = null;
  #number;

  /** @param order called with what to do: {type: "node", node, act} */
  constructor({ number, origin }, order) {
    this.#number = number;
    const act = (label, act, title) => {
      const made = button(label, title, () => order({ type: "node", node: number, act }));
      this.#buttons[act] = made;
      return made;
    };
    const head = element("header", "head");
    head.append(element("h2", "", `Node ${number}`), this.#state, this.#address);
    this.#address.href = `${origin}/?room=lobby`;
    this.#address.target = "_blank";
    this.#address.rel = "noopener";
    this.#address.textContent = new URL(origin).host;
    const acts = element("div", "acts");
    acts.setAttribute("role", "group");
    acts.setAttribute("aria-label", `Node ${number}`);
    acts.append(
      act("Kill", "kill", "kill -9: it has no time to say good-bye"),
      act("Stop", "stop", "It sends its pages elsewhere, and ends"),
      act("Start", "start", "Start it again"),
    );
    const facts = element("div", "facts");
    facts.append(this.#figures, this.#backplane, this.#rooms);
    this.card.append(head, acts, facts);
  }

  show({ origin, state, process, figures }) {
    const alive = state === "running";
    this.card.dataset.state = state;
    this.#state.dataset.life = state;
    set(this.#state, LIFE[state] ?? state);
    this.#state.title = process ? `process ${process}` : "";
    this.#buttons.kill.hidden = state === "stopped";
    this.#buttons.stop.hidden = !alive;
    this.#buttons.start.hidden = state !== "stopped";
    this.#showFigures(alive ? figures : null);
    if (alive) this.#showChat(origin);
  }

  #showFigures(figures) {
    if (!figures) {
      set(this.#figures, "");
      set(this.#backplane, "");
      this.#rooms.replaceChildren();
      return;
    }
    const { sample, rooms, backplane } = figures;
    set(this.#figures, `${plural(sample.connections, "connection", "connections")}, ${sample.received}/s in, ${sample.sent}/s out`);
    set(this.#backplane, backplane?.connected ? `joined with ${plural(backplane.nodes - 1, "other", "others")}` : "backplane away");
    this.#backplane.classList.toggle("warn", !backplane?.connected);
    if (backplane?.queued) set(this.#backplane, `${this.#backplane.textContent}, ${backplane.queued} bytes wait`);
    while (this.#rooms.children.length > rooms.length) this.#rooms.lastChild.remove();
    while (this.#rooms.children.length < rooms.length) this.#rooms.append(element("li"));
    rooms.forEach(({ name, here, members }, place) => {
      set(this.#rooms.children[place], `#${name} ${here} here, ${members} in all`);
    });
  }

  /** Once: it lives on when the node dies, on another. */
  #showChat(origin) {
    if (this.#chat) return;
    const name = NAMES[(this.#number - 1) % NAMES.length];
    this.#chat = element("iframe", "chat");
    this.#chat.title = `Chat of ${name}, begun on node ${this.#number}`;
    this.#chat.src = `${origin}/?room=lobby&name=${name}`;
    this.card.append(this.#chat);
  }
}
