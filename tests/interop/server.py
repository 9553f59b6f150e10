"""A server on Python's `websockets` that does what tests/tests/interop tells it:

  python server.py OPTIONS

First it says on which port it listens. Commands are for its latest connection; it ends
when its input does. See peer.py for what it is told and tells.
"""
import asyncio
import json
import ssl
import sys

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

from peer import commands, obey, say, tell_all


async def main(options):
    compression, identity = options["compression"], options["identity"]
    latest = None
    # A client that comes back at once is told of when its last connection is over.
    turn = asyncio.Lock()

    async def handle(connection):
        nonlocal latest
        async with turn:
            latest = connection
            await tell_all(connection)

    def select(_, offered):
        known = (it for it in options["subprotocols"] if it in offered)
        return options["insists_on"] or next(known, None)

    terms = [ServerPerMessageDeflateFactory(**compression)] if compression is not None else None
    async with serve(
        handle,
        "127.0.0.1",
        options["port"],
        select_subprotocol=select,
        process_request=admit,
        compression=None,
        extensions=terms,
        ssl=shown(identity) if identity else None,
        ping_interval=None,
        max_size=None,
    ) as server:
        say("listening", port=server.sockets[0].getsockname()[1])
        async for command in commands():
            try:
                await obey(latest, command)
            except ConnectionClosed:
                pass  # who tells of it is `tell_all`


def admit(connection, request):
    """`/moved` redirects, and `/secret` is for those who say who they are."""
    if request.path == "/moved":
        response = connection.respond(302, "over there")
        response.headers["Location"] = "/probe"
        return response
    if request.path == "/secret" and "Authorization" not in request.headers:
        response = connection.respond(401, "who are you?")
        response.headers["WWW-Authenticate"] = "Basic"
        return response


def shown(identity):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity)
    return context


asyncio.run(main(json.loads(sys.argv[1])))
