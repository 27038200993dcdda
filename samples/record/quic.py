"""QUIC v1 for the sample recording: quic.py serve CERT KEY ADDRESS | quic.py get ADDRESS SERVER_NAME."""
import asyncio
import os
import ssl
import sys

from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import StreamDataReceived

ALPN = ["h3"]


class Server(QuicConnectionProtocol):
    def quic_event_received(self, event):
        if isinstance(event, StreamDataReceived) and event.end_stream:
            self._quic.send_stream_data(event.stream_id, os.urandom(80_000), end_stream=True)
            self.transmit()


async def run_server(cert, key):
    configuration = QuicConfiguration(is_client=False, alpn_protocols=ALPN)
    configuration.load_cert_chain(cert, key)
    await serve(sys.argv[4], 443, configuration=configuration, create_protocol=Server)
    await asyncio.Event().wait()


async def get(address, name):
    configuration = QuicConfiguration(is_client=True, alpn_protocols=ALPN, server_name=name)
    configuration.verify_mode = ssl.CERT_NONE
    async with connect(address, 443, configuration=configuration) as client:
        reader, writer = await client.create_stream()
        writer.write(b"GET /stream.bin\r\n")
        writer.write_eof()
        print(len(await reader.read()), "bytes over QUIC")


if sys.argv[1] == "serve":
    asyncio.run(run_server(sys.argv[2], sys.argv[3]))
else:
    asyncio.run(get(sys.argv[2], sys.argv[3]))
