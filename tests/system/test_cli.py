# SPDX-License-Identifier: Apache-2.0
"""The command line: help, configuration errors, exit codes, what is not built yet."""

import json
import re
import shutil
import subprocess

from weirtest import Bench, SINK, Skip, adds_up, main

COMMANDS = ('run', 'check', 'serve')


def help_and_version(bench: Bench):
    text = bench.call('--help').must(0).stdout
    for command in COMMANDS:
        assert re.search(rf'\b{command}\b', text), command
        assert bench.call('help', command).must(0).stdout, command
    keys = bench.call('help', 'config').must(0).stdout
    for key in ('stream_manager.source.options.since', 'stream_manager.steps[].set.path',
                'stream_manager.checkpoint.interval'):
        assert f'`{key}`' in keys, key
    assert re.fullmatch(r'weir \d+\.\d+\.\d+.*\n(?s:.*)', bench.call('--version').must(0).stdout)


def usage_errors(bench):
    events = bench.generate('in.ndjson', events=5)
    config = bench.file_config(events)
    for arguments in ([], ['no-such-command'], ['run'], ['run', '--no-such-option'],
                      ['run', '--config', config, '--limit', 'many'],
                      ['run', '--config', config, '--set', 'no-equals-sign'],
                      ['run', '--config', config, 'too', 'many'],
                      ['serve'], ['serve', events, '--listen', 'nowhere'],
                      ['serve', events, '--cut-after', '-1'], ['help', 'no-such-command']):
        run = bench.call(*arguments).must(64)
        assert run.stderr.strip(), arguments


def config_without_a_command_runs(bench):
    events = bench.generate('in.ndjson', events=20)
    adds_up(bench.call('--config', bench.file_config(events)).must(0).accounting)
    bench.check(events)


def configuration_errors(bench):
    """78, with file, line and column, the key's whole path, and the nearest name."""
    good = '''stream_manager:
  partition_by: [/wiki_id]
  source: { connector: file, stream: s.v1:1.0.0, options: { uri: in.ndjson } }
  sink: { connector: file, stream: app.sink:1.0.0, options: { uri: out } }
'''
    for text, line, said in (
            (good + '  wokers: 2\n', 5, r'stream_manager\.wokers.*workers'),
            (good + '  workers: many\n', 5, r'stream_manager\.workers'),
            (good + '  max_in_flight: -1\n', 5, r'stream_manager\.max_in_flight'),
            (good + '  memory_limit: 12 parsecs\n', 5, r'stream_manager\.memory_limit'),
            (good + '  batch: { linger: 1fortnight }\n', 5, r'stream_manager\.batch\.linger'),
            (good + '  steps: [ { sett: { path: /a, value: b } } ]\n', 5, r'set'),
            (good + '  steps: [ { set: { path: a, value: b } } ]\n', 5, r'path'),
            (good + '  workers: 1\n  workers: 2\n', 6, r'workers'),
            # What is only found when a step is compiled.
            (good + '  steps:\n    - http: { url: "http://h/{a", into: /a }\n', 6,
             r'stream_manager\.steps\[0\]: http\.url: a single \{'),
            (good + '  steps:\n    - remove: { path: /a }\n'
             '    - http: { url: "https://{/meta/domain}/", into: /a }\n', 7,
             r'stream_manager\.steps\[1\]: http: .*needs a list of hosts'),
            (good + '  steps:\n    - page_content: {}\n', 6,
             r'stream_manager\.steps\[0\]: page_content: endpoint is missing'),
            (good + '  steps:\n    - page_content: { endpoint: "https://{/wiki_id}/", hosts: [ a ] }\n', 6,
             r'stream_manager\.steps\[0\]: page_content: endpoint: only \{/meta/domain\} may stand'),
            (good + '  steps:\n    - page_content: { endpoint: "https://{/meta/domain}/" }\n', 6,
             r'stream_manager\.steps\[0\]: page_content: .*needs a list of hosts'),
            (good + '  workers: [1\n', None, r''),
            (good.replace('file, stream: app', 'flie, stream: app'), 4, r'file')):
        path = bench.path('bad.yaml')
        path.write_text(text)
        for command in ('run', 'check'):
            run = bench.call(command, '--config', path).must(78)
            place = rf'bad\.yaml:{line}:\d+' if line else r'bad\.yaml:\d+:\d+'
            assert re.search(place, run.stderr), (text, run.stderr)
            assert re.search(said, run.stderr, re.S), (said, run.stderr)
    bench.call('run', '--config', bench.path('no-such-file.yaml')).must(78)


def what_is_not_built_says_so(bench):
    events = bench.generate('in.ndjson', events=5)
    kafka = {'connector': 'kafka', 'options': {'uri': None, 'bootstrap_servers': 'localhost:9092',
                                               'topics': ['a'], 'consumer_group': 'g'}}
    run = bench.run(bench.config(kafka)).must(78)
    assert 'kafka' in run.stderr, run.stderr
    for arguments in (['new', 'app'], ['test', '--config', bench.file_config(events)],
                      ['replay', '--config', bench.file_config(events)]):
        run = bench.call(*arguments)
        assert run.code in (64, 78), (arguments, run.code)
        assert re.search(r'not (built|there|yet)|later', run.stderr), run.stderr


