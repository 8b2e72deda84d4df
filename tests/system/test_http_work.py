# SPDX-License-Identifier: Apache-2.0
"""Many events at once: order, neighbours, memory, a crash in the middle, and everything that can fail at
the same time. Each event comes out exactly once, each key in order, whatever happens to its requests."""

import collections
import gzip
import json
import os
import random
import signal
import time

from httptest import (BODY, OK, QUICK, FaultServer, Reply, ask, clean, delivered, job, numbered,
                      request)
from weirtest import FULL, adds_up, is_sanitized, main, said, wait_until

# Of the kills of test_kill_requests; the whole number in the full run.
KILLS = 50 if FULL else 20


def random_delays(seed=1, longest=0.05):
    chance = random.Random(seed)
    return lambda asked, n: Reply(delay=chance.uniform(0, longest))


def keys_keep_their_order(bench):
    """Random delays and failures: each key in order, others pass freely."""
    events = numbered(bench, 3000, keys=100, zipf=1.3)
    chance = random.Random(7)

    def flaky(asked, n):
        if n < 2 and chance.random() < 0.2:
            return Reply(503)
        return Reply(delay=chance.uniform(0, 0.02))
    for ordering in ('key', 'source', 'none'):
        with FaultServer({'/': flaky}) as server:
            accounting, http = ask(bench, events, [request(server.url('/{/revision/rev_id}'))],
                                   {'retry': {'base': '1ms', 'cap': '20ms', 'budget_percent': 200}},
                                   ordering=ordering)
        assert accounting['delivered'] == 3000 and http['retries'] > 300, (accounting, http)
        counts, _, text = bench.compare(events)
        assert counts['missing'] == counts['doubled'] == counts['changed'] == 0, text
        if ordering != 'none':
            assert counts['out_of_order'] == 0, (ordering, counts)
        if ordering == 'source':
            written = [json.loads(line)['revision']['rev_id'] for line in bench.lines()]
            asked = [json.loads(line)['revision']['rev_id'] for line in open(events, 'rb')]
            assert written == asked
        clean(bench)


def one_slow_page_delays_no_other(bench):
    """Nor the checkpoint of what is done: killed while it waits, the rest is not read again."""
    events = numbered(bench, 400, keys=400)
    # One whose page comes once: what follows it of its own page has to wait.
    pages = collections.Counter(page_of(event) for event in source(events))
    slow = next(event['revision']['rev_id'] for event in source(events) if pages[page_of(event)] == 1)
    with FaultServer({f'/{slow}.': [Reply(hangs=True)], '/': [Reply()]}) as server:
        config = job(bench, events, [request(server.url('/{/revision/rev_id}.'))],
                     checkpoint={'interval': '50ms'})
        process = bench.start('run', '--config', config)
        wait_until(lambda: bench.n_written() == 399, 'the others')
        written = time.time_ns()
        wait_until(lambda: checkpoint_time(bench) > written, 'a checkpoint')
        process.kill()
        process.wait()
        server.plans = [('/', [Reply()])]
        again = bench.run(config).must(0)
        assert adds_up(again.accounting)['read'] <= 20, again.accounting
    bench.check(events)


def checkpoint_time(bench):
    """0 between the moment when one becomes the former and that when there is another."""
    try:
        return (bench.state / 'checkpoint').stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def source(events):
    with open(events, 'rb') as lines:
        return [json.loads(line) for line in lines]


def page_of(event):
    return event['wiki_id'], event['page']['page_id']


def the_source_waits_above_max_in_flight(bench):
    events = numbered(bench, 500, keys=500)
    gate = [False]
    with FaultServer({'/': Reply(until=lambda: gate[0])}) as server:
        config = job(bench, events, [request(server.url('/{/revision/rev_id}'))],
                     {'limits': {'concurrency': 1000}}, max_in_flight=40)
        process = bench.start('run', '--config', config)
        # Many of the 40 may wait behind others of their key.
        wait_until(lambda: len(server.log) >= 10, 'requests')
        time.sleep(0.3)
        assert len(server.log) <= 40, len(server.log)
        gate[0] = True
        assert adds_up(bench.finish(process).must(0).accounting)['delivered'] == 500
    bench.check(events)


def concurrency_and_rate_are_the_hosts(bench):
    """All workers together."""
    events = numbered(bench, 200, keys=200)
    most = 0
    with FaultServer({'/': [Reply(delay=0.05)]}) as server:
        ask(bench, events, [request(server.url('/{/revision/rev_id}'))],
            {'limits': {'concurrency': 5}}, workers=4)
        times = sorted(asked.at for asked in server.log)
        for begin in times:
            most = max(most, len([at for at in times if begin <= at < begin + 0.045]))
        assert most <= 5, most
        clean(bench)
        server.log.clear()
        ask(bench, events, [request(server.url('/{/revision/rev_id}'))],
            {'limits': {'rate': 100}}, workers=4)
        times = sorted(asked.at for asked in server.log)
        # A tenth of a second's worth may come at once.
        assert times[-1] - times[0] >= (200 - 11) / 100 * 0.98, times[-1] - times[0]


