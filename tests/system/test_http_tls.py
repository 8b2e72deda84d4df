# SPDX-License-Identifier: Apache-2.0
"""Requests over TLS: what is trusted, what is not, and what is then sent; HTTP/2 and HTTP/1.1."""

import contextlib
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import warnings

from httptest import (FaultServer, Reply, adds_up, ask, clean, failures, job, numbered, one_event,
                      request)
from test_tls import certify, fronted, openssl
from weirtest import PATIENCE, Skip, main, said, wait_until

AUTHORITY = '''
[ca]
default_ca = own
[own]
database = index
serial = serial
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
'''


def authority(bench):
    """A directory with ca.pem, and server.pem for localhost that it signs."""
    if not shutil.which('openssl'):
        raise Skip('openssl is needed')
    directory = bench.path('certificates')
    if not directory.exists():
        directory.mkdir()
        certify(directory)
    return directory


def certify_for(directory, name, begin, end):
    """A certificate of the authority that is valid from begin to end."""
    for file, text in (('ca.cnf', AUTHORITY), ('index', ''), ('index.attr', ''), ('serial', '01')):
        (directory / file).write_text(text, encoding='utf-8')
    run = subprocess.run(['openssl', 'req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
                          '-nodes', '-subj', f'/CN={name}', '-addext', f'subjectAltName=DNS:{name}',
                          '-keyout', 'odd.key', '-out', 'odd.csr'],
                         cwd=directory, capture_output=True, check=False, timeout=PATIENCE)
    assert run.returncode == 0, run.stderr.decode()
    run = subprocess.run(['openssl', 'ca', '-batch', '-notext', '-config', 'ca.cnf', '-in', 'odd.csr',
                          '-out', 'odd.pem', '-startdate', begin, '-enddate', end],
                         cwd=directory, capture_output=True, check=False, timeout=PATIENCE)
    assert run.returncode == 0, run.stderr.decode()
    return 'odd'


class Handshakes:
    """A TLS server that counts connections, and what comes through them."""

    def __init__(self, context):
        self.context = context
        self.n_connections = 0
        self.received = b''
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.url = f'https://localhost:{self.listener.getsockname()[1]}'
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.n_connections += 1
            sock.settimeout(5)
            with contextlib.suppress(OSError), \
                    self.context.wrap_socket(sock, server_side=True) as secured:
                self.received += secured.recv(4096)

    def close(self):
        self.listener.close()


def context_of(directory, name='server', **attributes):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / f'{name}.pem', directory / f'{name}.key')
    for attribute, value in attributes.items():
        setattr(context, attribute, value)
    return context


def old_protocol(directory):
    context = context_of(directory)
    context.set_ciphers('ALL:@SECLEVEL=0')
    warnings.simplefilter("ignore", DeprecationWarning)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def self_signed(directory):
    openssl(directory, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
            '-keyout', 'self.key', '-out', 'self.pem')
    return 'self'


def unknown_authority(directory):
    other = directory / 'other'
    other.mkdir()
    certify(other)
    return context_of(other)


def what_is_not_trusted_gets_nothing(bench):
    """One connection, no byte of a request, no second attempt."""
    directory = authority(bench)
    events = one_event(bench)
    contexts = {
        'expired': lambda: context_of(directory, certify_for(directory, 'localhost', '20200101000000Z',
                                                             '20200201000000Z')),
        'not valid yet': lambda: context_of(directory, certify_for(
            directory, 'localhost', '20900101000000Z', '20900201000000Z')),
        'another name': lambda: context_of(directory, certify_for(
            directory, 'other.example.org', '20200101000000Z', '20900201000000Z')),
        'self-signed': lambda: context_of(directory, self_signed(directory)),
        'unknown authority': lambda: unknown_authority(directory),
        'TLS 1.1': lambda: old_protocol(directory),
    }
    for name, make in contexts.items():
        server = Handshakes(make())
        try:
            ask(bench, events, [request(server.url + '/page')],
                {'ca_file': str(directory / 'ca.pem')})
        finally:
            server.close()
        error, = failures(bench)
        assert (error['cause'], error['attempts'], error['status']) == ('tls_verify', 1, 0), (name, error)
        assert server.n_connections == 1 and server.received == b'', (name, server.__dict__)
        clean(bench)
    # The counterpart, so that it was the certificate.
    with FaultServer({'/': [Reply()]}, tls=context_of(directory)) as server:
        accounting, _ = ask(bench, events, [request(server.url('/page', host='localhost'))],
                            {'ca_file': str(directory / 'ca.pem')})
    assert accounting['delivered'] == 1, failures(bench)


