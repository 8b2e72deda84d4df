# SPDX-License-Identifier: Apache-2.0
"""Streams and schemas at start: where they are looked up, in which order, and what if not."""

import json
import re
import signal

from platform_server import says, send, serving, status
from weirtest import ERRORS, SINK, adds_up, log_fields, main, merge, said, wait_until

PAGE = 'mediawiki.page_change.v1'
TITLE = 'mediawiki/page/change'
KEY_FIELDS = {'wiki_id': 'wiki_id', 'page_id': 'page.page_id'}


def schema(title, version, **more):
    return json.dumps({'title': title, '$id': f'/{title}/{version}', 'type': 'object', **more})


def equip(platform, base='repo'):
    """All that the usual job needs."""
    platform.streams = {
        PAGE: {'stream': PAGE, 'schema_title': TITLE, 'message_key_fields': KEY_FIELDS,
               'topic_prefixes': ['eqiad.', 'codfw.']},
        SINK: {'schema_title': TITLE},
        ERRORS: {'schema_title': 'error', 'canary_events_enabled': False},
    }
    platform.put(TITLE, '1.1.0', schema(TITLE, '1.1.0'), base)
    platform.put('error', '2.1.0', schema('error', '2.1.0'), base)


def configure(bench, uris, bases, http=None, **changes):
    """A job on a file of events that validates, without a cache unless changes say so."""
    events = bench.path('in.ndjson')
    if not events.exists():
        bench.generate('in.ndjson', events=20)
    usual = {'validate': True, 'stream_config_uri': uris, 'schema_uris': bases,
             'schema_cache': 'none', 'startup_timeout': '20s'}
    path = bench.file_config(events)
    whole = merge(json.loads(path.read_text()), {'stream_manager': usual})
    path.write_text(json.dumps(merge(whole, {'stream_manager': changes, 'http': http or {}})))
    return path


def check(bench, *arguments, code=0, **options):
    return bench.call('check', '--config', configure(bench, *arguments, **options)).must(code)


def untouched(bench):
    """A start that failed has left nothing behind."""
    assert not bench.path('out').exists(), list(bench.path('out').iterdir())


def shipped_files_need_no_network(bench):
    """The stream configuration and the schemas that the project ships, of any connector."""
    root = bench.source_root / 'config'
    nowhere = 'http://127.0.0.1:1/w/api.php'
    config = configure(bench, [f'file://{root}/stream_config.yaml', nowhere],
                       [f'file://{root}/schemas/jsonschema'],
                       sink={'stream': 'event_platform_app.sink:1.2.0'},
                       error_sink={'stream': 'event_platform_app.error:2.1.0'})
    run = bench.call('check', '--config', config).must(0)
    assert re.search(
        rf'^reads +{PAGE}:1\.1\.0 from .*\n'
        rf' +schema  {TITLE} 1\.1\.0\n'
        rf' +topics  eqiad\.{PAGE} codfw\.{PAGE}\n'
        r' +key     /wiki_id /page/page_id\n'
        r'order +kept per key: /wiki_id /page/page_id\n'
        r'(?:.*\n)*'
        r'writes +event_platform_app\.sink:1\.2\.0 to .*\n'
        rf' +schema  {TITLE} 1\.2\.0\n'
        r' +topics  event_platform_app\.sink\n'
        r' +key     /wiki_id /page/page_id\n'
        r'errors +event_platform_app\.error:2\.1\.0 to .*\n'
        r' +schema  error 2\.1\.0\n'
        r' +topics  event_platform_app\.error\n', run.stdout, re.M), run.stdout
    assert 'not looked up' not in run.stdout, run.stdout
    untouched(bench)


def nothing_is_looked_up_unasked(bench):
    config = configure(bench, 'http://127.0.0.1:1/w/api.php', ['http://127.0.0.1:1/'],
                       validate=False)
    run = bench.call('check', '--config', config).must(0)
    assert 'schemas     not looked up' in run.stdout, run.stdout
    adds_up(bench.run(config).must(0).accounting)


def api_and_repository(bench):
    """A key that is not configured comes from the stream's configuration; all is asked for once."""
    with serving() as platform:
        equip(platform)
        platform.streams['other'] = platform.streams.pop(PAGE)
        config = configure(bench, platform.api, [platform.base()], partition_by=None,
                           source={'stream': 'other:1.1.0'},
                           http={'contact': 'test@example.org'})
        run = bench.call('check', '--config', config).must(0)
        assert 'kept per key: /wiki_id /page/page_id' in run.stdout, run.stdout
        assert platform.paths == [
            '/w/api.php?format=json&action=streamconfigs&all_settings=true&streams='
            f'other%7C{SINK}%7C{ERRORS}',
            f'/repo/{TITLE}/1.1.0', '/repo/error/2.1.0'], platform.paths
        agents = {agent for _, _, agent in platform.requests}
        assert len(agents) == 1 and re.fullmatch(
            r'app weir/[0-9.]+ \(test@example\.org\)', agents.pop()), platform.requests
        counts = adds_up(bench.run(config).must(0).accounting)
        assert counts['delivered'] == 20, counts
        run = bench.call('check', '--config', config, '--events', bench.path('in.ndjson')).must(0)
        assert '20 good' in run.stdout, run.stdout
        # Without message_key_fields there is nothing that the key could be.
        del platform.streams['other']['message_key_fields']
        run = bench.call('check', '--config', config).must(78)
        assert 'stream_manager.partition_by: missing' in run.stderr, run.stderr
        assert 'stream other has no message_key_fields' in run.stderr, run.stderr


