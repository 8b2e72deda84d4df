# SPDX-License-Identifier: Apache-2.0
"""SSE to file, from weir serve: workers, cuts, moved offsets, a server that goes away."""

import collections
import json
import re
import signal
import time

from weirtest import ERRORS, Bench, PATIENCE, adds_up, main, said, wait_until

EVENTS = 3000


def generated(bench: Bench, **options):
    return bench.generate('in.ndjson', **{'events': EVENTS, 'keys': 400, 'faults': 0, 'canaries': 5,
                                          'topics': 2, **options})


def run_until(bench, config, n_expected, *arguments):
    """Runs the job until both sinks hold n_expected events, then ends it gently."""
    process = bench.start('run', '--config', config, *arguments)
    wait_until(lambda: process.poll() is not None or bench.n_written() >= n_expected,
               f'{n_expected} events', step=0.01)
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    return bench.finish(process).must(0)


def n_sent_on(events):
    return sum(b'"domain":"canary"' not in line for line in events.read_bytes().splitlines())


def delivers_all(bench, *server_arguments, shift=0, **config):
    events = generated(bench)
    with bench.serving(events, *server_arguments) as url:
        run = run_until(bench, bench.sse_config(url, **config), n_sent_on(events))
    accounting = adds_up(run.accounting)
    bench.undo_shift(events, shift)
    counts = bench.check(events)
    assert accounting['delivered'] == counts['delivered'], (accounting, counts)
    assert counts['canaries'] > 0 and accounting['dropped'] >= counts['canaries'], accounting
    return run


def with_workers(n_workers):
    def case(bench):
        run = delivers_all(bench, workers=n_workers)
        assert run.accounting['read'] == EVENTS, run.accounting
    case.__name__ = f'each event once and in order with {n_workers} workers'
    return case


def limit_ends_the_run(bench):
    events = generated(bench, events=200)
    with bench.serving(events) as url:
        run = bench.run(bench.sse_config(url), '--limit', 200).must(0)
    assert adds_up(run.accounting)['read'] == 200, run.accounting
    bench.check(events)


def connections_are_cut(bench):
    """The service cuts every connection; nothing is lost, doubled or called an error."""
    run = delivers_all(bench, '--cut-after', '250')
    assert 'level=error' not in run.stderr, run.stderr[-2000:]


def faulty_events(bench):
    """What is no JSON, or has no key, becomes an error event here too."""
    events = generated(bench, faults=50)
    with bench.serving(events) as url:
        run = run_until(bench, bench.sse_config(url), n_sent_on(events))
    accounting = adds_up(run.accounting)
    bench.check(events)
    types = collections.Counter(json.loads(line)['error_type'] for line in bench.lines(ERRORS))
    assert accounting['errored'] == sum(types.values()), (accounting, types)
    assert types['ParseError'] > 10 and types['MissingKeyError'] > 10, types


def cut_at_every_event(bench):
    events = generated(bench, events=40)
    with bench.serving(events, '--cut-after', '3') as url:
        run = run_until(bench, bench.sse_config(url), n_sent_on(events))
    adds_up(run.accounting)
    bench.check(events)


def offsets_move_between_runs(bench):
    """Another datacentre's cluster counts otherwise: resume by time, drop what was seen, say so."""
    events = generated(bench)
    # The server counts otherwise from its second connection on.
    with bench.serving(events, '--shift-offsets', '5000') as url:
        first = bench.run(bench.sse_config(url), '--limit', 1200).must(0)
        second = run_until(bench, bench.sse_config(url), n_sent_on(events))
    adds_up(first.accounting)
    adds_up(second.accounting)
    bench.undo_shift(events, 5000)
    bench.check(events)
    assert 'offset' in second.stderr, 'what happened is to be said'


def offsets_move_at_a_cut(bench):
    delivers_all(bench, '--cut-after', '700', '--shift-offsets', '5000', shift=5000)


