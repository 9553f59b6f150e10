// A client on npm's `ws` that does what tests/tests/interop tells it:
//
//   node client.mjs OPTIONS     with the folder of `ws` in NODE_PATH
//
// Commands come as lines of JSON on standard input, and what it sees leaves as
// lines of JSON on standard output; payloads are in base64 in both. It ends
// when its connection or its input does.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// An `import` would not look into NODE_PATH.
const WebSocket = createRequire(import.meta.url)("ws");

const { url, subprotocols, compression, ca } = JSON.parse(process.argv[2]);

const connection = new WebSocket(url, subprotocols, {
  ca: ca ? readFileSync(ca) : undefined,
  perMessageDeflate: compression ? terms(compression) : false,
});
const commands = createInterface({ input: process.stdin });

/** What `ws` calls the parameters of RFC 7692. */
function terms(offer) {
  return {
    threshold: 0,
    serverNoContextTakeover: offer.server_no_context_takeover,
    clientNoContextTakeover: offer.client_no_context_takeover,
    serverMaxWindowBits: offer.server_max_window_bits,
    clientMaxWindowBits: clientWindow(offer.client_max_window_bits),
  };
}

/** `true` offers the parameter without a value, and `undefined` not at all. */
function clientWindow(bits) {
  return bits === true ? undefined : (bits ?? false);
}

function say(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function obey({ send, ping, close }) {
  if (send) {
    const options = { binary: send.kind === "binary" };
    send.fragments.forEach((fragment, index) => {
      const fin = index === send.fragments.length - 1;
      connection.send(Buffer.from(fragment, "base64"), { ...options, fin });
      if (index === 0 && send.ping !== null) {
        connection.ping(Buffer.from(send.ping, "base64"));
      }
    });
  } else if (ping) {
    connection.ping(Buffer.from(ping.data, "base64"));
  } else if (close.code === null) {
    connection.close();
  } else {
    connection.close(close.code, close.reason);
  }
}

let extensions = "";
connection.on("upgrade", (response) => {
  extensions = response.headers["sec-websocket-extensions"] ?? "";
});
connection.on("open", () => {
  say({ event: "open", subprotocol: connection.protocol || null, extensions });
});
connection.on("message", (data, isBinary) => {
  say({ event: isBinary ? "binary" : "text", data: data.toString("base64") });
});
connection.on("pong", (data) => {
  say({ event: "pong", data: data.toString("base64") });
});
connection.on("error", (error) => {
  say({ event: "failed", error: error.message });
});
connection.on("close", (code, reason) => {
  say({ event: "closed", code, reason: reason.toString() });
  commands.close();
  process.stdin.destroy();
});

commands.on("line", (line) => obey(JSON.parse(line)));
commands.on("close", () => connection.terminate());
