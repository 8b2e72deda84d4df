# SPDX-License-Identifier: Apache-2.0
"""A function written in straight lines that makes requests: what an application may rely on."""

import json
import re
import urllib.parse

from httptest import (BODY, OK, FaultServer, Reply, clean, delivered, failures, job, numbered,
                      one_event)
from weirtest import ERRORS, adds_up, is_sanitized, main, said


def run_app(bench, events, mode, url, http=None, sleep='10ms', **changes):
    """Runs the application in a mode; returns its accounting and its report's http."""
    program = bench.build_root + '/tests/system/http_app'
    sections = {'enrich': {'mode': mode, 'url': url, 'sleep': sleep}}
    config = job(bench, events, None, http, sections=sections, **changes)
    process = bench.start('run', '--config', config, '--report', bench.path('report.json'),
                          program=program)
    run = bench.finish(process).must(0)
    report = json.loads(bench.path('report.json').read_text(encoding='utf-8'))
    return adds_up(run.accounting), report['http']


def a_request_in_straight_lines(bench):
    events = numbered(bench, 300)
    for mode, n in (('get', 300), ('twice', 600)):
        with FaultServer({'/': [Reply(503), Reply()]}) as server:
            accounting, http = run_app(bench, events, mode, server.url(''),
                                       http={'retry': {'base': '1ms', 'budget_percent': 200}})
            assert accounting['delivered'] == 300 and http['requests'] == n, (accounting, http)
            assert http['retries'] == 300 and len(server.log) == n + 300
        bench.check(events)
        clean(bench)


def a_post_carries_its_body(bench):
    """And is not sent again once it may have been taken."""
    events = one_event(bench)
    with FaultServer({'/': [Reply()]}) as server:
        run_app(bench, events, 'post', server.url(''))
        asked, = server.log
        assert (asked.method, asked.body) == ('POST', b'asked'), asked
        assert asked.headers['content-type'] == 'text/plain'
    clean(bench)
    with FaultServer({'/': [Reply(cut=3), Reply()]}) as server:
        run_app(bench, events, 'post', server.url(''))
        assert len(server.log) == 1, server.log
    error, = failures(bench)
    assert (error['method'], error['cause'], error['attempts']) == ('POST', 'reset', 1), error


def a_failure_may_be_dealt_with(bench):
    """It then counts as one of the requests, and not as the event's."""
    events = numbered(bench, 20)
    with FaultServer({'/': [Reply(410)]}) as server:
        accounting, http = run_app(bench, events, 'tolerate', server.url(''))
        assert accounting['delivered'] == 20 and http['failures'] == 20, (accounting, http)
        assert all(event['status'] == 410 for event in delivered(bench))
        clean(bench)
        accounting, http = run_app(bench, events, 'get', server.url(''))
        assert accounting['errored'] == 20, accounting


def a_sleep_holds_nothing_up(bench):
    """Of 400 events with 100 ms each, one worker has no 40 seconds."""
    events = numbered(bench, 400, keys=400, zipf=0)
    accounting, _ = run_app(bench, events, 'sleep', '', workers=1, ordering='none',
                            sleep='100ms')
    assert accounting['delivered'] == 400
    seconds = json.loads(bench.path('report.json').read_text(encoding='utf-8'))['seconds']
    assert seconds < 20, seconds
    bench.check(events)


def keys_of(asked):
    query = urllib.parse.urlsplit(asked.path).query
    return urllib.parse.parse_qs(query)['keys'][0].split(',')


def texts(missing=(), bad=(), again=()):
    """Answers the keys that are asked for."""
    seen = set()

    def reply(asked, n):
        del n
        keys = keys_of(asked)
        if set(keys) & set(bad):
            return Reply(400, b'one of them is bad')
        left = {key for key in keys if key in again and key not in seen}
        seen.update(keys)
        found = {key: OK.decode() for key in keys if key not in missing and key not in left}
        return Reply(body=json.dumps({'texts': found, **({'again': True} if left else {})}).encode())
    return reply


