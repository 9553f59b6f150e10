// A client on npm's `ws` that does what tests/tests/interop tells it:
//
//   node client.mjs OPTIONS     with the folder of `ws` in NODE_PATH
//
// It ends when its connection or its input does. See peer.mjs for what it is
// told and tells.
import { readFileSync } from "node:fs";
import { WebSocket, commands, obey, options, say, tell, terms } from "./peer.mjs";

const { url, subprotocols, compression, ca } = options;

const connection = new WebSocket(url, subprotocols, {
  ca: ca ? readFileSync(ca) : undefined,
  perMessageDeflate: compression ? terms(offer(compression)) : false,
});

/**
 * For `ws`, `undefined` offers the size of the window without a value, and
 * `false` not at all.
 */
function offer(parameters) {
  const bits = parameters.client_max_window_bits;
  return { ...parameters, client_max_window_bits: bits === true ? undefined : (bits ?? false) };
}

let extensions = "";
connection.on("upgrade", (response) => {
  extensions = response.headers["sec-websocket-extensions"] ?? "";
});
connection.on("open", () => {
  say({ event: "open", subprotocol: connection.protocol || null, extensions });
});
tell(connection);
connection.on("close", () => {
  commands.close();
  process.stdin.destroy();
});

commands.on("line", (line) => obey(connection, line));
commands.on("close", () => connection.terminate());
