# SPDX-License-Identifier: Apache-2.0
"""SSE over TLS: an nginx in front of weir serve, as public services have one in front of theirs.

What was spoken is read from nginx's log, so that no case passes over another protocol than it names.
"""

import contextlib
import os
import shutil
import socket
import subprocess

from weirtest import PATIENCE, Skip, adds_up, main, wait_until
from test_sse import generated, n_sent_on, run_until

# Directories that nginx would otherwise look for where the system keeps them.
TEMP_PATHS = ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi')

CONFIGURATION = '''
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/error.log info;
events {{ worker_connections 1024; }}
http {{
    {temp_paths}
    log_format spoken '$server_protocol $status $sent_http_content_encoding $body_bytes_sent';
    access_log {directory}/access.log spoken;
    server {{
        listen 127.0.0.1:{port} ssl {http2};
        server_name localhost;
        ssl_certificate {directory}/server.pem;
        ssl_certificate_key {directory}/server.key;
        gzip {gzip};
        gzip_types text/event-stream;
        gzip_proxied any;
        location / {{
            proxy_pass {upstream};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
        }}
    }}
}}
'''


def openssl(directory, *arguments):
    result = subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                             'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', *arguments],
                            cwd=directory, capture_output=True, check=False, timeout=PATIENCE)
    assert result.returncode == 0, result.stderr.decode()


def certify(directory):
    """An authority of our own, and a server's certificate for the name localhost."""
    openssl(directory, '-subj', '/CN=An authority for tests', '-keyout', 'ca.key', '-out', 'ca.pem')
    openssl(directory, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
            '-addext', 'basicConstraints=critical,CA:FALSE',
            '-CA', 'ca.pem', '-CAkey', 'ca.key', '-keyout', 'server.key', '-out', 'server.pem')


class Front:
    """nginx, in a directory of its own."""

    def __init__(self, directory, port):
        self.directory = directory
        self.port = port
        self.url = f'https://localhost:{port}'
        self.ca_file = directory / 'ca.pem'

    def spoken(self):
        """(protocol, status, encoding, bytes) of each request that is over."""
        lines = (self.directory / 'access.log').read_text(encoding='utf-8').splitlines()
        return [(protocol, int(status), encoding, int(n_bytes))
                for protocol, status, encoding, n_bytes in map(str.split, lines)]

    def streams(self):
        """Those of them that brought a stream."""
        return [request for request in self.spoken() if request[1] == 200]


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as probe:
        return probe.getsockname()[1]


