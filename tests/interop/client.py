"""A client on Python's `websockets` that does what tests/tests/interop tells it:

  python client.py OPTIONS

Commands come as lines of JSON on standard input, and what it sees leaves as lines of
JSON on standard output; payloads are in base64 in both. It ends when its connection or
its input does.
"""
import asyncio
import json
import ssl
import sys
from base64 import b64decode, b64encode

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

LONGEST_COMMAND = 64 << 20  # bytes


async def main(options):
    compression, ca = options["compression"], options["ca"]
    try:
        connection = await connect(
            options["url"],
            subprotocols=options["subprotocols"] or None,
            compression=None,
            extensions=[terms(compression)] if compression is not None else None,
            ssl=ssl.create_default_context(cafile=ca) if ca else None,
            proxy=None,
            ping_interval=None,
            max_size=None,
        )
    except (InvalidHandshake, OSError) as error:
        say("failed", error=str(error))
        say("closed", code=1006, reason="")
        return
    agreed = connection.response.headers.get("Sec-WebSocket-Extensions", "")
    say("open", subprotocol=connection.subprotocol, extensions=agreed)
    async with asyncio.TaskGroup() as tasks:
        commands = tasks.create_task(obey_all(connection))
        await tell_all(connection)
        commands.cancel()


def terms(offer):
    # What is not named is not offered, other than by default.
    return ClientPerMessageDeflateFactory(**{"client_max_window_bits": None, **offer})


async def tell_all(connection):
    try:
        while True:
            message = await connection.recv()
            if isinstance(message, str):
                say("text", data=encoded(message.encode()))
            else:
                say("binary", data=encoded(message))
    except ConnectionClosed:
        say("closed", code=connection.close_code, reason=connection.close_reason)


async def obey_all(connection):
    lines = asyncio.StreamReader(limit=LONGEST_COMMAND)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    try:
        while line := await lines.readline():
            await obey(connection, json.loads(line))
        connection.transport.abort()
    except ConnectionClosed:
        pass  # the other task tells


async def obey(connection, command):
    match command:
        case {"send": {"kind": kind, "fragments": fragments, "ping": ping}}:
            fragments = [b64decode(fragment) for fragment in fragments]
            message = fragments[0] if len(fragments) == 1 else pieces(connection, fragments, ping)
            await connection.send(message, text=kind == "text")
        case {"ping": {"data": data}}:
            await pinged(connection, b64decode(data))
        case {"close": {"code": None}}:
            await connection.close()
        case {"close": {"code": code, "reason": reason}}:
            await connection.close(code, reason)


async def pieces(connection, fragments, ping):
    for index, fragment in enumerate(fragments):
        yield fragment
        if index == 0 and ping is not None:
            await pinged(connection, b64decode(ping))


async def pinged(connection, data):
    await (await connection.ping(data))
    say("pong", data=encoded(data))


def encoded(data):
    return b64encode(data).decode()


def say(event, **details):
    print(json.dumps({"event": event, **details}), flush=True)


asyncio.run(main(json.loads(sys.argv[1])))
