# SPDX-License-Identifier: Apache-2.0
"""Requests that fail: what is tried again, how often, how soon, and what the error event says.

The server logs every request; each case asserts on that log. Time is the contract where a case measures it:
strict below, generous above.
"""

import email.utils
import json
import time

from httptest import (OK, FaultServer, Reply, ask, clean, delivered, failures, job, numbered, one_event,
                      request)
from weirtest import FULL, adds_up, log_fields, main, said, wait_until

RETRIED = (408, 425, 429, 500, 502, 503, 504)
FINAL = (400, 401, 403, 404, 405, 410, 418, 451, 501, 505)
NO_AGE = {'retry': {'base': '10ms', 'cap': '50ms', 'missing_age': '0s'}}


def only(rows):
    assert len(rows) == 1, rows
    return rows[0]


def statuses_that_pass_are_tried_four_times(bench):
    events = one_event(bench)
    with FaultServer({f'/{status}': [Reply(status, b'sorry')] for status in RETRIED}) as server:
        for status in RETRIED:
            ask(bench, events, [request(server.url(f'/{status}'))])
            error = only(failures(bench))
            assert len(server.log_of(f'/{status}')) == 4, status
            assert (error['cause'], error['status'], error['attempts']) == ('status', status, 4), error
            assert error['url'] == server.url(f'/{status}')
            clean(bench)


def statuses_that_stay_are_asked_once(bench):
    events = one_event(bench)
    with FaultServer({f'/{status}': [Reply(status)] for status in FINAL}) as server:
        for status in FINAL:
            ask(bench, events, [request(server.url(f'/{status}'))], NO_AGE)
            error = only(failures(bench))
            assert len(server.log_of(f'/{status}')) == 1, status
            assert (error['cause'], error['status'], error['attempts']) == ('status', status, 1), error
            clean(bench)


def a_second_attempt_may_succeed(bench):
    events = numbered(bench, 200)
    with FaultServer({'/': [Reply(503), Reply()]}) as server:
        accounting, http = ask(bench, events, [request(server.url('/{/revision/rev_id}'))],
                               {'retry': {'base': '10ms', 'cap': '50ms', 'budget_percent': 200},
                                'breaker': {'failures': 0}})
        assert accounting['delivered'] == 200, accounting
        assert http['requests'] == 200 and http['retries'] >= 100, http
        assert http['attempts'] == len(server.log) == 200 + http['retries'], http
    bench.check(events)


def a_page_that_appears_later(bench):
    """Replicas that are behind: asked again while the event is young."""
    events = bench.path('young.ndjson')
    lines = numbered(bench, 300, keys=300).read_bytes().splitlines()
    now = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())
    with open(events, 'wb') as out:
        for line in lines:
            event = json.loads(line)
            event.setdefault('meta', {'domain': 'a.example'})['dt'] = now
            out.write(json.dumps(event).encode() + b'\n')
    first = {}

    def appear(asked, n):
        begin = first.setdefault(asked.path, asked.at)
        late = (int(asked.path[1:]) % 30) / 10
        return Reply() if asked.at - begin >= late else Reply(404, b'not yet')
    with FaultServer({'/': appear}) as server:
        accounting, http = ask(bench, events, [request(server.url('/{/revision/rev_id}'))],
                               {'retry': {'missing_age': '60s'}}, ordering='none')
    assert accounting['delivered'] == 300, accounting
    assert http['retries_by_cause']['missing'] >= 250, http


def a_page_that_never_appears(bench):
    now = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())
    events = one_event(bench, **{'meta.dt': now})
    with FaultServer({'/': [Reply(404)]}) as server:
        begin = time.monotonic()
        ask(bench, events, [request(server.url('/x'))], {'retry': {'missing_age': '2s'}})
        error = only(failures(bench))
        assert error['cause'] == 'status' and error['status'] == 404, error
        assert error['attempts'] >= 3 and time.monotonic() - begin < 20, error
        clean(bench)
        old = one_event(bench, **{'meta.dt': '2020-01-01T00:00:00Z'})
        ask(bench, old, [request(server.url('/y'))])
        assert len(server.log_of('/y')) == 1


