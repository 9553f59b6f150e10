"""A client on Python's `websockets` that does what tests/tests/interop tells it:

  python client.py OPTIONS

It ends when its connection or its input does. See peer.py for what it is told and tells.
"""
import asyncio
import json
import ssl
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from peer import commands, obey, say, tell_all


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
    async with asyncio.TaskGroup() as tasks:
        obeying = tasks.create_task(obey_all(connection))
        await tell_all(connection)
        obeying.cancel()


def terms(offer):
    # What is not named is not offered, other than by default.
    return ClientPerMessageDeflateFactory(**{"client_max_window_bits": None, **offer})


async def obey_all(connection):
    try:
        async for command in commands():
            await obey(connection, command)
        connection.transport.abort()
    except ConnectionClosed:
        pass  # the other task tells


asyncio.run(main(json.loads(sys.argv[1])))
