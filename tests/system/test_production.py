# SPDX-License-Identifier: Apache-2.0
"""What goes out is projected, valid and stamped, and so are error events."""

import collections
import json
import random
import signal
import subprocess
import time

from weirtest import (BODY, ERRORS, FULL, SET_STEP, SINK, STREAM_RULES, adds_up, main, merge, shared,
                      wait_until)

PAGE = 'mediawiki.page_change.v1'
TRANSPORT = ('topic', 'partition', 'offset', 'key')
# What the schema has got since 1.1.0, as gen_events --live writes it.
UNKNOWN = {'/page/namespace_is_content', '/page/wikibase_item_id', '/revision/revert'} | {
    user + '/' + name for user in ('/performer', '/revision/editor', '/prior_state/revision/editor')
    for name in ('wiki_id', 'first_edit_dt', 'user_central_id', 'edit_global_count')
}
# The fields of error events, as strict as the platform's schema.
ERROR_SCHEMA = {
    'title': 'error', '$id': '/error/2.1.0', 'type': 'object', 'additionalProperties': False,
    'properties': {
        '$schema': {'type': 'string', 'format': 'uri-reference', 'maxLength': 1024},
        'dt': {'type': 'string', 'format': 'date-time'},
        'meta': {'type': 'object', 'required': ['stream'], 'properties': {
            'stream': {'type': 'string', 'minLength': 1}, 'domain': {'type': 'string', 'minLength': 1},
            'id': {'type': 'string'}, 'request_id': {'type': 'string'},
            'dt': {'type': 'string', 'format': 'date-time'}}},
        'emitter_id': {'type': 'string'}, 'error_type': {'type': 'string'},
        'message': {'type': 'string'}, 'raw_event': {'type': 'string'},
        'errored_stream_name': {'type': 'string'},
        'errored_schema_uri': {'type': 'string', 'format': 'uri-reference', 'maxLength': 1024}},
    'required': ['$schema', 'dt', 'meta', 'emitter_id', 'message'],
}


def configure(bench, events, name='config.yaml', schemas=None, **changes):
    """The usual job with all rules, on the schemas that the project ships."""
    streams = {PAGE: {'schema_title': 'mediawiki/page/change'},
               SINK: {'schema_title': 'mediawiki/page/change'}, ERRORS: {'schema_title': 'error'}}
    bench.path('streams.json').write_text(json.dumps(streams))
    shipped = str(bench.source_root / 'config/schemas/jsonschema')
    rules = {**dict.fromkeys(STREAM_RULES, True), 'stream_config_uri': str(bench.path('streams.json')),
             'schema_uris': ([str(schemas)] if schemas else []) + [shipped]}
    return bench.file_config(events, name, **merge(rules, changes))


def live(bench, n=300, name='in.ndjson'):
    """Events as on the public stream; the fields that 1.1.0 does not know are in them."""
    path = bench.path(name)
    with open(path, 'wb') as out:
        subprocess.run([bench.gen, '--events', str(n), '--keys', '40', '--live'], stdout=out,
                       check=True)
    return path


def put_event(bench, *events, name='in.ndjson'):
    path = bench.path(name)
    path.write_text(''.join(json.dumps(event) + '\n' for event in events))
    return path


def drop(event, pointer):
    """Removes what pointer names, where it is."""
    *parents, name = pointer.split('/')[1:]
    for parent in parents:
        event = event.get(parent, {})
    event.pop(name, None)


def page_change(bench, n=1):
    """The n-th event that the project ships, as an object; nothing in it is unknown to 1.1.0."""
    lines = (bench.source_root / 'config/events/page_change.ndjson').read_text().split('\n')
    event = json.loads(lines[n])
    for pointer in UNKNOWN:
        drop(event, pointer)
    return event


def expected(line):
    """What becomes of a live event under 1.1.0, written the plain way."""
    event = json.loads(line)
    for pointer in UNKNOWN:
        drop(event, pointer)
    for name in TRANSPORT:
        del event['meta'][name]
    event['$schema'] = '/mediawiki/page/change/1.1.0'
    event['meta']['stream'] = SINK
    event['revision']['content_slots']['main']['content_body'] = BODY
    return event


def errors_of(bench):
    return [json.loads(line) for line in bench.lines(ERRORS)]


def one_error(bench, config, *arguments):
    """Runs a job whose only event goes to the error sink; returns it."""
    run = bench.run(config, '--fresh', *arguments).must(0)
    assert adds_up(run.accounting)['errored'] == 1, run.stderr
    return errors_of(bench)[-1]


