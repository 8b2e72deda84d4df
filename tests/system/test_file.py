# SPDX-License-Identifier: Apache-2.0
"""File to file: every shape of input, numbers of workers, roll, limits, a second run."""

import gzip
import json
import os
import pathlib
import re
import subprocess

from weirtest import (ERRORS, INSERTED, SINK, Bench, adds_up, main, said, wait_until)

EVENTS = 3000


def generated(bench: Bench, **options):
    return bench.generate('in.ndjson', **{'events': EVENTS, 'keys': 400, 'faults': 10, 'canaries': 5,
                                          **options})


def delivers_all(bench, events, *arguments, stdin=None, **config):
    """Runs the job over events and checks every promise about what comes out."""
    uri = config.pop('uri', events)
    run = bench.run(bench.file_config(uri, **config), *arguments, stdin=stdin).must(0)
    accounting = adds_up(run.accounting)
    counts = bench.check(events)
    assert accounting['read'] == counts['read'], (accounting, counts)
    assert accounting['delivered'] == counts['delivered'], (accounting, counts)
    assert accounting['errored'] == counts['errored'], (accounting, counts)
    assert accounting['dropped'] == counts['canaries'], (accounting, counts)
    assert counts['delivered'] > 0 and counts['errored'] > 0 and counts['canaries'] > 0, counts
    return run


def with_workers(n_workers):
    def case(bench):
        delivers_all(bench, generated(bench), workers=n_workers)
    case.__name__ = f'each event once and in order with {n_workers} workers'
    return case


def with_ordering(ordering):
    def case(bench):
        events = generated(bench)
        bench.run(bench.file_config(events, ordering=ordering, workers=4)).must(0)
        counts, _, text = bench.compare(events)
        wrong = [name for name in ('missing', 'doubled', 'changed', 'torn') if counts[name]]
        assert not wrong, text
        if ordering == 'source':
            numbers = [int(line.split(b'"request_id":"weir-')[1][:12]) for line in bench.lines()]
            assert numbers == sorted(numbers), 'the sink is not in the order of the source'
    case.__name__ = f'ordering {ordering}'
    return case


def small_batches(bench):
    delivers_all(bench, generated(bench), workers=3, max_in_flight=7,
                 batch={'max_events': 3, 'max_bytes': 16384, 'linger': '1ms'})


def standard_input(bench):
    events = generated(bench)
    run = delivers_all(bench, events, uri='-', stdin=events.read_bytes())
    assert 'replay' in run.stderr, 'a source that cannot be replayed says so at start'


def compressed_inputs(bench):
    events = generated(bench)
    with gzip.open(bench.path('in.ndjson.gz'), 'wb') as file:
        file.write(events.read_bytes())
    delivers_all(bench, events, uri=bench.path('in.ndjson.gz'))
    subprocess.run(['zstd', '-q', str(events)], check=True)
    for part in bench.parts(SINK) + bench.parts(ERRORS):
        os.unlink(part)
    for name in os.listdir(bench.state):
        os.unlink(bench.state / name)
    delivers_all(bench, events, uri=bench.path('in.ndjson.zst'))


def directory_and_glob(bench):
    """A directory is read in the byte order of its names; so is a glob."""
    events = generated(bench)
    lines = events.read_bytes().splitlines(keepends=True)
    folder = bench.path('in')
    folder.mkdir()
    for i in range(3):
        chunk = b''.join(lines[i * 1000:(i + 1) * 1000])
        name = folder / f'part-{i}.ndjson'
        if i == 1:
            with gzip.open(str(name) + '.gz', 'wb') as file:
                file.write(chunk)
        else:
            name.write_bytes(chunk)
    delivers_all(bench, events, uri=folder)
    bench.run(bench.file_config(folder / 'part-*', 'glob.yaml', sink={'options': {
        'uri': str(bench.path('globbed'))}}, error_sink={'options': {
            'uri': str(bench.path('globbed'))}})).must(0)
    bench.check(events, 'globbed')


