# SPDX-License-Identifier: Apache-2.0
"""The real events of the outside suites, through file and through SSE."""

import json

from weirtest import (BODY, ERRORS, INSERTED, SINK, adds_up, main, shared, wait_until)

EVENT_FILES = ('page_change.live-2026-09-27.ndjson', 'page_change.wikidata-query-rdf.ndjson',
               'page_change.liftwing.ndjson', 'page_change.schema-examples.ndjson',
               'page_change.canary.derived.ndjson', 'recentchange.live-2025-08-29.ndjson',
               'other.schema-examples.ndjson')
# What the service adds where an event does not carry it.
SERVED = ('topic', 'partition', 'offset', 'key', 'dt', 'id', 'request_id', 'stream')


def outcome(event):
    """What is to become of a real event: drop, error or deliver."""
    if event.get('meta', {}).get('domain') == 'canary':
        return 'drop'
    page = event.get('page')
    if 'wiki_id' not in event or not isinstance(page, dict) or 'page_id' not in page:
        return 'error'
    main_slot = event.get('revision', {}).get('content_slots', {}).get('main')
    return 'deliver' if isinstance(main_slot, dict) else 'error'


def sorted_out(lines):
    found = {'drop': [], 'error': [], 'deliver': []}
    for line in lines:
        found[outcome(json.loads(line))].append(line)
    return found


def enriched(line):
    event = json.loads(line)
    event['revision']['content_slots']['main']['content_body'] = BODY
    return event


def without_served(event):
    event = dict(event)
    event['meta'] = {name: value for name, value in event.get('meta', {}).items()
                     if name not in SERVED}
    return json.dumps(event, sort_keys=True)


def all_lines():
    lines = []
    for name in EVENT_FILES:
        lines += shared('events', name).read_bytes().splitlines()
    return lines


def through_a_file(bench):
    lines = all_lines()
    expected = sorted_out(lines)
    path = bench.path('in.ndjson')
    path.write_bytes(b'\n'.join(lines) + b'\n')
    accounting = adds_up(bench.run(bench.file_config(path)).must(0).accounting)
    assert accounting['read'] == len(lines), accounting
    assert accounting['dropped'] == len(expected['drop']), accounting
    out = bench.lines(SINK)
    assert len(out) == len(expected['deliver']), (len(out), accounting)
    for line in out:
        assert line.count(INSERTED) == 1, line
    # Byte for byte, and in the right place.
    assert sorted(line.replace(INSERTED, b'') for line in out) == sorted(expected['deliver'])
    by_bytes = {line: enriched(line) for line in expected['deliver']}
    for line in out:
        assert json.loads(line) == by_bytes[line.replace(INSERTED, b'')], line
    raw = sorted(json.loads(line)['raw_event'].encode() for line in bench.lines(ERRORS))
    assert raw == sorted(expected['error'])
    return f'{len(out)} enriched, {len(raw)} errors, {len(expected["drop"])} canaries'


def served(bench, events, stream, *arguments):
    """Runs the job on what the server makes of the events; ends when the server has no more."""
    with bench.serving(events, *arguments) as url:
        config = bench.sse_config(url, options={'url': f'{url}/v2/stream/{stream}'})
        run = bench.run(config).must(0)
    adds_up(run.accounting)
    return run


def through_sse(name, stream, *arguments):
    def case(bench):
        path = shared('events', name)
        lines = path.read_bytes().splitlines()
        if name.endswith('.sse'):
            lines = [line[len(b'data: '):] for line in lines if line.startswith(b'data: ')]
        expected = sorted_out(lines)
        served(bench, path, stream, *arguments)
        out = [json.loads(line) for line in bench.lines(SINK)]
        assert sorted(map(without_served, out)) == sorted(
            without_served(enriched(line)) for line in expected['deliver'])
        raw = [json.loads(json.loads(line)['raw_event']) for line in bench.lines(ERRORS)]
        assert sorted(map(without_served, raw)) == sorted(
            without_served(json.loads(line)) for line in expected['error'])
        return f'{len(out)} enriched, {len(raw)} errors, {len(expected["drop"])} canaries'
    case.__name__ = ' '.join(('served:', name, *arguments))
    return case


PAGE_CHANGE = 'mediawiki.page_change.v1'
RECENT_CHANGE = 'mediawiki.recentchange'

# Examples of a schema name the stream of its early days.
STREAMS = {'page_change.schema-examples.ndjson': 'mediawiki.page_change'}

main([through_a_file]
     + [through_sse(name, STREAMS.get(name, PAGE_CHANGE))
        for name in EVENT_FILES if name.startswith('page_change')]
     + [through_sse('recentchange.live-2025-08-29.ndjson', RECENT_CHANGE)]
     + [through_sse('page_change.live-2026-09-27.sse', PAGE_CHANGE, '--cut-after', cut)
        for cut in ('1', '2', '3')]
     + [through_sse('page_change.live-2026-09-27.sse', PAGE_CHANGE, '--cut-after', '2',
                    '--shift-offsets', '1000'),
        through_sse('recentchange.live-2025-08-29.sse', RECENT_CHANGE, '--cut-after', '2'),
        through_sse('recentchange.live-2025-08-29.sse', RECENT_CHANGE, '--cut-after', '3',
                    '--shift-offsets', '77')])
