# SPDX-License-Identifier: Apache-2.0
"""An HTTP/1.1 server that does as it is told, on a thread of its own.

    with FaultServer({'/page': [Reply(503), Reply()]}) as server:
        ... server.url('/page/1') ...
        server.log_of('/page/1')

A plan is a list of replies for each path that begins with its key (the longest counts). Of every single
path the n-th request gets the n-th reply, and further ones the last. A reply may be a function of
(request, n) that makes one. Each request is logged when it is whole, with the monotonic time.
"""

import asyncio
import collections
import dataclasses
import socket
import struct
import threading
import time

OK = b'content body'


@dataclasses.dataclass
class Reply:
    """What is answered; what is not said is as it should be."""
    status: int = 200
    body: bytes = OK
    headers: tuple = ()
    # Seconds before the reply, and between its bytes (with drips_head of the head, too).
    delay: float = 0
    # A function: nothing is replied before it says so.
    until: object = None
    drip: float = 0
    drips_head: bool = False
    # The connection ends behind so many bytes of the body: in order, or by a reset.
    cut: int = None
    resets: bool = False
    # Content-Length as it is told; 'chunked': none.
    length: object = None
    # Instead of all else.
    raw: bytes = None
    hangs: bool = False
    # The connection is closed behind it; with says_so the reply tells.
    closes: bool = False


@dataclasses.dataclass
class Request:
    """What was asked for."""
    at: float
    connection: int
    method: str
    path: str
    headers: dict
    body: bytes


def reset(writer):
    """Ends a connection by RST."""
    sock = writer.get_extra_info('socket')
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    writer.transport.abort()


class FaultServer:
    """The server; see above."""

    def __init__(self, plans, tls=None, closes_every=0, port=0):
        self.plans = sorted(plans.items(), key=lambda item: -len(item[0]))
        self.tls = tls
        self.closes_every = closes_every
        self.port = port
        self.log = []
        self.n_connections = 0
        self.n_of = collections.Counter()
        self.open = set()
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        self.ready.wait()
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.stop)
        self.thread.join()

    def url(self, path, host='127.0.0.1'):
        scheme = 'https' if self.tls else 'http'
        return f'{scheme}://{host}:{self.port}{path}'

    def log_of(self, path):
        """The requests for a path, in order."""
        return [request for request in list(self.log) if request.path == path]

    def log_below(self, prefix):
        return [request for request in list(self.log) if request.path.startswith(prefix)]

    # On the thread

    def serve(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.listen())
        self.ready.set()
        self.loop.run_forever()
        self.loop.run_until_complete(self.end())
        self.loop.close()

    async def listen(self):
        # pylint: disable=attribute-defined-outside-init
        self.server = await asyncio.start_server(self.connection, '127.0.0.1', self.port,
                                                 backlog=4096, limit=2 ** 22, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]

    def stop(self):
        self.loop.stop()

    async def end(self):
        self.server.close()
        for task in asyncio.all_tasks(self.loop):
            if task is not asyncio.current_task(self.loop):
                task.cancel()
        await asyncio.sleep(0)
        for writer in list(self.open):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def connection(self, reader, writer):
        self.n_connections += 1
        number = self.n_connections
        self.open.add(writer)
        try:
            n_served = 0
            while await self.one(reader, writer, number):
                n_served += 1
                if self.closes_every and n_served % self.closes_every == 0:
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError,
                asyncio.CancelledError):
            pass
        finally:
            self.open.discard(writer)
            writer.close()

    async def read(self, reader, number):
        head = (await reader.readuntil(b'\r\n\r\n')).decode('latin-1').split('\r\n')
        method, path, _ = head[0].split(' ', 2)
        headers = {}
        for line in head[1:]:
            if ':' in line:
                name, value = line.split(':', 1)
                headers.setdefault(name.strip().lower(), value.strip())
        body = await reader.readexactly(int(headers.get('content-length', 0)))
        return Request(time.monotonic(), number, method, path, headers, body)

    def reply_to(self, request):
        n = self.n_of[request.path]
        self.n_of[request.path] += 1
        for prefix, plan in self.plans:
            if request.path.startswith(prefix):
                reply = plan[min(n, len(plan) - 1)] if isinstance(plan, list) else plan
                return reply(request, n) if callable(reply) else reply
        return Reply(404, b'no such path')

    async def one(self, reader, writer, number):
        """A request and its reply. True: the connection stays."""
        request = await self.read(reader, number)
        self.log.append(request)
        reply = self.reply_to(request)
        if reply.delay:
            await asyncio.sleep(reply.delay)
        while reply.until is not None and not reply.until():
            await asyncio.sleep(0.01)
        if reply.hangs:
            await asyncio.sleep(3600)
        if reply.raw is not None:
            writer.write(reply.raw)
            await writer.drain()
            return False
        return await self.write(writer, request, reply)

    async def write(self, writer, request, reply):
        head = [f'HTTP/1.1 {reply.status} As Planned']
        if reply.length == 'chunked':
            head.append('Transfer-Encoding: chunked')
        elif reply.status >= 200 and reply.status != 204:
            length = len(reply.body) if reply.length is None else reply.length
            head.append(f'Content-Length: {length}')
        head += [f'{name}: {value}' for name, value in reply.headers]
        head = ('\r\n'.join(head) + '\r\n\r\n').encode('latin-1')
        body = b'' if request.method == 'HEAD' else reply.body
        if reply.cut is not None:
            body = body[:reply.cut]
            if reply.cut == 0 and reply.resets:
                reset(writer)
                return False
        if reply.drip:
            await self.dribble(writer, head, body, reply)
        else:
            writer.write(head + body)
        await writer.drain()
        if reply.cut is not None:
            if reply.resets:
                await asyncio.sleep(0.02)
                reset(writer)
            return False
        return not reply.closes

    async def dribble(self, writer, head, body, reply):
        slow = head + body if reply.drips_head else body
        if not reply.drips_head:
            writer.write(head)
        for byte in slow:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(reply.drip)
