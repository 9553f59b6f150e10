// What client.mjs and server.mjs share: how they are told what to do, and tell
// what they see.
//
// Commands come as lines of JSON on standard input, and what is seen leaves as
// lines of JSON on standard output; payloads are in base64 in both.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// An `import` would not look into NODE_PATH.
export const WebSocket = createRequire(import.meta.url)("ws");

export const options = JSON.parse(process.argv[2]);
export const commands = createInterface({ input: process.stdin });

/** What `ws` calls the parameters of RFC 7692. */
export function terms(parameters) {
  return {
    threshold: 0,
    serverNoContextTakeover: parameters.server_no_context_takeover,
    clientNoContextTakeover: parameters.client_no_context_takeover,
    serverMaxWindowBits: parameters.server_max_window_bits,
    clientMaxWindowBits: parameters.client_max_window_bits,
  };
}

export function say(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Says what is seen of a connection from now on. */
export function tell(connection) {
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
  });
}

/** Does what a line says. */
export function obey(connection, line) {
  const { send, ping, close } = JSON.parse(line);
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
