// The echo server and the room on npm's `ws`, with the native module that it
// takes if it finds it.
//
//   node server.mjs [--room]     with the folder of `ws` in NODE_PATH
import { createServer } from "node:http";
import { createRequire } from "node:module";

// An `import` would not look into NODE_PATH.
const { WebSocket, WebSocketServer } = createRequire(import.meta.url)("ws");

const room = process.argv.includes("--room");
const http = createServer({ noDelay: true });
const server = new WebSocketServer({ server: http, perMessageDeflate: false });

server.on("connection", (connection) => {
  connection.on("error", () => {});
  connection.on("message", (message, isBinary) => {
    if (!room) {
      connection.send(message, { binary: isBinary });
      return;
    }
    for (const member of server.clients) {
      if (member.readyState === WebSocket.OPEN) {
        member.send(message, { binary: isBinary });
      }
    }
  });
});
http.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => {
  console.log(`listening on ws://127.0.0.1:${http.address().port}/`);
});