def line_ends(bench):
    """CRLF, blank lines, a byte order mark and a missing newline at the end."""
    events = generated(bench, events=50, faults=0, canaries=0)
    lines = events.read_bytes().splitlines()
    data = b'\xef\xbb\xbf' + b'\r\n'.join(lines[:25]) + b'\r\n\r\n\n  \n' + b'\n'.join(lines[25:])
    odd = bench.path('odd.ndjson')
    odd.write_bytes(data)
    accounting = adds_up(bench.run(bench.file_config(odd)).must(0).accounting)
    assert accounting['read'] == 50, accounting
    bench.check(events)


def oversized_line(bench):
    """A line above max_event_size becomes an error event; its neighbours are unharmed."""
    events = generated(bench, events=20, faults=0, canaries=0)
    lines = events.read_bytes().splitlines()
    big = b'{"wiki_id":"enwiki","page":{"page_id":1},"x":"' + b'x' * 300000 + b'"}'
    odd = bench.path('odd.ndjson')
    odd.write_bytes(b'\n'.join(lines[:10] + [big] + lines[10:]) + b'\n')
    accounting = adds_up(bench.run(
        bench.file_config(odd, max_event_size='64KiB')).must(0).accounting)
    assert accounting['read'] == 21 and accounting['errored'] == 1, accounting
    error = json.loads(bench.lines(ERRORS)[0])
    assert 'raw_event' not in error, 'an oversized event has no raw_event'
    assert str(len(big)) in error['message'], error['message']
    assert len(bench.lines()) == 20


def error_events(bench):
    """The shipped examples of bad lines, each with its reason and its bytes."""
    bad = bench.source_root / 'config/events/bad.ndjson'
    lines = bad.read_bytes().splitlines()
    accounting = adds_up(bench.run(bench.file_config(bad)).must(0).accounting)
    assert accounting['read'] == len(lines), accounting
    assert accounting['delivered'] == 1 and accounting['errored'] == len(lines) - 1, accounting
    errors = [json.loads(line) for line in bench.lines(ERRORS)]
    raw = {error['raw_event'] for error in errors}
    for line in lines[1:-1]:
        assert line.decode() in raw, line
    assert [text for text in raw if text.startswith('data:application/octet-stream;base64,')], raw
    for error in errors:
        for name in ('$schema', 'dt', 'emitter_id', 'message', 'error_type', 'meta'):
            assert error.get(name), (name, error)
        assert error['$schema'] == '/error/2.1.0', error
        assert error['meta']['stream'] == ERRORS, error
        assert error['meta']['id'] and error['meta']['dt'], error
    named = [error for error in errors if error.get('errored_schema_uri')]
    assert named and named[0]['errored_schema_uri'] == '/mediawiki/page/change/1.2.0', errors
    assert named[0]['errored_stream_name'] == 'mediawiki.page_change.v1', errors


def no_error_sink(bench):
    """Without an error sink the first bad event ends the run with 65."""
    bad = bench.source_root / 'config/events/bad.ndjson'
    run = bench.run(bench.file_config(bad, error_sink=None)).must(65)
    adds_up(run.accounting)


def second_run_reads_nothing(bench):
    events = generated(bench)
    config = bench.file_config(events)
    bench.run(config).must(0)
    again = bench.run(config).must(0)
    assert adds_up(again.accounting)['read'] == 0, again.accounting
    bench.check(events)
    # More lines at the end are read by the next run.
    more = bench.generate('more.ndjson', events=EVENTS + 500, keys=400, faults=10, canaries=5)
    assert more.read_bytes().startswith(events.read_bytes())
    with open(events, 'ab') as file:
        file.write(more.read_bytes()[events.stat().st_size:])
    third = bench.run(config).must(0)
    assert adds_up(third.accounting)['read'] == 500, third.accounting
    bench.check(more)