def live_events_on_a_pinned_sink(bench):
    events = live(bench)
    report = bench.path('report.json')
    run = bench.run(configure(bench, events, workers=2), '--report', report).must(0)
    assert adds_up(run.accounting)['delivered'] == 300, run.stderr
    lines = sorted(bench.lines(), key=lambda line: json.loads(line)['revision']['rev_id'])
    inputs = events.read_text().splitlines()
    for line, before in zip(lines, inputs, strict=True):
        # Equal, and its members in the same order.
        assert json.dumps(json.loads(line)) == json.dumps(expected(before)), (line, before)
    counts = json.loads(report.read_text())
    assert counts['errors'] == {}, counts
    assert set(counts['dropped_fields']) == UNKNOWN, counts
    for field in ('/page/wikibase_item_id', '/performer/wiki_id', '/revision/editor/wiki_id'):
        assert counts['dropped_fields'][field] == 300, counts
    said = run.log_fields("a field that the sink's schema does not know is dropped")
    assert sorted(fields['field'] for fields in said) == sorted(UNKNOWN), said


def kept_bytes_are_as_they_came(bench):
    """Numbers, escapes and spaces outside of what is set or removed."""
    event = page_change(bench)
    text = json.dumps(event, separators=(' ,', ': ')).replace('"is_minor_edit": false',
                                                             '"is_minor_edit":\tfalse')
    text = text.replace('"rev_size": ', '"rev_size":   ').replace('-create', '\\u002dcreate')
    events = bench.path('in.ndjson')
    events.write_text(text + '\n')
    changes = {'steps': [], 'stamp': False}
    bench.run(configure(bench, events, **changes)).must(0)
    [line] = bench.lines()
    for name in ('topic', 'partition', 'offset'):
        value = json.dumps(event['meta'][name])
        assert text.count(f' ,"{name}": {value}') == 1, text
        text = text.replace(f' ,"{name}": {value}', '')
    key = json.dumps(event['meta']['key'], separators=(' ,', ': '))
    text = text.replace(f' ,"key": {key}', '')
    assert line.decode() == text, (line, text)


def unknown_fields_stay_or_fail(bench):
    events = live(bench, 20)
    report = bench.path('report.json')
    for mode in ('keep', 'error'):
        config = configure(bench, events, unknown_fields=mode)
        run = bench.run(config, '--fresh', '--report', report).must(0)
        assert adds_up(run.accounting)['errored'] == 20, run.stderr
        counts = json.loads(report.read_text())
        assert counts['errors'] == {'ValidationError': 20}, counts
        assert counts['dropped_fields'] == {}, counts
        error = errors_of(bench)[-1]
        assert error['error_type'] == 'ValidationError', error
        assert ': is not a field of the schema (schema #/' in error['message'], error
        assert error['message'].count('; ') == 2, 'three violations are named: ' + error['message']
    # Kept, and not checked.
    config = configure(bench, events, unknown_fields='keep', validate=False)
    run = bench.run(config, '--fresh').must(0)
    assert adds_up(run.accounting)['delivered'] == 20, run.stderr
    assert json.loads(bench.lines()[0])['page']['wikibase_item_id'], bench.lines()[0]


def what_the_enrichment_makes_wrong_fails(bench):
    events = put_event(bench, page_change(bench))
    for path, value, message in (
            ('/page/new_field', 1, '/page/new_field: is not a field of the schema (schema '
             '#/properties/page/additionalProperties)'),
            ('/new_field', {'a': 1}, '/new_field: is not a field of the schema (schema '
             '#/additionalProperties)'),
            ('/page/page_id', 'seven', '/page/page_id: expected integer, found string (schema '
             '#/properties/page/properties/page_id/type)'),
            ('/dt', 'today', '/dt: does not have the format (schema #/properties/dt/format)'),
            ('/meta', 'none', '/meta: expected object')):
        config = configure(bench, events, steps=[{'set': {'path': path, 'value': value}}])
        error = one_error(bench, config)
        assert (error['error_type'], error['message']) == ('ValidationError', message), error
        # The source's bytes, not what enrichment made of them.
        assert json.loads(error['raw_event']) == page_change(bench), error
    config = configure(bench, events, steps=[{'remove': {'path': '/page/page_id'}}])
    assert '/page: the field "page_id" is missing' in one_error(bench, config)['message']


def null_for_an_optional_field_goes(bench):
    event = page_change(bench)
    event['revision']['comment'] = None
    event['performer']['edit_count'] = None
    required = merge(event, {})
    required['wiki_id'] = None
    config = configure(bench, put_event(bench, event, required), missing_key='keyless')
    run = bench.run(config).must(0)
    assert adds_up(run.accounting)['errored'] == 1, run.stderr
    [line] = map(json.loads, bench.lines())
    assert 'comment' not in line['revision'] and 'edit_count' not in line['performer'], line
    [error] = errors_of(bench)
    assert error['message'].startswith('/wiki_id: expected string, found null'), error