def first_base_lacks_it(bench):
    """404 at the first base, garbage at the second, a page of another status at the third."""
    with serving() as platform:
        equip(platform, 'good')
        platform.faults['/garbage'] = [says('<!DOCTYPE html>')] * 6
        platform.faults['/denied'] = [status(403)] * 6
        bases = [platform.base(name) for name in ('empty', 'garbage', 'denied', 'good')]
        check(bench, platform.api, bases)
        assert platform.paths[-1] == '/good/error/2.1.0', platform.paths
        # All of them are named where none has it.
        platform.files.clear()
        platform.faults = {'/garbage': [says('<!DOCTYPE html>')] * 6}
        run = check(bench, platform.api, bases[:2], code=78)
        for base, reason in zip(bases, ('HTTP status 404', 'neither JSON nor YAML')):
            assert f'{base}/{TITLE}/1.1.0 and .yaml, .json: {reason}' in run.stderr, run.stderr


def slow_reply(bench):
    """A base that hangs is passed over."""
    with serving() as platform:
        equip(platform)
        platform.faults['/hangs'] = [platform.hang] * 2
        run = check(bench, platform.api, [platform.base('hangs'), platform.base()],
                    http={'attempt_timeout': '300ms'})
        assert run.seconds < 10, run.seconds


def wrong_title(bench):
    with serving() as platform:
        equip(platform)
        platform.put('error', '2.1.0', schema('error/other', '2.1.0'))
        run = bench.run(configure(bench, platform.api, [platform.base()])).must(78)
        assert re.search(rf'{ERRORS}.*{platform.base()}/error/2\.1\.0: the schema\'s title is '
                         r'.*error/other.*schema_title is .*error', run.stderr), run.stderr
        untouched(bench)


def empty_replies(bench):
    """Nothing at all is no answer of an API; a file of it knows no stream, a schema has no title."""
    with serving() as platform:
        equip(platform)
        platform.faults['/w/api.php'] = [says('')]
        run = check(bench, platform.api, [platform.base()], code=78)
        assert f'{platform.api}: no EventStreamConfig API' in run.stderr, run.stderr
        platform.faults['/repo/error'] = [says('')]
        run = check(bench, platform.api, [platform.base()], code=78)
        assert '/repo/error/2.1.0: the schema\'s title is ""' in run.stderr, run.stderr
    empty = bench.path('empty.yaml')
    empty.write_text('')
    run = check(bench, str(empty), ['/x'], code=78)
    assert f'tried {empty}: does not know' in run.stderr, run.stderr


def unknown_stream(bench):
    with serving() as platform:
        equip(platform)
        del platform.streams[SINK]
        local = bench.path('local.json')
        local.write_text('{"other": {"schema_title": "t"}}')
        run = bench.run(configure(bench, [str(local), platform.api], [platform.base()])).must(78)
        assert re.search(rf'no configuration of stream {re.escape(SINK)}; tried '
                         rf'.*local\.json: does not know .*{platform.api}: does not know '
                         rf'{re.escape(SINK)}', run.stderr), run.stderr
        untouched(bench)
    run = check(bench, str(local), [], code=78)
    assert 'schema_uris' in run.stderr, run.stderr
    run = check(bench, str(local), ['/x'], source={'stream': PAGE}, code=78)
    assert re.search(r'config\.yaml:\d+:\d+: stream_manager\.source\.stream: has no version',
                     run.stderr), run.stderr


def unreachable(bench):
    """69 once startup_timeout is over, naming each place; at once where none is left."""
    with serving() as platform:
        equip(platform)
        dead = 'http://127.0.0.1:1'
        config = configure(bench, [dead + '/w/api.php?token=hunter2'], [platform.base()],
                           startup_timeout='700ms')
        run = bench.run(config).must(69)
        assert run.seconds < 10, run.seconds
        assert re.search(dead + r'/w/api\.php: .*[Cc]onnect', run.stderr), run.stderr
        assert 'hunter2' not in run.stderr, run.stderr
        assert log_fields(run.stderr, 'no answer, asking again'), run.stderr
        config = configure(bench, platform.api, [platform.base('empty'), dead + '/repo'],
                           startup_timeout=0)
        run = bench.run(config).must(69)
        assert re.search(rf'{platform.base("empty")}/{TITLE}/1\.1\.0 and \.yaml, \.json: HTTP status 404; '
                         rf'{dead}/repo/{TITLE}/1\.1\.0: ', run.stderr), run.stderr
        untouched(bench)


