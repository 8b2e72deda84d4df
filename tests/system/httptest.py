# SPDX-License-Identifier: Apache-2.0
"""What the tests of requests share: jobs that ask a fault server, and what came of them."""

import json
import os
import pathlib
import re
import sys

from weirtest import ERRORS, SINK, adds_up

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
# pylint: disable=wrong-import-position,unused-import
from fault_server import OK, FaultServer, Reply  # noqa: E402

BODY = '/revision/content_slots/main/content_body'
QUICK = {'retry': {'base': '10ms', 'cap': '50ms'}}


def request(url, **keys):
    """The step `http` that puts the reply where the checker looks for it."""
    return {'http': {'url': url, 'into': BODY, **keys}}


def job(bench, events, steps, http=None, name='config.yaml', sections=None, options=None, **changes):
    """A configuration that reads events from a file and asks; returns its path."""
    path = bench.file_config(events, name, options=options, steps=steps, **changes)
    whole = json.loads(path.read_text(encoding='utf-8'))
    whole['http'] = {**QUICK, **(http or {})}
    whole.update(sections or {})
    path.write_text(json.dumps(whole, indent=1), encoding='utf-8')
    return path


def numbered(bench, n, name='in.ndjson', **options):
    """Events of which each is delivered when its request is answered."""
    return bench.generate(name, events=n, size=0, faults=0, canaries=0,
                          **{'keys': max(n // 4, 1), **options})


def ask(bench, events, steps, http=None, **changes):
    """Runs such a job to its end; returns its accounting, which adds up, and its report's http."""
    run = bench.run(job(bench, events, steps, http, **changes), '--report', bench.path('report.json'))
    run.must(0)
    report = json.loads(bench.path('report.json').read_text(encoding='utf-8'))
    return adds_up(run.accounting), report['http']


def delivered(bench):
    return [json.loads(line) for line in bench.lines(SINK)]


def failures(bench):
    """What the messages of the error events say, each as a map."""
    return [failure(json.loads(line)) for line in bench.lines(ERRORS)]


def failure(event):
    assert event['error_type'] == 'HTTPError', event
    match = re.match(r'(\S+) (\S+): cause=(\w+) status=(\d+) attempts=(\d+) elapsed_ms=(\d+)'
                     r'(?: detail="(.*)")?$', event['message'])
    assert match, event['message']
    method, url, cause, status, attempts, elapsed, detail = match.groups()
    return {'method': method, 'url': url, 'cause': cause, 'status': int(status),
            'attempts': int(attempts), 'elapsed_ms': int(elapsed), 'detail': detail or ''}


def one_event(bench, name='in.ndjson', **changes):
    """A single event, changed: 'a.b' names what is set."""
    line = numbered(bench, 1, name='one.tmp').read_bytes().split(b'\n')[0]
    event = json.loads(line)
    event.setdefault('meta', {})
    for path, value in changes.items():
        *parents, last = path.split('.')
        at = event
        for parent in parents:
            at = at.setdefault(parent, {})
        at[last] = value
    path = pathlib.Path(bench.path(name))
    path.write_text(json.dumps(event) + '\n', encoding='utf-8')
    return path


def clean(bench):
    """An output like new, for the next row of a table."""
    for part in bench.parts(SINK) + bench.parts(ERRORS):
        os.unlink(part)
    for file in bench.state.glob('*') if bench.state.exists() else ():
        if file.is_file():
            file.unlink()
    for owner in bench.path('out', '.weir').glob('*.owner'):
        owner.unlink()
