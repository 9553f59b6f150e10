"""What client.py and server.py share: how they are told what to do, and tell what they see.

Commands come as lines of JSON on standard input, and what is seen leaves as lines of
JSON on standard output; payloads are in base64 in both.
"""
import asyncio
import json
import sys
from base64 import b64decode, b64encode

from websockets.exceptions import ConnectionClosed

LONGEST_COMMAND = 64 << 20  # bytes


def say(event, **details):
    print(json.dumps({"event": event, **details}), flush=True)


async def commands():
    lines = asyncio.StreamReader(limit=LONGEST_COMMAND)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        yield json.loads(line)


async def tell_all(connection):
    """Says what is seen of a connection until it is over."""
    agreed = connection.response.headers.get("Sec-WebSocket-Extensions", "")
    say("open", subprotocol=connection.subprotocol, extensions=agreed)
    try:
        while True:
            message = await connection.recv()
            if isinstance(message, str):
                say("text", data=encoded(message.encode()))
            else:
                say("binary", data=encoded(message))
    except ConnectionClosed:
        say("closed", code=connection.close_code, reason=connection.close_reason)


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
