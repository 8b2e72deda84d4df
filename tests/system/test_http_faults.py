# SPDX-License-Identifier: Apache-2.0
"""Servers that break off, stall, lie, or send too much: no part of such a reply is ever used."""

import gzip
import socket
import threading
import time

from httptest import (OK, FaultServer, Reply, ask, clean, delivered, failures, job, numbered, one_event,
                      request)
from weirtest import ERRORS, Skip, is_sanitized, main

GARBAGE = {'/html': b'<html><body>Not now</body></html>', '/empty': b'', '/broken': b'{"x":{"y":',
           '/utf8': b'{"x":{"y":"\xff\xfe"}}', '/bom': b'\xef\xbb\xbf{"x":{"y":1}}',
           '/two': b'{"x":{"y":1}} {}'}


def only(rows):
    assert len(rows) == 1, rows
    return rows[0]


def fails(bench, events, url, cause, n, http=None, **keys):
    """One event, one error event of this cause after n attempts."""
    ask(bench, events, [request(url, **keys)], http)
    error = only(failures(bench))
    assert error['cause'] == cause and error['attempts'] == n, (cause, n, error)
    clean(bench)
    return error


def nobody_listens(bench):
    """Refused, for every method; and a host without a name."""
    events = one_event(bench)
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    for method in ('GET', 'POST', 'PATCH'):
        fails(bench, events, f'http://127.0.0.1:{port}/x', 'connect', 4, method=method)
    fails(bench, events, 'http://no-such-host.invalid/x', 'resolve', 4)


def reset_before_the_first_byte(bench):
    events = one_event(bench)
    plans = {'/reset': [Reply(cut=0, resets=True)], '/closed': [Reply(raw=b'')]}
    with FaultServer(plans) as server:
        for path in plans:
            for method in ('GET', 'POST'):
                n_before = len(server.log_of(path))
                fails(bench, events, server.url(path), 'reset', 4, method=method)
                assert len(server.log_of(path)) - n_before == 4, (path, method)


