// A server on npm's `ws` that does what tests/tests/interop tells it:
//
//   node server.mjs OPTIONS     with the folder of `ws` in NODE_PATH
//
// First it says on which port it listens. Commands are for its latest
// connection; it ends when its input does. See peer.mjs for what it is told and
// tells.
import { readFileSync } from "node:fs";
import { createServer as createPlain } from "node:http";
import { createServer as createSecure } from "node:https";
import { WebSocket, commands, obey, options, say, tell, terms } from "./peer.mjs";

const { port, subprotocols, insists_on, compression, identity } = options;

const pem = identity ? readFileSync(identity) : null;
const http = pem ? createSecure({ cert: pem, key: pem }) : createPlain();
const server = new WebSocket.WebSocketServer({
  server: http,
  verifyClient: ({ req }, answer) => answer(...admit(req)),
  handleProtocols: (offered) =>
    insists_on ?? subprotocols.find((known) => offered.has(known)) ?? false,
  perMessageDeflate: compression ? terms(compression) : false,
});

/** `/moved` redirects, and `/secret` is for those who say who they are. */
function admit({ url, headers }) {
  if (url === "/moved") {
    return [false, 302, "over there", { Location: "/probe" }];
  }
  if (url === "/secret" && !headers.authorization) {
    return [false, 401, "who are you?", { "WWW-Authenticate": "Basic" }];
  }
  return [true];
}

let extensions, latest;
server.on("headers", (headers) => {
  const [name, lines] = ["Sec-WebSocket-Extensions: ", headers.join("\n")];
  extensions = lines.includes(name) ? lines.split(name)[1].split("\n")[0] : "";
});
// A client that comes back at once is told of when its last connection is over.
let over = Promise.resolve();
server.on("connection", (connection) => {
  const open = { event: "open", subprotocol: connection.protocol || null, extensions };
  connection.pause();
  over.then(() => {
    latest = connection;
    say(open);
    tell(connection);
    connection.resume();
  });
  over = new Promise((resolve) => connection.once("close", resolve));
});
http.listen(port, "127.0.0.1", () => {
  say({ event: "listening", port: http.address().port });
});

commands.on("line", (line) => obey(latest, line));
commands.on("close", () => {
  http.close();
  server.clients.forEach((connection) => connection.terminate());
});