def api_errors_inside_a_200(bench):
    """maxlag and the like are a 503; others are final; the header tells as the body does."""
    events = one_event(bench)

    def said(code):
        return Reply(body=json.dumps({'error': {'code': code, 'info': 'x'}}).encode())
    plans = {'/maxlag': [said('maxlag')], '/internal': [said('internal_api_error_DBQueryError')],
             '/badtoken': [said('badtoken')],
             '/header': [Reply(headers=(('MediaWiki-API-Error', 'ratelimited'),))],
             '/then': [said('readonly'), Reply(body=b'{"x":{"y":"content body"}}')]}
    with FaultServer(plans) as server:
        for path, n in (('/maxlag', 4), ('/internal', 4), ('/badtoken', 1), ('/header', 4)):
            ask(bench, events, [request(server.url(path), extract='/x/y')])
            error = only(failures(bench))
            assert len(server.log_of(path)) == n == error['attempts'], (path, error)
            assert error['cause'] == 'api_error' and error['status'] == 200, error
            clean(bench)
        ask(bench, events, [request(server.url('/then'), extract='/x/y')])
        assert only(delivered(bench))['revision']['content_slots']['main']['content_body'] == 'content body'


def retry_after_is_obeyed_by_all(bench):
    """The host asks for 3 s, in seconds or as a date: nobody asks it before."""
    events = numbered(bench, 20, keys=20)
    for form in ('seconds', 'date'):
        def told(asked, n, form=form):
            if n > 0 or asked.path != first[0]:
                return Reply()
            value = '3' if form == 'seconds' else email.utils.formatdate(time.time() + 4, usegmt=True)
            return Reply(503, headers=(('Retry-After', value),))
        first = [None]

        def once(asked, n):
            first[0] = first[0] or asked.path
            return told(asked, n)
        with FaultServer({'/': once}) as server:
            accounting, _ = ask(bench, events, [request(server.url('/{/revision/rev_id}'))],
                                {'limits': {'concurrency': 1}})
            assert accounting['delivered'] == 20, accounting
            times = [asked.at for asked in server.log]
        gaps = [after - before for before, after in zip(times, times[1:])]
        assert 3.0 <= max(gaps) <= 3 * 3.5 + 1, (form, max(gaps))
        assert len([gap for gap in gaps if gap > 1]) == 1, gaps
        clean(bench)


def retry_after_that_means_nothing(bench):
    events = one_event(bench)
    values = ('-5', 'soon', '', 'Thu, 01 Jan 1970 00:00:00 GMT', '0', '3.5', '1e3')
    plans = {f'/{n}': [Reply(503, headers=(('Retry-After', value),)), Reply()]
             for n, value in enumerate(values)}
    with FaultServer(plans) as server:
        for n, value in enumerate(values):
            begin = time.monotonic()
            accounting, _ = ask(bench, events, [request(server.url(f'/{n}'))])
            assert accounting['delivered'] == 1 and time.monotonic() - begin < 10, value
            clean(bench)


def retry_after_beyond_the_deadline(bench):
    events = one_event(bench)
    with FaultServer({'/': [Reply(503, headers=(('Retry-After', '9' * 30),))]}) as server:
        begin = time.monotonic()
        ask(bench, events, [request(server.url('/x'))], {'deadline': '5s'})
        error = only(failures(bench))
        assert error['cause'] == 'retry_after_exceeds_deadline' and error['attempts'] == 1, error
        assert error['elapsed_ms'] <= 300 and time.monotonic() - begin < 5, error


def back_off_grows_and_is_capped(bench):
    """Full jitter: between 0 and base * 2^n, never above the cap."""
    events = numbered(bench, 60, keys=60)
    with FaultServer({'/': [Reply(503)]}) as server:
        ask(bench, events, [request(server.url('/{/revision/rev_id}'))],
            {'retry': {'base': '100ms', 'cap': '200ms', 'attempts': 5, 'budget_percent': 1000},
             'breaker': {'failures': 0}})
        delays = {n: [] for n in range(4)}
        for path in {asked.path for asked in server.log}:
            times = [asked.at for asked in server.log_of(path)]
            assert len(times) == 5, path
            for n in range(4):
                delays[n].append(times[n + 1] - times[n])
    assert max(delays[0]) <= 3 * 0.1 + 0.2 and max(delays[3]) <= 3 * 0.2 + 0.2, delays
    assert max(delays[3]) > 0.1 and min(delays[3]) < 0.1, delays[3]


def a_storm_of_503(bench):
    """The budget bounds what a failing host gets; events wait, none is lost, and all goes on after."""
    events = numbered(bench, 600, keys=600)
    end = [None]
    seconds = 300 if FULL else 4

    def weather(asked, n):
        end[0] = end[0] or asked.at + seconds
        return Reply(503) if asked.at < end[0] else Reply()
    with FaultServer({'/': weather}) as server:
        accounting, http = ask(
            bench, events, [request(server.url('/{/revision/rev_id}'))],
            {'retry': {'base': '10ms', 'cap': '500ms', 'attempts': 100, 'budget_window': '1s'},
             'breaker': {'failures': 0}, 'limits': {'concurrency': 16}})
        assert accounting['delivered'] == 600, accounting
        stormy = [asked for asked in server.log if asked.at < end[0]]
        n_first = len({asked.path for asked in stormy})
        assert len(stormy) <= 1.2 * n_first + 10 * (seconds + 1) + 10, (len(stormy), n_first)
        # Twice the cap, times 3.
        assert server.log[-1].at - end[0] <= 3 * 2 * 0.5, server.log[-1].at - end[0]
        assert http['retry_budget_exhausted'] > 0, http
    bench.check(events)