def fresh_begins_anew(bench):
    events = generated(bench, events=200)
    config = bench.file_config(events)
    first = bench.run(config).must(0).accounting
    before = bench.lines()
    second = bench.run(config, '--fresh').must(0).accounting
    assert second['read'] == first['read'] == 200, second
    after = bench.lines()
    assert after[:len(before)] == before, 'output that was there must stay'
    assert sorted(after[len(before):]) == sorted(before)


def limit(bench):
    """--limit stops after N events; the next run goes on from there."""
    events = generated(bench)
    config = bench.file_config(events)
    assert adds_up(bench.run(config, '--limit', 700).must(0).accounting)['read'] == 700
    assert bench.n_written() <= 700
    assert adds_up(bench.run(config).must(0).accounting)['read'] == EVENTS - 700
    bench.check(events)


def report(bench):
    events = generated(bench)
    path = bench.path('report.json')
    run = bench.run(bench.file_config(events), '--report', path).must(0)
    numbers = json.loads(path.read_text())
    for name in ('read', 'delivered', 'dropped', 'errored', 'returned', 'in_flight'):
        assert numbers[name] == run.accounting[name], (name, numbers)
    assert numbers['bytes_in'] > 0 and numbers['rss_peak_bytes'] > 0, numbers
    written = sum(os.path.getsize(part) for part in bench.parts(SINK) + bench.parts(ERRORS))
    assert numbers['bytes_out'] == written, (numbers['bytes_out'], written)
    for name in ('delivery_ms', 'latency_ms'):
        assert set(numbers[name]) == {'p50', 'p99', 'p999'}, numbers
    assert 0 < numbers['delivery_ms']['p50'] <= numbers['latency_ms']['p50'], numbers
    # A report that cannot be written is known before the work is done.
    bench.run(bench.file_config(events), '--report', bench.path('nowhere', 'report.json')).must(78)


def parts_roll(bench):
    events = generated(bench)
    delivers_all(bench, events, sink={'options': {'roll': {'bytes': '1MiB'}}})
    parts = bench.parts()
    assert len(parts) > 5, parts
    assert [pathlib.Path(part).name for part in parts] == [
        f'{SINK}.{number:06}.ndjson' for number in range(1, len(parts) + 1)], parts
    for part in parts:
        assert os.path.getsize(part) < 4 << 20, part


def closed_parts_are_compressed(bench):
    events = generated(bench)
    bench.run(bench.file_config(events, sink={'options': {
        'roll': {'bytes': '1MiB'}, 'compress': 'zstd'}})).must(0)
    packed = [part for part in bench.parts() if part.endswith('.zst')]
    assert packed, 'no part was compressed'
    numbers = [pathlib.Path(part).name.split('.')[2] for part in bench.parts()]
    assert len(numbers) == len(set(numbers)), f'a part is there twice: {bench.parts()}'
    bench.check(events)


def standard_output(bench):
    events = generated(bench, events=300, faults=0, canaries=0)
    run = bench.run(bench.file_config(events, sink={'connector': 'stdout', 'options': None})).must(0)
    adds_up(run.accounting)
    lines = [line.encode() for line in run.stdout.splitlines()]
    assert sorted(line.replace(INSERTED, b'', 1) for line in lines) == sorted(
        events.read_bytes().splitlines())


def rate_is_kept(bench):
    events = generated(bench, events=400, faults=0, canaries=0)
    run = bench.run(bench.file_config(events, options={'max_rate': 400})).must(0)
    assert 0.5 < run.accounting['seconds'] < 10, run.accounting
    bench.check(events)