def check_says_what_will_happen(bench):
    config = bench.file_config(bench.generate('in.ndjson', events=5))
    text = bench.call('check', '--config', config).must(0).stdout
    assert 'file' in text and 'app.sink' in text, text
    assert not bench.path('out').exists(), 'check writes nothing'


def printed_configuration_is_the_same(bench):
    """The effective configuration loads again to itself."""
    config = bench.file_config(bench.generate('in.ndjson', events=5), workers=3)
    first = bench.call('check', '--config', config, '--print-config').must(0).stdout
    assert re.search(r'workers:\s*3', first), first
    printed = bench.path('printed.yaml')
    printed.write_text(first)
    second = bench.call('check', '--config', printed, '--print-config').must(0).stdout

    def without_origins(text):
        return re.sub(r'\s+#.*', '', text)
    assert without_origins(first) == without_origins(second)


def shipped_configurations_load(bench):
    for name in ('embedded.yaml', 'live.yaml'):
        config = bench.source_root / 'config' / name
        run = subprocess.run([bench.weir, 'check', '--config', config], cwd=bench.source_root,
                             capture_output=True, check=False, timeout=60)
        assert run.returncode == 0 and b'schema  error 2.1.0' in run.stdout, run


def values_from_everywhere(bench):
    """Files, then the environment, then --set; ${NAME} and ${NAME:-default} in values."""
    events = bench.generate('in.ndjson', events=50)
    config = bench.file_config('${WEIR_TEST_INPUT}', workers='${NO_SUCH_NAME:-2}', steps=[])
    more = bench.path('more.yaml')
    more.write_text('stream_manager: { steps: [ { set: { path: /comment, value: more } } ] }')
    environment = {'WEIR_TEST_INPUT': str(events), 'WEIR_STREAM_MANAGER__JOB_NAME': 'other',
                   'WEIR_NO_SUCH_KEY': '1'}
    run = bench.call('run', '--config', config, '--config', more, '--set',
                     'stream_manager.job_name=app', env=environment).must(0)
    adds_up(run.accounting)
    assert 'WEIR_NO_SUCH_KEY' in run.stderr, run.stderr
    lines = [json.loads(line) for line in bench.lines()]
    assert len(lines) == 50 and all(event['comment'] == 'more' for event in lines)
    assert bench.state.is_dir(), 'the job is named app'


def log_formats(bench):
    config = bench.file_config(bench.generate('in.ndjson', events=5))
    for name, field in (('json', 'msg'), ('ecs', 'message')):
        run = bench.run(config, '--log-format', name).must(0)
        logged = [line for line in run.stderr.splitlines() if line.startswith('{')]
        for line in logged:
            assert field in json.loads(line), line
        assert logged, run.stderr


def secrets_are_not_shown(bench):
    secret = 'hunter2-hunter2'
    events = bench.generate('in.ndjson', events=5)
    with bench.serving(events) as url:
        config = bench.sse_config(url.replace('://', f'://user:{secret}@'))
        texts = [bench.call('check', '--config', config, '--print-config'),
                 bench.call('check', '--config', config), bench.run(config, '--limit', 5)]
    for run in texts:
        assert secret not in run.stdout + run.stderr, run.stdout + run.stderr


def unit_is_sandboxed(bench):
    """systemd's own score for the unit that is shipped: 1.5 at most."""
    tool = shutil.which('systemd-analyze')
    if tool is None:
        raise Skip('systemd-analyze is not there')
    run = subprocess.run([tool, 'security', '--offline=yes', '--no-pager', '--threshold=15',
                          str(bench.source_root / 'config/weir.service')], capture_output=True,
                         check=False, timeout=60)
    text = (run.stdout + run.stderr).decode()
    if 'Overall exposure' not in text:
        raise Skip(f'systemd-analyze cannot tell: {text.strip()[-100:]}')
    assert run.returncode == 0, text


def blank_lines_are_no_events(bench):
    events = bench.generate('in.ndjson', events=5)
    lines = events.read_bytes()
    events.write_bytes(b'\n \r\n' + lines + b'\t\n')
    run = bench.call('check', '--config', bench.file_config(events), '--events', events).must(0)
    assert '5 good, 0 dropped, 0 bad' in run.stdout, run.stdout


def sinks_that_meet_their_like(bench):
    """Two sinks of one name in one directory, and a directory that is read and written: 78."""
    events = bench.generate('in.ndjson', events=5)
    both = bench.file_config(events, error_sink={'stream': SINK + ':1.1.0'})
    run = bench.call('check', '--config', both).must(78)
    assert re.search(r'config\.yaml:\d+:\d+: stream_manager\.error_sink\.stream', run.stderr), run
    run = bench.run(bench.file_config(bench.path('out'))).must(78)
    assert re.search(r'config\.yaml:\d+:\d+: stream_manager\.source\.options\.uri', run.stderr), run


main([help_and_version, usage_errors, config_without_a_command_runs, configuration_errors,
      what_is_not_built_says_so, check_says_what_will_happen, printed_configuration_is_the_same,
      shipped_configurations_load, values_from_everywhere, log_formats, secrets_are_not_shown,
      unit_is_sandboxed, blank_lines_are_no_events, sinks_that_meet_their_like])
