# SPDX-License-Identifier: Apache-2.0
"""Requests whose parts come from events, and secrets: where they go, and where they must not."""

import json
import random
import signal
import urllib.parse

from httptest import (FaultServer, Reply, adds_up, ask, clean, delivered, failures, job,
                      numbered, one_event, request)
from weirtest import ERRORS, main, said, wait_until

HOSTILE = ['@evil.example', '#fragment', '?query=1', '//evil.example/', '/../../etc/passwd', '..', '.',
           '%2f%2e%2e', '%0d%0aX-Injected: 1', '\r\nX-Injected: 1', '\nHost: evil.example', '\0', 'a\0b',
           '[::1]', '0x7f000001', '0177.0.0.1', '2130706433', 'http://evil.example/', ':80', ' ', '\t',
           '\\\\evil.example\\', 'ü', '🚂', '\u2028', '\ufeff', '"', "'", '<>', '{/wiki_id}', '${HOME}', '&a=b',
           ';', '+', '=', '%', '%%', '%zz', '', 'a' * 2000]


def hostile_values():
    chance = random.Random(3)
    return HOSTILE + [''.join(chance.choice(HOSTILE) for _ in range(3))[:3000]
                      for _ in range(200 - len(HOSTILE))]


def events_with(bench, values):
    """An event for each value, which stands in its title."""
    event = json.loads(one_event(bench, name='one.ndjson').read_bytes())
    lines = []
    for number, value in enumerate(values):
        event['page'].update(page_id=number, page_title=value)
        event['revision']['rev_id'] = number
        lines.append(json.dumps(event))
    path = bench.path('hostile.ndjson')
    path.write_text('\n'.join(lines) + '\n', encoding='utf-8')
    return path


def fields_stay_in_their_place(bench):
    """In path and query: the configured host is asked, and gets the value whole."""
    values = hostile_values()
    with FaultServer({'/': [Reply()]}) as server, FaultServer({'/': [Reply()]}) as other:
        events = events_with(bench, values)
        # Host names resolve to it, too, so that nobody else would be asked.
        url = server.url('/p/{/revision/rev_id}/{/page/page_title}/end?q={/page/page_title}&n=1')
        accounting, _ = ask(bench, events, [request(url)], {'retry': {'attempts': 1}})
        assert accounting['read'] == len(values) and not other.log
        seen = {}
        for asked in server.log:
            parts = urllib.parse.urlsplit(asked.path)
            n = int(parts.path.split('/')[2])
            seen[n] = (asked, parts)
            assert asked.headers['host'] == f'127.0.0.1:{server.port}', asked
            assert 'x-injected' not in asked.headers, asked
            assert asked.method == 'GET' and parts.path.startswith('/p/'), asked
            query = urllib.parse.parse_qs(parts.query, keep_blank_values=True, errors='strict')
            assert query['q'] == [values[n]] and query['n'] == ['1'], (values[n], asked.path)
            # Dots alone in a part of a path would lead elsewhere: they are refused before.
            middle = parts.path[len(f'/p/{n}/'):-len('/end')]
            assert urllib.parse.unquote(middle, errors='strict') == values[n], (values[n], asked.path)
        refused = {json.loads(json.loads(line)['raw_event'])['revision']['rev_id']
                   for line in bench.lines(ERRORS)}
        assert set(seen) | refused == set(range(len(values))), (sorted(seen), refused)
        assert all(values[n] in ('.', '..', '') for n in refused), [values[n] for n in refused]


def no_header_is_injected(bench):
    """A line break in a value is an error event; nothing is asked."""
    breaks = ['\r\n', '\n', '\r', '\0', '\r\nX-Injected: 1\r\n', '\n\n', 'a\nX-Injected: 1', '\0X-Injected: 1']
    values = [start + middle + end for start in ('', 'a') for middle in breaks for end in ('', 'b', ': c')]
    values += ['plain', 'with spaces', 'X-Injected: 1']
    with FaultServer({'/': [Reply()]}) as server:
        events = events_with(bench, values)
        step = request(server.url('/{/revision/rev_id}'), headers={'X-Title': '{/page/page_title}'})
        accounting, _ = ask(bench, events, [step])
        assert (accounting['delivered'], accounting['errored']) == (3, len(values) - 3), accounting
        assert sorted(asked.headers['x-title'] for asked in server.log) == sorted(values[-3:])
        assert all('x-injected' not in asked.headers for asked in server.log)


def a_host_from_an_event_is_on_the_list(bench):
    events = events_with(bench, ['en.localhost', 'evil.example', 'xlocalhost', 'localhost.evil.example',
                                 'en.localhost@evil.example', 'evil.example/en.localhost'])
    with FaultServer({'/': [Reply()]}) as server:
        url = f'http://{{/page/page_title}}:{server.port}/'
        accounting, _ = ask(bench, events, [request(url, hosts=['*.localhost'])],
                            {'retry': {'attempts': 1}})
        assert (accounting['delivered'], accounting['errored']) == (1, 5), (accounting, failures(bench))
        assert [asked.headers['host'] for asked in server.log] == [f'en.localhost:{server.port}']