def follow_survives_rotation_and_truncation(bench):
    """A followed file that grows, is renamed away, and is cut to nothing."""
    events = generated(bench, events=90, faults=0, canaries=0)
    lines = events.read_bytes().splitlines(keepends=True)
    log = bench.path('log.ndjson')
    log.write_bytes(b''.join(lines[:30]))
    process = bench.start('run', '--config', bench.file_config(log, options={'follow': True}))
    wait_until(lambda: bench.n_written() == 30, 'the first 30 events')
    # Nobody is asked over HTTP, and nobody asks: neither library is loaded.
    maps = pathlib.Path(f'/proc/{process.pid}/maps').read_text()
    assert 'libcurl' not in maps and 'libmicrohttpd' not in maps, maps
    with open(log, 'ab') as file:
        half = len(lines[30]) // 2
        file.write(lines[30][:half])
        file.flush()
        file.write(lines[30][half:] + b''.join(lines[31:40]))
    wait_until(lambda: bench.n_written() == 40, 'the events appended')
    os.rename(log, bench.path('log.ndjson.1'))
    log.write_bytes(b''.join(lines[40:60]))
    wait_until(lambda: bench.n_written() == 60, 'the events of the new file')
    os.truncate(log, 0)
    wait_until(lambda: 'truncated' in said(process) or bench.n_written() > 60, 'noticing', 20)
    with open(log, 'ab') as file:
        file.write(b''.join(lines[60:]))
    wait_until(lambda: bench.n_written() == 90, 'the events after the truncation')
    process.terminate()
    run = bench.finish(process).must(0)
    assert adds_up(run.accounting)['read'] == 90, run.accounting
    bench.check(events)


def peak_memory_is_our_own(bench):
    """The kernel's figure of a process begins with that of who started it."""
    config = bench.file_config(generated(bench, events=100))
    starter = ('import os, sys; ballast = b"x" * (512 << 20); '
               'os.execv(sys.argv[1], sys.argv[1:])')
    subprocess.run(['python3', '-c', starter, bench.weir, 'run', '--config', str(config),
                    '--report', str(bench.path('report.json'))], check=True, timeout=60,
                   capture_output=True)
    peak = json.loads(bench.path('report.json').read_text())['rss_peak_bytes']
    assert 1 << 20 < peak < 512 << 20, peak


def least_memory_limit(bench):
    """The limit that the refusal names is one that works."""
    events = generated(bench)
    for changes in ({'workers': 8}, {'workers': 64, 'max_event_size': '64KiB'},
                    {'workers': 2, 'batch': {'max_bytes': '8MiB'}}):
        run = bench.run(bench.file_config(events, memory_limit='1MiB', **changes)).must(78)
        least = int(re.search(r'at least (\d+)', run.stderr).group(1))
        bench.run(bench.file_config(events, memory_limit=least - 1, **changes)).must(78)
        bench.run(bench.file_config(events, memory_limit=least, **changes), '--fresh').must(0)


def what_is_no_object_is_a_parse_error(bench):
    """Valid JSON without a key to miss: the reason is that it is no event at all."""
    odd = bench.path('odd.ndjson')
    lines = ['1', '"text"', 'null', 'true', '[]', '[{"wiki_id":"w","page":{"page_id":1}}]',
             # No key is found in these, but that is not what is wrong with them.
             '{"wiki_id":"w"', '{"wiki_id":"w","page":{}}}', '{"wiki_id":"w","other":01}']
    odd.write_text('\n'.join(lines + ['{}']) + '\n')
    bench.run(bench.file_config(odd)).must(0)
    types = {error['raw_event']: error['error_type']
             for error in map(json.loads, bench.lines(ERRORS))}
    assert types == {**{line: 'ParseError' for line in lines}, '{}': 'MissingKeyError'}, types


main([with_workers(1), with_workers(2), with_workers(8), with_ordering('source'),
      with_ordering('none'), small_batches, standard_input, compressed_inputs, directory_and_glob,
      line_ends, oversized_line, error_events, no_error_sink, second_run_reads_nothing,
      fresh_begins_anew, limit, report, parts_roll, closed_parts_are_compressed, standard_output,
      rate_is_kept, follow_survives_rotation_and_truncation, peak_memory_is_our_own,
      least_memory_limit, what_is_no_object_is_a_parse_error])