def listen(program, front, **settings):
    """Starts nginx on front's port; returns the process, or None when the port was taken meanwhile."""
    directory = front.directory
    temp_paths = ' '.join(f'{name}_temp_path {directory}/{name};' for name in TEMP_PATHS)
    (directory / 'nginx.conf').write_text(CONFIGURATION.format(
        directory=directory, port=front.port, temp_paths=temp_paths, **settings), encoding='utf-8')
    log = directory / 'error.log'
    process = subprocess.Popen([program, '-p', directory, '-c', directory / 'nginx.conf', '-e', log],
                               stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # Written once it listens.
    wait_until(lambda: process.poll() is not None or (directory / 'nginx.pid').exists(), 'nginx')
    if process.poll() is None:
        return process
    said = log.read_text(encoding='utf-8')
    assert 'Address already in use' in said, said
    return None


@contextlib.contextmanager
def fronted(bench, upstream, http2=True, gzip=False):
    """An nginx that hands requests on to upstream."""
    program = shutil.which('nginx', path=os.environ.get('PATH', '') + ':/usr/sbin:/sbin')
    if not program or not shutil.which('openssl'):
        raise Skip('nginx and openssl are needed')
    directory = bench.path('front')
    directory.mkdir()
    certify(directory)
    nginx = None
    while nginx is None:
        front = Front(directory, free_port())
        nginx = listen(program, front, upstream=upstream, http2='http2' if http2 else '',
                       gzip='on' if gzip else 'off')
    try:
        yield front
    finally:
        nginx.kill()
        nginx.wait()


def trusting(bench, front, url=None, **changes):
    """A configuration that knows the authority."""
    config = bench.sse_config(url or front.url, **changes)
    extra = bench.path('http.yaml')
    extra.write_text(f'http: {{ ca_file: {front.ca_file} }}\n', encoding='utf-8')
    return config, extra


def arrives(bench, protocol, server=(), gzip=False, **changes):
    """All events come out, over `protocol` alone; returns what was spoken, and the run."""
    events = generated(bench)
    with bench.serving(events, *server) as upstream, \
            fronted(bench, upstream, http2=protocol == 'HTTP/2.0', gzip=gzip) as front:
        config, extra = trusting(bench, front, **changes)
        run = run_until(bench, config, n_sent_on(events), '--config', extra)
        wait_until(front.streams, 'a word of the stream in the log')
        spoken = front.spoken()
        streams = front.streams()
    adds_up(run.accounting)
    bench.check(events)
    assert {request[0] for request in spoken} == {protocol}, spoken
    assert 'level=error' not in run.stderr, run.stderr[-2000:]
    return streams, run, events.stat().st_size


def over(protocol, gzip):
    def case(bench):
        streams, _, size = arrives(bench, protocol, gzip=gzip)
        assert {stream[2] for stream in streams} == {'gzip' if gzip else '-'}, streams
        n_sent = sum(stream[3] for stream in streams)
        assert n_sent < size / 2 if gzip else n_sent > size, (n_sent, size)
    case.__name__ = f'the whole stream over {protocol}{", compressed" if gzip else ""}'
    return case


def held_back(protocol):
    """The job is slower than the service: the transfer pauses, over and over."""
    def case(bench):
        _, run, _ = arrives(bench, protocol, gzip=True, options={'max_rate': 1500},
                            batch={'max_events': 16})
        assert run.accounting['seconds'] > 1, run.accounting
    case.__name__ = f'a stream that is held back over {protocol}'
    return case


def cut(protocol):
    """A stream that is reset is the service's normal life."""
    def case(bench):
        streams, _, _ = arrives(bench, protocol, server=('--cut-after', '700'))
        assert len(streams) > 3, streams
    case.__name__ = f'a stream that is cut over {protocol}'
    return case


def refused(bench, run, front, word):
    """The run ended because of the certificate, after a few attempts, and no request was sent."""
    run.must(69)
    assert adds_up(run.accounting)['read'] == 0
    last = run.stderr.rstrip('\n').split('\n')[-2]
    assert 'level=error' in last and 'certificate' in last and word in last, last
    # Back-off: hardly one a second.
    n_attempts = len(run.log_fields('no stream, trying again'))
    assert 1 <= n_attempts <= 10, (n_attempts, run.stderr[-3000:])
    assert front.spoken() == [], front.spoken()


def authority_that_is_not_known(bench):
    with bench.serving(generated(bench, events=10)) as upstream, \
            fronted(bench, upstream) as front:
        run = bench.run(bench.sse_config(front.url, startup_timeout='2s'))
        refused(bench, run, front, 'issuer')


def certificate_of_another_name(bench):
    with bench.serving(generated(bench, events=10)) as upstream, \
            fronted(bench, upstream) as front:
        config, extra = trusting(bench, front, url=f'https://127.0.0.1:{front.port}',
                                 startup_timeout='2s')
        run = bench.run(config, '--config', extra)
        refused(bench, run, front, '127.0.0.1')


def ca_file_that_is_not_there(bench):
    """A mistake in the configuration, which no patience mends."""
    config = bench.sse_config('https://localhost:9', startup_timeout='10s')
    run = bench.run(config, '--set', f'http.ca_file={bench.path("no.pem")}').must(78)
    assert 'no.pem' in run.stderr and 'ca_file' in run.stderr, run.stderr
    assert run.seconds < 5, run.seconds


if __name__ == '__main__':
    main([over('HTTP/2.0', False), over('HTTP/1.1', False), over('HTTP/2.0', True),
          over('HTTP/1.1', True), held_back('HTTP/2.0'), held_back('HTTP/1.1'), cut('HTTP/2.0'),
          cut('HTTP/1.1'), authority_that_is_not_known, certificate_of_another_name,
          ca_file_that_is_not_there])
