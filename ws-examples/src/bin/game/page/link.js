// The way to the game: tries again when it is lost.

const AGAIN_AFTER = 800;
const BUSY = 1013;

/** Calls `text(message)`, `bytes(view)` and `changed(state, why)`; gives `send`. */
export function link({ game, name }, { text, bytes, changed }) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const query = `game=${encodeURIComponent(game)}&name=${encodeURIComponent(name)}`;
  let socket = null;
  const connect = () => {
    socket = new WebSocket(`${scheme}//${location.host}/ws?${query}`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => changed("open");
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") text(JSON.parse(data));
      else bytes(new DataView(data));
    };
    socket.onclose = ({ code, reason }) => {
      changed("waiting", code === BUSY ? reason : "");
      setTimeout(connect, AGAIN_AFTER);
    };
  };
  // A page that is left may be kept for a while, and its player must not be.
  addEventListener("pagehide", () => socket.close());
  changed("connecting");
  connect();
  return (data) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(data);
  };
}
