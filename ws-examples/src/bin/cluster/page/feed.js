// The way to the program: hears how things stand, says what is to be done, tries again.

const AGAIN_AFTER = 1_000;

export class Feed {
  #socket = null;
  #listener;

  /** Calls `heard(message)`, and `changed(state)` with connecting, open or waiting. */
  constructor(listener) {
    this.#listener = listener;
    this.#open();
  }

  order(order) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(order));
  }

  #open() {
    const { heard, changed } = this.#listener;
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/feed`);
    socket.onopen = () => changed("open");
    socket.onmessage = (event) => event.data && heard(JSON.parse(event.data));
    socket.onclose = () => {
      changed("waiting");
      setTimeout(() => this.#open(), AGAIN_AFTER);
    };
    this.#socket = socket;
  }
}