def a_wiki_from_an_event_is_on_the_list(bench):
    """page_content at an endpoint that names the wiki; two events of one wiki share a request."""
    domains = ['en.localhost', 'evil.example', 'en.localhost', 'xlocalhost', 'localhost.evil.example',
               'de.localhost', 'en.localhost:80']
    events = events_with(bench, domains)
    lines = [json.loads(line) for line in events.read_text(encoding='utf-8').splitlines()]
    for event, domain in zip(lines, domains):
        event['meta']['domain'] = domain
    events.write_text(''.join(json.dumps(event) + '\n' for event in lines), encoding='utf-8')

    def revisions(asked, _):
        keys = urllib.parse.parse_qs(urllib.parse.urlsplit(asked.path).query)['revids'][0].split('|')
        slot = {'contentmodel': 'wikitext', 'contentformat': 'text/x-wiki'}
        pages = [{'pageid': int(key), 'revisions': [
            {'revid': int(key), 'slots': {'main': {**slot, 'content': f'text {key}'}}}]} for key in keys]
        return Reply(200, json.dumps({'batchcomplete': True, 'query': {'pages': pages}}).encode())
    with FaultServer({'/w/api.php': revisions}) as server:
        step = {'page_content': {'endpoint': f'http://{{/meta/domain}}:{server.port}/w/api.php',
                                 'hosts': ['*.localhost'], 'linger': '100ms'}}
        accounting, _ = ask(bench, events, [step], {'retry': {'attempts': 1}})
        assert (accounting['delivered'], accounting['errored']) == (3, 4), (accounting, bench.lines(ERRORS))
        assert sorted(asked.headers['host'] for asked in server.log) == ['de.localhost', 'en.localhost']
    bodies = {event['revision']['rev_id']: event['revision']['content_slots']['main']['content_body']
              for event in delivered(bench)}
    assert bodies == {number: f'text {number}' for number in (0, 2, 5)}, bodies


CANARY = 'canary-4f9d2c81'


def secrets_stay_secret(bench):
    """Through faults of all kinds, at debug level: in no log, error event, report or printed configuration."""
    events = numbered(bench, 40)
    secret = bench.path('token')
    secret.write_text(f'Bearer {CANARY}', encoding='ascii')
    secret.chmod(0o600)
    plans = [[Reply(500)], [Reply(404)], [Reply(cut=3)], [Reply(raw=b'junk\r\n\r\n')], [Reply()],
             [Reply(body=b'x' * 3000000)], [Reply(302, headers=(('Location', f'/?token={CANARY}'),))]]
    with FaultServer({'/': lambda asked, n: plans[hash(asked.path) % len(plans)][0]}) as server:
        url = server.url('/{/revision/rev_id}?token=' + CANARY).replace('//', f'//user:{CANARY}@')
        for step in (request(url.replace(f'user:{CANARY}@', '')), request(url)):
            config = job(bench, events, [step], {
                'max_body': '1MiB', 'headers': {'Authorization': f'file:{secret}'},
                'retry': {'base': '1ms', 'attempts': 2}, 'breaker': {'failures': 0}})
            process = bench.start('run', '--config', config, '--log-level', 'debug', '--report',
                                  bench.path('report.json'), env={'WEIR_HTTP__USER_AGENT': 'test'})
            run = bench.finish(process)
            if run.code == 0:
                assert adds_up(run.accounting)['errored'] > 5, run.accounting
                assert any(asked.headers.get('authorization') == f'Bearer {CANARY}'
                           for asked in server.log)
                assert CANARY not in bench.path('report.json').read_text(encoding='utf-8')
            assert CANARY not in said(process), said(process)[:3000]
            for line in bench.lines(ERRORS):
                assert CANARY.encode() not in line, line
            printed = bench.call('check', '--config', config, '--print-config')
            assert f'Bearer {CANARY}' not in printed.stdout + printed.stderr, printed.stdout
            clean(bench)


def a_healthy_host_keeps_its_rate(bench):
    """Beside one that hangs, resets and fails: at least nine tenths of what it does alone."""
    n = 3000
    events = numbered(bench, n, keys=4 * n, zipf=0)
    faults = [Reply(503), Reply(cut=0, resets=True), Reply(hangs=True), Reply(404), Reply(cut=3)]

    def spread(server):
        times = sorted(asked.at for asked in server.log)
        return times[-1] - times[0]

    def run(well, ill):
        """Half of the events ask the one, half the other."""
        with open(events, 'rb') as lines:
            changed = [json.loads(line) for line in lines]
        for number, event in enumerate(changed):
            event['meta']['domain'] = ('well.example', 'ill.example')[number % 2]
        path = bench.path('halves.ndjson')
        path.write_text(''.join(json.dumps(event) + '\n' for event in changed), encoding='utf-8')
        step = request('http://{/meta/domain}/{/revision/rev_id}', hosts=['well.example', 'ill.example'])
        # The events of the ill host are parked by its breaker, for as long as it is ill.
        config = job(bench, path, [step], {
            'routes': {'http://well.example': well.url(''), 'http://ill.example': ill.url('')},
            'attempt_timeout': '500ms', 'retry': {'base': '5ms', 'attempts': 2, 'missing_age': '0s'},
            'breaker': {'failures': 20}, 'limits': {'rate': 500}}, max_in_flight=20000, ordering='none')
        process = bench.start('run', '--config', config)
        wait_until(lambda: len(well.log) == n / 2 and bench.n_written() >= n / 2, 'the healthy half')
        bench.stop(process, signal.SIGKILL)
        return spread(well)

    with FaultServer({'/': [Reply()]}) as well, FaultServer({'/': [Reply()]}) as other:
        alone = run(well, other)
    clean(bench)
    with FaultServer({'/': [Reply()]}) as well, \
            FaultServer({'/': lambda asked, n: faults[int(asked.path[1:]) % len(faults)]}) as ill:
        beside = run(well, ill)
    assert beside <= alone / 0.9, (alone, beside)
    return f'{alone:.2f} s alone, {beside:.2f} s beside'


if __name__ == '__main__':
    main([fields_stay_in_their_place, no_header_is_injected, a_host_from_an_event_is_on_the_list,
          a_wiki_from_an_event_is_on_the_list,
          secrets_stay_secret, a_healthy_host_keeps_its_rate])