def stamps(bench):
    """Forced, kept if present, else made; the same again when it is written again."""
    one, two = page_change(bench), page_change(bench)
    for event in (one, two):
        del event['meta']['id'], event['meta']['dt']
        event['$schema'] = '/another/9.9.9'
    whole = page_change(bench)
    config = configure(bench, put_event(bench, one, two, whole), workers=1)
    seen = []
    for _ in range(2):
        bench.run(config, '--fresh').must(0)
        lines = [json.loads(line) for line in bench.lines()][-3:]
        assert all(line['$schema'] == '/mediawiki/page/change/1.1.0' for line in lines), lines
        assert all(line['meta']['stream'] == SINK for line in lines), lines
        assert all(line['meta']['dt'].endswith('Z') and len(line['meta']['dt']) == 24
                   for line in lines), lines
        assert lines[2]['meta']['id'] == whole['meta']['id'], lines
        assert lines[2]['meta']['dt'] == whole['meta']['dt'], lines
        seen.append([line['meta']['id'] for line in lines[:2]])
    assert seen[0] == seen[1] and seen[0][0] != seen[0][1], seen
    assert all(identity[14] == '5' for identity in seen[0]), seen
    # Without: as it came.
    bench.run(configure(bench, bench.path('in.ndjson'), stamp=False, validate=False), '--fresh').must(0)
    line = json.loads(bench.lines()[-3])
    assert line['$schema'] == '/another/9.9.9' and 'dt' not in line['meta'], line


def error_events_are_valid(bench):
    """Whatever the raw event says of itself; under an older version too, which knows fewer fields."""
    good = page_change(bench)
    bad = []
    for change in ({'$schema': 'no uri: {}'}, {'meta': {'domain': '', 'stream': ' '}},
                   {'$schema': '/a/1.0.0', 'meta': {'request_id': 'x' * 10000}}):
        event = merge(good, change)
        event['page'] = {'page_id': 7}
        bad.append(event)
    events = put_event(bench, *bad)
    with open(events, 'ab') as file:
        file.write(b'{"meta":{"stream":"\\u0000"},"$schema":"%"}\nnot JSON\n[]\n"\xff"\n')
    for changes in ({}, {'project': False}, {'validate': False}):
        run = bench.run(configure(bench, events, **changes), '--fresh').must(0)
        assert adds_up(run.accounting)['errored'] >= 4, run.stderr
    judge(ERROR_SCHEMA, errors_of(bench))
    said = [error.get('errored_schema_uri') for error in errors_of(bench)]
    assert '/a/1.0.0' in said, said


def judge(schema, events):
    """By Python's jsonschema, where it is installed."""
    try:
        import jsonschema
    except ImportError:
        return
    judge = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    for event in events:
        assert judge.is_valid(event), (event, list(judge.iter_errors(event)))


def put_error_schema(bench, **properties):
    """A schema of error events with rules of its own, in a repository before the shipped one."""
    schema = merge(ERROR_SCHEMA, {'properties': properties})
    path = bench.path('repo/error/2.1.0')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(schema))
    return bench.path('repo')


def older_error_schemas_get_what_they_know(bench):
    repo = put_error_schema(bench, error_type=None, errored_stream_name=None)
    events = put_event(bench, [])
    error = one_error(bench, configure(bench, events, schemas=repo))
    assert 'error_type' not in error and 'errored_stream_name' not in error, error
    assert error['raw_event'] == '[]' and error['message'], error
    assert list(error)[-1] == 'raw_event', error


def error_schemas_that_take_none_are_refused(bench):
    repo = put_error_schema(bench, emitter_id={'type': 'integer'})
    run = bench.run(configure(bench, put_event(bench, []), schemas=repo)).must(78)
    assert f'stream {ERRORS}:2.1.0: the schema /error/2.1.0 does not take error events: ' \
           '/emitter_id: expected integer, found string' in run.stderr, run.stderr
    assert not bench.parts() and not bench.parts(ERRORS)


def refused_error_events_are_kept_aside(bench):
    """Nothing is lost where the error stream does not take it."""
    repo = put_error_schema(bench, message={'maxLength': 20})
    events = put_event(bench, [], page_change(bench))
    config = configure(bench, events, schemas=repo)
    for _ in range(2):
        run = bench.run(config, '--fresh').must(0)
        assert adds_up(run.accounting)['errored'] == 1, run.stderr
        [file] = list((bench.state / 'rejected').iterdir())
        kept = json.loads(file.read_text())
        assert kept['raw_event'] == '[]' and kept['meta']['id'] + '.json' == file.name, kept
        assert 'kept aside' in run.stderr and 'maxLength' in run.stderr, run.stderr
    assert errors_of(bench) == [] and len(bench.lines()) == 2