def a_broken_body_is_never_used(bench):
    """Cut, short, truncated chunks, bad chunks, bad gzip: tried again where that is allowed."""
    whole = gzip.compress(OK)
    plans = {
        '/cut': [Reply(cut=5), Reply()],
        '/reset': [Reply(cut=5, resets=True), Reply()],
        '/short': [Reply(length=100, closes=True, cut=12), Reply()],
        '/chunk': [Reply(raw=b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nconte'), Reply()],
        '/badchunk': [Reply(raw=b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\ncont'),
                      Reply()],
        '/gzip': [Reply(body=whole[:-9] + b'xxxxxxxxx', headers=(('Content-Encoding', 'gzip'),)), Reply()],
        # Content-Length agrees, and so does all that is there.
        '/gzipcut': [Reply(body=whole[:-10], headers=(('Content-Encoding', 'gzip'),)), Reply()],
        '/gziphead': [Reply(body=whole[:10], headers=(('Content-Encoding', 'gzip'),)), Reply()],
        '/nogzip': [Reply(headers=(('Content-Encoding', 'gzip'),)), Reply()],
    }
    events = numbered(bench, 70, keys=70)
    with FaultServer(plans) as server:
        for path in plans:
            accounting, http = ask(bench, events, [request(server.url(path + '/{/revision/rev_id}'))],
                                   {'retry': {'base': '1ms', 'cap': '5ms', 'budget_percent': 200},
                                    'breaker': {'failures': 0}})
            assert accounting['delivered'] == 70 and http['retries'] == 70, (path, accounting, http)
            bench.check(events)
            clean(bench)
        one = one_event(bench)
        ask(bench, one, [request(server.url('/cut/post'), method='POST')])
        assert only(failures(bench))['attempts'] == 1
        clean(bench)
        ask(bench, one, [request(server.url('/cut/again'), method='POST', idempotent=True)])
        keys = [asked.headers['idempotency-key'] for asked in server.log_of('/cut/again')]
        assert len(keys) == 2 and len(set(keys)) == 1, keys


def stale_connections_are_no_failure(bench):
    """The server closes every connection behind its tenth reply."""
    events = numbered(bench, 2000)
    with FaultServer({'/': [Reply()]}, closes_every=10) as server:
        accounting, http = ask(bench, events, [request(server.url('/{/revision/rev_id}'))],
                               {'retry': {'attempts': 1}})
        assert accounting['delivered'] == 2000 and http['retries'] == 0, (accounting, http)
        assert http['attempts'] == 2000, http
    bench.check(events)


def stalls_are_cut_off(bench):
    """Each attempt ends with its timeout, or as soon as too few bytes come."""
    events = one_event(bench)
    plans = {'/hang': [Reply(hangs=True)], '/head': [Reply(drip=0.3, drips_head=True)],
             '/body': [Reply(drip=0.3)]}
    with FaultServer(plans) as server:
        for path in plans:
            begin = time.monotonic()
            fails(bench, events, server.url(path), 'timeout', 2,
                  {'attempt_timeout': '500ms', 'retry': {'attempts': 2, 'base': '1ms', 'cap': '1ms'}})
            assert 1.0 <= time.monotonic() - begin <= 1.0 + 3 * 0.5 + 2, path
            times = [asked.at for asked in server.log_of(path)]
            # The server sees an attempt some time after it began: both together are strict, above.
            assert 0.4 <= times[1] - times[0] <= 0.5 + 3 * 0.25 + 0.5, times
        begin = time.monotonic()
        fails(bench, events, server.url('/body/slow'), 'low_speed', 1,
              {'retry': {'attempts': 1}, 'low_speed': {'bytes': '64', 'window': '500ms'}})
        assert time.monotonic() - begin < 10


def the_deadline_is_of_all_attempts(bench):
    events = one_event(bench)
    with FaultServer({'/': [Reply(503, delay=0.3)]}) as server:
        begin = time.monotonic()
        ask(bench, events, [request(server.url('/x'))],
            {'deadline': '1s', 'retry': {'attempts': 100, 'base': '200ms', 'cap': '200ms'}})
        error = only(failures(bench))
        assert error['cause'] in ('deadline', 'timeout'), error
        assert 0.5 <= time.monotonic() - begin <= 5 and error['attempts'] >= 2, error


def garbage_is_asked_for_once_more(bench):
    events = one_event(bench)
    with FaultServer({path: [Reply(body=body)] for path, body in GARBAGE.items()}) as server:
        for path, body in GARBAGE.items():
            error = fails(bench, events, server.url(path), 'garbage', 2, extract='/x/y')
            assert len(server.log_of(path)) == 2, path
            if path == '/html':
                assert error['detail'].startswith('<html><body>Not now'), error
            if path == '/utf8':
                assert '\\xff\\xfe' in error['detail'], error


def bodies_above_the_limit(bench):
    """Counted as they are decoded: a bomb of zeroes is cut at the limit, too."""
    events = one_event(bench)
    bomb = gzip.compress(b'\0' * (64 << 20))
    plans = {'/plain': [Reply(body=b'x' * (4 << 20))],
             '/bomb': [Reply(body=bomb, headers=(('Content-Encoding', 'gzip'),))],
             '/chunked': [Reply(raw=b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' +
                                b''.join(b'10000\r\n' + b'y' * 65536 + b'\r\n' for _ in range(40)))]}
    with FaultServer(plans) as server:
        for path in plans:
            fails(bench, events, server.url(path), 'body_too_large', 1, {'max_body': '1MiB'})
            assert len(server.log_of(path)) == 1, path


def encodings_that_were_not_asked_for(bench):
    events = one_event(bench)
    twice = gzip.compress(gzip.compress(b'\0' * (64 << 20)))
    plans = {'/listed': [('Content-Encoding', 'gzip, gzip')],
             '/nested': [('Content-Encoding', 'gzip'), ('Content-Encoding', 'gzip')],
             '/br': [('Content-Encoding', 'br')], '/deflate': [('Content-Encoding', 'deflate')]}
    with FaultServer({path: [Reply(body=twice, headers=headers)]
                      for path, headers in plans.items()}) as server:
        for path in plans:
            fails(bench, events, server.url(path), 'encoding', 1)
            assert server.log_of(path)[0].headers['accept-encoding'] == 'gzip'


def heads_that_are_too_much(bench):
    events = one_event(bench)
    many = b''.join(b'X-%d: y\r\n' % n for n in range(60000))
    interim = b'HTTP/1.1 103 Early Hints\r\n\r\n' * 100
    plans = {'/many': b'HTTP/1.1 200 OK\r\n' + many + b'\r\n',
             '/long': b'HTTP/1.1 200 OK\r\nX: ' + b'y' * (1 << 20) + b'\r\n\r\n',
             '/nul': b'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 12\r\n\r\ncontent body',
             '/junk': b'\x16\x03\x01\x02\x00 this is no HTTP\r\n\r\n', '/old': b'content body'}
    with FaultServer({path: [Reply(raw=raw)] for path, raw in plans.items()} |
                     {'/interim': [Reply(raw=interim + b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n'
                                         + OK)]}) as server:
        for path in plans:
            ask(bench, events, [request(server.url(path))])
            error = only(failures(bench))
            assert error['cause'] in ('headers_too_large', 'protocol'), (path, error)
            clean(bench)
        accounting, _ = ask(bench, events, [request(server.url('/interim'))])
        assert accounting['delivered'] == 1, accounting


def redirects(bench):
    """Off by default; at most three; never to another scheme than http and https, nor to link-local."""
    events = one_event(bench)
    loop = [Reply(302, headers=(('Location', '/loop'),))]
    away = {f'/away{n}': [Reply(302, headers=(('Location', place),))] for n, place in enumerate(
        ('file:///etc/passwd', 'ftp://127.0.0.1/x', 'gopher://127.0.0.1/x', '//'))}
    with FaultServer({'/here': [Reply()]}) as other:
        plans = {'/loop': loop, '/to': [Reply(307, headers=(('Location', '/here'),))], '/here': [Reply()],
                 '/other': [Reply(302, headers=(('Location', other.url('/here')),))],
                 '/meta': [Reply(302, headers=(('Location', 'http://169.254.169.254/x'),))], **away}
        with FaultServer(plans) as server:
            fails(bench, events, server.url('/to'), 'redirect', 1)
            http = {'max_redirects': 3, 'headers': {'Authorization': 'Bearer abc', 'X-Own': '1'}}
            fails(bench, events, server.url('/loop'), 'redirect', 1, http)
            assert len(server.log_of('/loop')) == 4
            for path in away:
                fails(bench, events, server.url(path), 'redirect', 1, http)
            fails(bench, events, server.url('/meta'), 'address', 1, http)
            for path in ('/to', '/other'):
                accounting, _ = ask(bench, events, [request(server.url(path))], http)
                assert accounting['delivered'] == 1, path
                clean(bench)
            assert server.log_of('/here')[-1].headers['authorization'] == 'Bearer abc'
            taken = only(other.log).headers
            assert 'authorization' not in taken and 'x-own' not in taken, taken


def a_private_address(bench):
    events = one_event(bench)
    with FaultServer({'/': [Reply()]}) as server:
        for host in ('127.0.0.1', 'localhost', '0x7f.1', '2130706433'):
            fails(bench, events, server.url('/x', host), 'address', 1, {'deny_private_addresses': True})
        assert not server.log


if __name__ == '__main__':
    main([nobody_listens, reset_before_the_first_byte, a_broken_body_is_never_used,
          stale_connections_are_no_failure, stalls_are_cut_off, the_deadline_is_of_all_attempts,
          garbage_is_asked_for_once_more, bodies_above_the_limit, encodings_that_were_not_asked_for,
          heads_that_are_too_much, redirects, a_private_address])