def busy_then_fine(bench):
    with serving() as platform:
        equip(platform)
        platform.faults['/w/api.php'] = [status(503), status(429, Retry_After='1')]
        platform.faults['/repo/error'] = [status(503), status(502)]
        run = check(bench, platform.api, [platform.base()])
        assert run.seconds >= 1, 'Retry-After is heeded'
        assert len([path for path in platform.paths if path.startswith('/w/')]) == 3
        assert platform.paths.count('/repo/error/2.1.0') == 3, platform.paths


def offline(bench):
    """A start without the network goes by the copies of the last one, and says so."""
    cache = bench.path('cache')
    environments = (({}, {'schema_cache': str(cache)}),
                    ({'XDG_CACHE_HOME': str(bench.path('xdg'))}, {'schema_cache': None}),
                    ({'CACHE_DIRECTORY': str(bench.path('system')) + ':/other'},
                     {'schema_cache': None}))
    with serving() as platform:
        equip(platform)
        platform.put(TITLE, 'latest', schema(TITLE, '1.3.0'))
        uris, bases = platform.api, [platform.base()]
        changes = {'sink': {'stream': SINK + ':latest'}, 'startup_timeout': '30s'}
        for env, where in environments:
            config = configure(bench, uris, bases, **{**changes, **where})
            text = bench.call('check', '--config', config, env=env).must(0).stdout
            assert f'schema  {TITLE} 1.3.0' in text, text
    for name in ('cache', 'xdg/weir/schemas', 'system'):
        files = [path.name for path in bench.path(name).iterdir()]
        assert len(files) == 6 and all(file.endswith('.json') for file in files), (name, files)
    env, where = environments[0]
    run = bench.run(configure(bench, uris, bases, **{**changes, **where}), env=env).must(0)
    adds_up(run.accounting)
    copies = log_fields(run.stderr, 'no schema repository answers, going by a copy')
    assert {copy['version'] for copy in copies} == {'1.1.0', '1.3.0', '2.1.0'}, run.stderr
    streams = log_fields(run.stderr, 'no stream configuration answers, going by a copy')
    assert {copy['stream'] for copy in streams} == {PAGE, SINK, ERRORS}, run.stderr
    assert all(copy['uri'].startswith(uris) for copy in streams), streams
    config = configure(bench, uris, bases, **{**changes, 'startup_timeout': 0})
    bench.run(config).must(69)
    for path in cache.iterdir():
        path.write_text(path.read_text()[:-20])
    config = configure(bench, uris, bases, **{**changes, **where, 'startup_timeout': 0})
    run = bench.run(config).must(69)
    assert 'a copy in the schema cache cannot be read' in run.stderr, run.stderr


def routes(bench):
    """Requests go where the route says, with the host and the path that were meant."""
    with serving() as platform:
        equip(platform)
        platform.faults['/repo/error/2.1.0'] = [
            lambda handler: send(handler, 302, '', Location='/repo/moved/2.1.0')]
        platform.files['/repo/moved/2.1.0'] = platform.files.pop('/repo/error/2.1.0')
        config = configure(bench, 'https://meta.example/w/api.php',
                           ['http://schema.example:8080/repo'],
                           http_client_routes={'https://meta.example/w/api.php': platform.url,
                                               'http://schema.example:8080': platform.url},
                           http={'max_redirects': 1})
        bench.call('check', '--config', config).must(0)
        hosts = {path.split('?')[0]: host for host, path, _ in platform.requests}
        assert hosts == {'/w/api.php': 'meta.example',
                         f'/repo/{TITLE}/1.1.0': 'schema.example:8080',
                         '/repo/error/2.1.0': 'schema.example:8080',
                         '/repo/moved/2.1.0': 'schema.example:8080'}, platform.requests


def signals_while_it_starts(bench):
    """SIGHUP changes nothing; SIGTERM ends the start, with everything accounted for."""
    with serving() as platform:
        equip(platform)
        platform.faults['/w/api.php'] = [platform.hang] * 9
        config = configure(bench, platform.api, [platform.base()])
        report = bench.path('report.json')
        process = bench.start('run', '--config', config, '--report', report)
        wait_until(lambda: platform.paths, 'the request')
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: 'nothing to re-read' in said(process), 'the answer to SIGHUP')
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        run = bench.finish(process).must(0)
        assert run.seconds < 10 and adds_up(run.accounting)['read'] == 0, run.stderr
        assert log_fields(run.stderr, 'ended before it started')[0]['signal'] == 'TERM', run.stderr
        assert json.loads(report.read_text())['read'] == 0
        untouched(bench)


if __name__ == '__main__':
    main([shipped_files_need_no_network, nothing_is_looked_up_unasked, api_and_repository,
          first_base_lacks_it, slow_reply, wrong_title, empty_replies, unknown_stream, unreachable, busy_then_fine,
          offline, routes, signals_while_it_starts])