def everything_fails_at_once(bench):
    """Twenty faults mixed at full concurrency, beside a host that is well."""
    n = 1000 if FULL else 100
    whole = gzip.compress(OK)
    faults = [
        [Reply()], [Reply(500), Reply()], [Reply(503)], [Reply(404)], [Reply(501)],
        [Reply(delay=0.1)], [Reply(hangs=True)], [Reply(cut=3), Reply()], [Reply(cut=3)],
        [Reply(cut=0, resets=True), Reply()], [Reply(cut=0, resets=True)], [Reply(raw=b'junk\r\n\r\n')],
        [Reply(body=whole, headers=(('Content-Encoding', 'gzip'),))],
        [Reply(body=whole[:10], headers=(('Content-Encoding', 'gzip'),)), Reply()],
        [Reply(body=b'x' * 300000)], [Reply(302, headers=(('Location', '/0'),))],
        [Reply(length='chunked', cut=3), Reply()], [Reply(drip=0.5)],
        [Reply(408), Reply(429), Reply()], [Reply(200, b'content body', closes=True)],
    ]
    good = {0, 1, 5, 7, 9, 12, 13, 16, 18, 19}
    events = numbered(bench, 20 * n, keys=4 * n, zipf=0)
    with FaultServer({'/well': [Reply()]}) as well:
        def mixed(asked, n_before):
            plan = faults[int(asked.path[1:]) % 20]
            return plan[min(n_before, len(plan) - 1)]
        with FaultServer({'/': mixed}) as server:
            steps = [request(well.url('/well/{/revision/rev_id}')),
                     request(server.url('/{/revision/rev_id}'))]
            accounting, http = ask(
                bench, events, steps,
                {'attempt_timeout': '600ms', 'max_body': '100KiB', 'limits': {'concurrency': 256},
                 'retry': {'base': '1ms', 'cap': '10ms', 'attempts': 4, 'missing_age': '0s',
                           'budget_percent': 1000}, 'breaker': {'failures': 0},
                 'low_speed': {'bytes': '64', 'window': '400ms'}})
    assert accounting['delivered'] + accounting['errored'] == 20 * n == accounting['read'], accounting
    counts, _, text = bench.compare(events)
    assert counts['missing'] == counts['doubled'] == counts['torn'] == counts['out_of_order'] == 0, text
    wanted = sum(json.loads(line)['revision']['rev_id'] % 20 in good for line in open(events, 'rb'))
    assert accounting['delivered'] == wanted, (accounting, wanted)
    assert all(event['revision']['content_slots']['main']['content_body'] == OK.decode()
               for event in delivered(bench))


def killed_with_requests_under_way(bench):
    """kill -9 at random moments, then a restart: lost 0, doubled 0."""
    events = numbered(bench, 400 * KILLS, keys=300)
    chance = random.Random(5)
    n_kills = n_under_way = 0
    with FaultServer({'/': random_delays()}) as server:
        config = job(bench, events, [request(server.url('/{/revision/rev_id}'))],
                     {'limits': {'concurrency': 128}}, checkpoint={'interval': '20ms'})
        while n_kills < KILLS:
            process = bench.start('run', '--config', config, log=bench.path('life.log'))
            n_before = len(server.log)
            wait_until(lambda: process.poll() is not None or len(server.log) > n_before + 50, 'work')
            time.sleep(chance.uniform(0, 0.15))
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
            assert process.returncode == -signal.SIGKILL, said(process)[-2000:]
            n_under_way += len(server.log) - n_before > 0
            n_kills += 1
        server.plans = [('/', [Reply()])]
        last = bench.run(config).must(0)
        assert adds_up(last.accounting)['read'] > 0
    bench.check(events)
    return f'{n_kills} kills'


def ten_thousand_at_once(bench):
    """In 320 MiB, and 64 beside."""
    measure_memory()
    n = min(1000 if is_slow(bench) else 10000, open_files() - 500)
    events = numbered(bench, 2 * n, keys=4 * n)
    with FaultServer({'/': [Reply(delay=3)]}) as server:
        accounting, http = ask(bench, events, [request(server.url('/{/revision/rev_id}'))],
                               {'limits': {'concurrency': n}, 'connect_timeout': '60s'},
                               max_in_flight=n, memory_limit='320MiB', workers=1, ordering='none')
    assert accounting['delivered'] == 2 * n, accounting
    assert http['in_flight_peak'] >= n * 0.95, http
    report = json.loads(bench.path('report.json').read_text(encoding='utf-8'))
    if n == 10000:
        assert report['rss_peak_bytes'] <= (320 + 64) << 20, report['rss_peak_bytes']
    counts, _, text = bench.compare(events)
    assert counts['missing'] == counts['doubled'] == counts['changed'] == 0, text
    return f'{http["in_flight_peak"]} at once, {report["rss_peak_bytes"] >> 20} MiB'


def measure_memory():
    """What meson has malloc() write into all it gives would count as used."""
    os.environ.pop('MALLOC_PERTURB_', None)


def is_slow(bench):
    return is_sanitized(bench.weir) or is_sanitized(bench.build_root + '/src/cli/libweir.so')


def open_files():
    import resource  # pylint: disable=import-outside-toplevel
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def large_bodies_in_little_memory(bench):
    """A hundred bodies of 8 MiB at once do not fit: some wait, all come."""
    measure_memory()
    events = numbered(bench, 100, keys=100)
    with FaultServer({'/': [Reply(body=b'x' * (8 << 20))]}) as server:
        accounting, http = ask(bench, events, [request(server.url('/{/revision/rev_id}'))],
                               {'limits': {'concurrency': 100}}, memory_limit='280MiB', workers=2)
    assert accounting['delivered'] == 100, accounting
    report = json.loads(bench.path('report.json').read_text(encoding='utf-8'))
    if not is_slow(bench):
        assert report['rss_peak_bytes'] <= (280 + 64) << 20, report['rss_peak_bytes']
    return f'{http["memory_waits"]} waits, {report["rss_peak_bytes"] >> 20} MiB'


if __name__ == '__main__':
    main([keys_keep_their_order, one_slow_page_delays_no_other, the_source_waits_above_max_in_flight,
          concurrency_and_rate_are_the_hosts, everything_fails_at_once, killed_with_requests_under_way,
          ten_thousand_at_once, large_bodies_in_little_memory])