def verification_is_switched_off_loudly(bench):
    directory = authority(bench)
    events = one_event(bench)
    with FaultServer({'/': [Reply()]}, tls=context_of(directory, self_signed(directory))) as server:
        config = job(bench, events, [request(server.url('/page', host='localhost'))],
                     {'insecure_skip_verify': True})
        process = bench.start('run', '--config', config)
        assert adds_up(bench.finish(process).must(0).accounting)['delivered'] == 1
    assert 'level=warning' in said(process) and 'insecure_skip_verify' in said(process), said(process)


def a_client_shows_its_certificate(bench):
    directory = authority(bench)
    openssl(directory, '-subj', '/CN=a client', '-addext', 'basicConstraints=critical,CA:FALSE',
            '-CA', 'ca.pem', '-CAkey', 'ca.key', '-keyout', 'client.key', '-out', 'client.pem')
    context = context_of(directory, verify_mode=ssl.CERT_REQUIRED)
    context.load_verify_locations(directory / 'ca.pem')
    events = one_event(bench)
    with FaultServer({'/': [Reply()]}, tls=context) as server:
        steps = [request(server.url('/page', host='localhost'))]
        trusted = {'ca_file': str(directory / 'ca.pem')}
        accounting, _ = ask(bench, events, steps, {
            **trusted, 'client_certificate': str(directory / 'client.pem'),
            'client_key': str(directory / 'client.key')})
        assert accounting['delivered'] == 1, failures(bench)
        clean(bench)
        accounting, _ = ask(bench, events, steps, {**trusted, 'retry': {'attempts': 1}})
        assert accounting['errored'] == 1, accounting


def many_requests_share_a_connection(bench):
    """HTTP/2 where the server speaks it, else HTTP/1.1 with connections that are kept."""
    events = numbered(bench, 2000, keys=2000, zipf=0)
    for is_h2, spoken in ((True, 'HTTP/2.0'), (False, 'HTTP/1.1')):
        with FaultServer({'/': [Reply()]}) as upstream, \
                fronted(bench, upstream.url(''), http2=is_h2) as front:
            ask(bench, events, [request(front.url + '/{/revision/rev_id}')],
                {'ca_file': str(front.ca_file)})
            wait_until(lambda: len(front.spoken()) == 2000, 'the log')
            assert {protocol for protocol, *_ in front.spoken()} == {spoken}, front.spoken()[:3]
        bench.check(events)
        clean(bench)
        shutil.rmtree(bench.path('front'))


def a_hanging_reply_holds_no_other_up(bench):
    """The first of all, when nothing is known of the host yet."""
    directory = authority(bench)
    events = numbered(bench, 200, keys=4000, zipf=0)
    with FaultServer({'/1.': [Reply(hangs=True)], '/': [Reply()]}, tls=context_of(directory)) as server:
        config = job(bench, events, [request(server.url('/{/revision/rev_id}.', host='localhost'))],
                     {'ca_file': str(directory / 'ca.pem')}, ordering='none')
        process = bench.start('run', '--config', config)
        wait_until(lambda: bench.n_written() == 199, 'the others')
        bench.stop(process, signal.SIGKILL)


if __name__ == '__main__':
    main([what_is_not_trusted_gets_nothing, verification_is_switched_off_loudly,
          a_client_shows_its_certificate, many_requests_share_a_connection,
          a_hanging_reply_holds_no_other_up])