def lookups_share_their_requests(bench):
    events = numbered(bench, 2000, keys=2000, zipf=0)
    with FaultServer({'/': texts()}) as server:
        accounting, http = run_app(bench, events, 'lookup', server.url(''), workers=1)
        assert accounting['delivered'] == 2000, accounting
        asked = [keys_of(request) for request in server.log]
        assert max(map(len, asked)) <= 50 and len(asked) <= 2000 / 50 * 3, (len(asked), http)
        assert sorted(int(key) for keys in asked for key in keys) == list(range(1, 2001)) or \
            sum(map(len, asked)) == 2000
        assert http['lookups']['keys'] == 2000, http
        assert http['lookups']['requests'] == len(asked), http
    bench.check(events)


def the_same_key_is_asked_for_once(bench):
    """While it is on its way."""
    line = one_event(bench, name='one.ndjson').read_bytes()
    events = bench.path('same.ndjson')
    changed = []
    for number in range(40):
        event = json.loads(line)
        event['page']['page_id'] = number
        changed.append(json.dumps(event))
    events.write_text('\n'.join(changed) + '\n', encoding='utf-8')
    with FaultServer({'/': texts()}) as server:
        accounting, http = run_app(bench, events, 'lookup', server.url(''), workers=1)
        assert accounting['delivered'] == 40, accounting
        assert sum(len(keys_of(asked)) for asked in server.log) < 5, server.log
        assert http['lookups']['joined'] >= 35, http


def one_bad_key_does_not_fail_its_companions(bench):
    events = numbered(bench, 100, keys=100, zipf=0)
    ids = [json.loads(line)['revision']['rev_id'] for line in open(events, 'rb')]
    bad = str(ids[37])
    with FaultServer({'/': texts(bad=[bad])}) as server:
        accounting, _ = run_app(bench, events, 'lookup', server.url(''), workers=1)
        assert (accounting['delivered'], accounting['errored']) == (99, 1), accounting
        assert [bad] in [keys_of(asked) for asked in server.log]
    error, = [json.loads(line) for line in bench.lines(ERRORS)]
    assert json.loads(error['raw_event'])['revision']['rev_id'] == ids[37]


def keys_without_an_answer(bench):
    """They fail alone; those that the reply had no room for are asked for again."""
    events = numbered(bench, 100, keys=100, zipf=0)
    ids = [str(json.loads(line)['revision']['rev_id']) for line in open(events, 'rb')]
    with FaultServer({'/': texts(missing=ids[:3], again=ids[50:60])}) as server:
        accounting, _ = run_app(bench, events, 'lookup', server.url(''), workers=1)
        assert (accounting['delivered'], accounting['errored']) == (97, 3), accounting
        counted = [key for asked in server.log for key in keys_of(asked)]
        assert all(counted.count(key) >= 2 for key in ids[50:60]), counted
    for line in bench.lines(ERRORS):
        assert json.loads(line)['error_type'] == 'LookupError', line


def a_host_at_fault_is_not_asked_key_by_key(bench):
    events = numbered(bench, 100, keys=100, zipf=0)
    with FaultServer({'/': [Reply(503)]}) as server:
        accounting, _ = run_app(bench, events, 'lookup', server.url(''), workers=1,
                                http={'retry': {'base': '1ms', 'attempts': 2}})
        assert accounting['errored'] == 100, accounting
        assert len(server.log) < 40, len(server.log)


def a_stack_that_overflows_says_so(bench):
    events = one_event(bench)
    program = bench.build_root + '/tests/system/http_app'
    config = job(bench, events, None, None, sections={'enrich': {'mode': 'dig', 'url': ''}})
    process = bench.start('run', '--config', config, program=program)
    bench.finish(process)
    text = said(process)
    assert process.returncode != 0
    assert re.search(r'http\.stack_size', text) or is_sanitized(program), text[-2000:]


if __name__ == '__main__':
    main([a_request_in_straight_lines, a_post_carries_its_body, a_failure_may_be_dealt_with,
          a_sleep_holds_nothing_up, lookups_share_their_requests, the_same_key_is_asked_for_once,
          one_bad_key_does_not_fail_its_companions, keys_without_an_answer,
          a_host_at_fault_is_not_asked_key_by_key, a_stack_that_overflows_says_so])
