# SPDX-License-Identifier: Apache-2.0
"""The platform's schema repository and EventStreamConfig API in one server, with faults on order."""

import contextlib
import http.server
import json
import threading
import urllib.parse


class Platform:
    """Serves .files (path to body) and .streams (name to settings); .faults come first, in order.

    A fault is a function of the handler that answers for it; .faults maps a path's beginning to a
    list of them, of which each is used once. .requests keeps (host, path, user agent).
    """

    def __init__(self):
        self.files = {}
        self.streams = {}
        self.faults = {}
        self.requests = []
        self.ending = threading.Event()
        platform = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One request."""

            def do_GET(self):
                platform.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.url = f'http://127.0.0.1:{self.server.server_address[1]}'
        self.thread = threading.Thread(target=self.server.serve_forever,
                                       kwargs={'poll_interval': 0.02})

    @property
    def api(self):
        return self.url + '/w/api.php'

    def base(self, name='repo'):
        return f'{self.url}/{name}'

    @property
    def paths(self):
        return [path for _, path, _ in self.requests]

    def put(self, title, version, schema, base='repo', suffix=''):
        self.files[f'/{base}/{title}/{version}{suffix}'] = schema

    def answer(self, handler):
        self.requests.append((handler.headers['Host'], handler.path, handler.headers['User-Agent']))
        for start, faults in self.faults.items():
            if handler.path.startswith(start) and faults:
                faults.pop(0)(handler)
                return
        url = urllib.parse.urlsplit(handler.path)
        if url.path == '/w/api.php':
            asked = urllib.parse.parse_qs(url.query, strict_parsing=True)
            assert asked['action'] == ['streamconfigs'] and asked['format'] == ['json'], asked
            names = asked['streams'][0].split('|')
            known = {name: value for name, value in self.streams.items()
                     if name in names or name.startswith('/')}
            # As PHP does, an empty map is an empty list.
            send(handler, 200, json.dumps({'streams': known or []}))
        elif url.path in self.files:
            send(handler, 200, self.files[url.path])
        else:
            send(handler, 404, 'not here')

    def hang(self, _handler):
        """A fault: no reply, until the test is over."""
        self.ending.wait(60)


def send(handler, status, body, **headers):
    data = body.encode()
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace('_', '-'), value)
    handler.send_header('Content-Length', str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def status(code, **headers):
    """A fault: a reply of this status."""
    return lambda handler: send(handler, code, 'fault', **headers)


def says(body):
    """A fault: this body instead."""
    return lambda handler: send(handler, 200, body)


@contextlib.contextmanager
def serving():
    platform = Platform()
    platform.thread.start()
    try:
        yield platform
    finally:
        platform.ending.set()
        platform.server.shutdown()
        platform.server.server_close()
        platform.thread.join()