def resumes_where_it_stopped(bench):
    events = generated(bench)
    with bench.serving(events) as url:
        config = bench.sse_config(url)
        total = 0
        for limit in (1, 700, 1, 1500):
            total += adds_up(bench.run(config, '--limit', limit).must(0).accounting)['read']
        last = run_until(bench, config, n_sent_on(events))
        total += adds_up(last.accounting)['read']
    assert total >= EVENTS, total
    bench.check(events)


def until_is_the_end_of_a_run(bench):
    """Runs that follow each other, each to its `until`, from a server that has more and stays."""
    events = generated(bench)
    with bench.serving(events, '--stay') as url:
        # Events are 50 ms apart.
        for until, n_least in (('00:01:00', 1000), ('00:01:00', 0), ('00:02:00', 1000)):
            config = bench.sse_config(url, options={'until': f'2026-01-01T{until}Z'})
            accounting = adds_up(bench.run(config).must(0).accounting)
            assert n_least <= accounting['read'] <= n_least + 200, (until, accounting)
            latest = max(json.loads(line)['meta']['dt'] for line in bench.lines())
            assert latest < f'2026-01-01T{until}', (until, latest)
        run_until(bench, bench.sse_config(url), n_sent_on(events))
    bench.check(events)


def server_goes_away(bench):
    """The server dies in the middle and is back after 30 seconds; the job waits it out."""
    events = generated(bench)
    with bench.serving(events, '--rate', '2000') as url:
        port = int(re.search(r':(\d+)$', url).group(1))
        process = bench.start('run', '--config', bench.sse_config(url))
        wait_until(lambda: bench.n_written() > 300, 'the first events')
        bench.stop(bench.server, signal.SIGKILL)
    gone = time.monotonic()
    n_before = bench.n_written()
    assert n_before < EVENTS - 100, 'the server was to be stopped in the middle'
    wait_until(lambda: len(re.findall(r'level=warn', said(process))) > 0, 'a word about it')
    wait_until(lambda: process.poll() is not None or time.monotonic() - gone > 30, 'half a minute',
               step=0.1)
    assert process.poll() is None, said(process)
    assert len(re.findall(r'level=warn', said(process))) < 30, 'the server is not hammered'
    with bench.serving(events, listen=f'127.0.0.1:{port}'):
        wait_until(lambda: bench.n_written() >= n_sent_on(events), 'the rest', PATIENCE)
        process.send_signal(signal.SIGTERM)
        adds_up(bench.finish(process).must(0).accounting)
    bench.check(events)


def server_that_never_comes(bench):
    """A service that is not there at start ends the run with 69, after startup_timeout."""
    with bench.serving(generated(bench, events=1)) as url:
        pass
    run = bench.run(bench.sse_config(url, startup_timeout='1s')).must(69)
    assert adds_up(run.accounting)['read'] == 0


def unknown_stream(bench):
    """A 4xx says why."""
    with bench.serving(generated(bench, events=10)) as url:
        config = bench.sse_config(url, options={'url': url + '/v2/stream/no.such.stream'},
                                  startup_timeout='2s')
        run = bench.run(config)
    assert run.code in (69, 78), (run.code, run.stderr[-2000:])
    assert 'no.such.stream' in run.stderr, run.stderr[-2000:]


def ledger_window_of_one(bench):
    """Two topic-partitions in turns, and a window that is smaller than what one batch holds."""
    delivers_all(bench, checkpoint={'ledger_window': 1})


if __name__ == '__main__':
    main([with_workers(1), with_workers(2), with_workers(8), limit_ends_the_run, connections_are_cut,
      faulty_events, cut_at_every_event, offsets_move_between_runs, offsets_move_at_a_cut,
      resumes_where_it_stopped, until_is_the_end_of_a_run, server_goes_away,
      server_that_never_comes, unknown_stream, ledger_window_of_one])