def an_empty_budget_may_be_an_error(bench):
    events = numbered(bench, 100, keys=100)
    with FaultServer({'/': [Reply(503)]}) as server:
        accounting, _ = ask(bench, events, [request(server.url('/{/revision/rev_id}'))],
                            {'retry': {'base': '1ms', 'cap': '2ms', 'budget_percent': 0,
                                       'budget_per_second': 1, 'budget_empty': 'error'},
                             'breaker': {'failures': 0}})
        assert accounting['errored'] == 100, accounting
        causes = [error['cause'] for error in failures(bench)]
        assert causes.count('retry_budget_exhausted') >= 80, causes


def the_breaker_leaves_a_dead_host_alone(bench):
    """After so many failures in a row one request at a time asks whether it is back."""
    events = numbered(bench, 300, keys=300)
    back = [None]

    def dead(asked, n):
        back[0] = back[0] or asked.at + 2
        return Reply(500) if asked.at < back[0] else Reply()
    with FaultServer({'/': dead}) as server:
        accounting, http = ask(
            bench, events, [request(server.url('/{/revision/rev_id}'))],
            {'retry': {'base': '1ms', 'cap': '2ms', 'attempts': 50, 'budget_percent': 1000},
             'breaker': {'failures': 20, 'base': '200ms', 'cap': '400ms'},
             'limits': {'concurrency': 8}})
        assert accounting['delivered'] == 300, accounting
        assert http['breaker_opened'] >= 2, http
        n_dead = len([asked for asked in server.log if asked.at < back[0]])
        assert n_dead <= 20 + 8 + 20, n_dead
        # Both told, once each, however often it was asked in between.
        for text in ('a host is left alone', 'a host answers again'):
            found = log_fields(said(bench.processes[-1]), text)
            assert len(found) == 1 and found[0]['host'] == server.url('/'), (text, found)
    bench.check(events)


def drain_during_back_off(bench):
    """SIGTERM ends the pause at once; the event is read again by the next run."""
    events = numbered(bench, 50, keys=50)
    down = [True]
    with FaultServer({'/': lambda asked, n: Reply(503) if down[0] else Reply()}) as server:
        config = job(bench, events, [request(server.url('/{/revision/rev_id}'))],
                     {'retry': {'base': '60s', 'cap': '60s', 'attempts': 100}})
        process = bench.start('run', '--config', config)
        wait_until(lambda: len(server.log) >= 20, 'first attempts')
        begin = time.monotonic()
        process.terminate()
        run = bench.finish(process).must(0)
        assert time.monotonic() - begin < 15
        assert adds_up(run.accounting)['returned'] >= 45, run.accounting
        down[0] = False
        again = bench.run(config).must(0)
        assert adds_up(again.accounting)['delivered'] >= 45, again.accounting
    bench.check(events)


def drain_while_a_reply_is_awaited(bench):
    """What is under way may still end; what has not begun is given back."""
    events = numbered(bench, 200, keys=200)
    with FaultServer({'/': [Reply(delay=1.5)]}) as server:
        config = job(bench, events, [request(server.url('/{/revision/rev_id}'))],
                     {'limits': {'concurrency': 8}})
        process = bench.start('run', '--config', config)
        wait_until(lambda: len(server.log) >= 8, 'requests')
        process.terminate()
        first = adds_up(bench.finish(process).must(0).accounting)
        assert first['delivered'] >= 8 and first['returned'] >= 100, first
        server.plans = [('/', [Reply()])]
        second = adds_up(bench.run(config).must(0).accounting)
        assert first['delivered'] + second['delivered'] == 200, (first, second)
    bench.check(events)


if __name__ == '__main__':
    main([statuses_that_pass_are_tried_four_times, statuses_that_stay_are_asked_once,
          a_second_attempt_may_succeed, a_page_that_appears_later, a_page_that_never_appears,
          api_errors_inside_a_200, retry_after_is_obeyed_by_all, retry_after_that_means_nothing,
          retry_after_beyond_the_deadline, back_off_grows_and_is_capped, a_storm_of_503,
          an_empty_budget_may_be_an_error, the_breaker_leaves_a_dead_host_alone,
          drain_during_back_off, drain_while_a_reply_is_awaited])
