// The way to the server: hears of every second, and tries again when it is gone.

const AGAIN_AFTER = 1_000;
// The server speaks every second; a network that is dead says nothing at all.
const SILENCE = 5_000;

/** Calls `heard(message)`, and `changed(state)` with connecting, open or waiting. */
export function follow({ heard, changed }) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}/admin/feed`);
  let silence = null;
  const listen = () => {
    clearTimeout(silence);
    silence = setTimeout(end, SILENCE);
  };
  const end = () => {
    clearTimeout(silence);
    socket.onmessage = socket.onclose = null;
    socket.close();
    changed("waiting");
    setTimeout(() => follow({ heard, changed }), AGAIN_AFTER);
  };
  socket.onopen = () => changed("open");
  socket.onmessage = (event) => {
    listen();
    heard(JSON.parse(event.data));
  };
  socket.onclose = end;
  listen();
}