def of_each_page(lines):
    pages = collections.defaultdict(list)
    for line in lines:
        pages[json.loads(line)['page']['page_id']].append(line)
    return pages


def mixed(bench, n):
    """Live events; of every third meta.id is to be made, every seventh is not valid."""
    path = live(bench, n)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for number, event in enumerate(lines):
        if number % 3 == 0:
            del event['meta']['id']
        if number % 7 == 0:
            event['changelog_kind'] = 'rewrite'
    return put_event(bench, *lines)


def killed_at_any_moment(bench):
    """What the lives of a job that is killed have written is what one that is left alone writes."""
    kills = 100 if FULL else 10
    events = mixed(bench, 1000 * kills)
    paced = configure(bench, events, 'paced.yaml', workers=2, checkpoint={'interval': '10ms'},
                      options={'max_rate': 4000}, batch={'max_events': 8})
    chance = random.Random(7)
    for _ in range(kills):
        before = bench.n_written()
        process = bench.start('run', '--config', paced)
        wait_until(lambda: process.poll() is not None or bench.n_written() > before, 'more lines')
        time.sleep(chance.uniform(0, 0.1))
        assert process.poll() is None, 'the input was too short'
        bench.stop(process, signal.SIGKILL)
    last = bench.run(configure(bench, events, workers=2)).must(0)
    assert adds_up(last.accounting)['read'] > 0 and last.log_fields('checkpoint restored'), last.stderr
    alone = {'options': {'uri': str(bench.path('alone'))}}
    bench.run(configure(bench, events, workers=2, sink=alone, error_sink=alone)).must(0)
    assert of_each_page(bench.lines()) == of_each_page(bench.lines(out='alone'))
    # But for the time they were made at.
    errors, expected_errors = ([(event['meta']['id'], event['raw_event'], event['message'])
                                for event in map(json.loads, bench.lines(ERRORS, out=out))]
                               for out in ('out', 'alone'))
    assert len(errors) == -(-1000 * kills // 7) and sorted(errors) == sorted(expected_errors)
    return f'{kills} kills'


def check_shows_what_would_be(bench):
    events = live(bench, 50)
    with open(events, 'a', encoding='utf-8') as file:
        wrong = page_change(bench)
        wrong['page']['page_id'] = 0.5
        file.write(json.dumps(wrong) + '\n')
    run = bench.call('check', '--config', configure(bench, events), '--events', events).must(1)
    tail = run.stdout[run.stdout.index('line 51'):].rstrip('\n').split('\n')
    assert tail[0] == 'line 51: ValidationError: /page/page_id: expected integer, found number ' \
                      '(schema #/properties/page/properties/page_id/type)', tail
    assert 'dropped field /page/wikibase_item_id: 50' in tail, tail
    assert tail[-1] == 'events: 50 good, 0 dropped, 1 bad', tail
    assert 'dropped' not in run.stderr and not bench.path('out').exists(), run.stderr


def real_events_under_each_version(bench):
    """Every event of the outside collection goes out as each version asks, or says why not."""
    schemas = shared('schemas', 'jsonschema')
    good = bad = 0
    for number, file in enumerate(sorted(shared('events').glob('page_change.*.ndjson'))):
        for version in ('1.0.0', '1.1.0', '1.2.0', '1.3.0'):
            out = {'options': {'uri': str(bench.path(f'out{number}.{version}'))}}
            config = configure(bench, file, schemas=schemas, missing_key='keyless', sink=merge(out, {'stream': f'{SINK}:{version}'}), error_sink=out,
                               steps=[])
            run = bench.run(config).must(0)
            counts = adds_up(run.accounting)
            good, bad = good + counts['delivered'], bad + counts['errored']
            lines = bench.lines(out=f'out{number}.{version}')
            text = (schemas / 'mediawiki/page/change' / (version + '.json')).read_text()
            judge(json.loads(text), map(json.loads, lines))
            for line in bench.lines(ERRORS, out=f'out{number}.{version}'):
                assert json.loads(line)['error_type'] == 'ValidationError', line
    assert good > 100, (good, bad)
    return f'{good} valid, {bad} not'


main([live_events_on_a_pinned_sink, kept_bytes_are_as_they_came, unknown_fields_stay_or_fail,
      what_the_enrichment_makes_wrong_fails, null_for_an_optional_field_goes, stamps,
      error_events_are_valid, older_error_schemas_get_what_they_know,
      error_schemas_that_take_none_are_refused, refused_error_events_are_kept_aside,
      killed_at_any_moment, check_shows_what_would_be, real_events_under_each_version])
