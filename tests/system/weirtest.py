# SPDX-License-Identifier: Apache-2.0
"""What the system tests share: the programs, configurations, runs, servers, and what came out.

A test file calls main(cases). Each case gets a Bench, an empty directory to work in; it passes when
it returns, is skipped when it raises Skip, and fails on anything else. The process exits 0, 77 when
every case was skipped (meson's skip), or 1.
"""

import argparse
import collections
import contextlib
import glob
import gzip
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

SINK = 'app.sink'
ERRORS = 'app.error'
BODY = 'content body'
INSERTED = b',"content_body":"content body"'
# What looks streams and schemas up.
STREAM_RULES = ('project', 'validate', 'stamp')
SET_STEP = {'set': {'path': '/revision/content_slots/main/content_body', 'value': BODY}}

FULL = os.environ.get('WEIR_TEST_FULL') == '1'

# Long enough for a sanitizer on a busy machine; nothing waits that long when all is well, but for the storms of
# the full tests.
PATIENCE = 900 if FULL else 120


class Skip(Exception):
    """The machine lacks what the case needs."""


class Run:
    """How a finished process ended, and what it said."""

    def __init__(self, code, stdout, stderr, seconds):
        self.code = code
        self.stdout = stdout
        self.stderr = stderr
        self.seconds = seconds

    @property
    def accounting(self):
        """The numbers of the last line, which must be the accounting."""
        lines = self.stderr.rstrip('\n').split('\n')
        match = re.fullmatch(
            r'accounting read=(\d+) delivered=(\d+) dropped=(\d+) errored=(\d+) returned=(\d+) '
            r'in_flight=(\d+) seconds=(\d+(?:\.\d+)?)', lines[-1])
        assert match, f'the last line is no accounting: {lines[-1]!r}\n{self.stderr[-2000:]}'
        names = ('read', 'delivered', 'dropped', 'errored', 'returned', 'in_flight')
        numbers = dict(zip(names, map(int, match.groups())))
        numbers['seconds'] = float(match.group(7))
        return numbers

    def log_fields(self, message):
        """The key=value pairs of each log line with this message."""
        return log_fields(self.stderr, message)

    def must(self, code):
        """Fails with what was said unless the process ended with code."""
        assert self.code == code, f'exit {self.code}, not {code}: {self.stderr[-3000:]}'
        return self


def is_sanitized(program):
    """Whether it was built with a sanitizer, which takes memory of its own and asks for flags."""
    return re.search(rb'lib[at]san', pathlib.Path(program).read_bytes()) is not None


def log_fields(text, message):
    found = []
    for line in text.split('\n'):
        if f'msg="{message}"' in line:
            pairs = re.findall(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|\S*)', line)
            found.append({name: value.strip('"') for name, value in pairs})
    return found


def adds_up(accounting):
    """Promise 1: nothing is left in flight, and everything read went somewhere."""
    parts = ('delivered', 'dropped', 'errored', 'returned')
    assert accounting['in_flight'] == 0, accounting
    assert accounting['read'] == sum(accounting[part] for part in parts), accounting
    return accounting


def merge(base, changes):
    """Maps merge, everything else replaces; None removes."""
    merged = dict(base)
    for name, value in changes.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = merge(merged[name], value)
        else:
            merged[name] = value
    return merged


class Bench:
    """A directory to work in, and the programs."""

    def __init__(self, args, directory):
        self.weir = args.weir
        self.gen = args.gen
        self.checker = args.check
        self.app = args.app
        self.source_root = pathlib.Path(args.source_root)
        self.build_root = args.build_root
        self.dir = pathlib.Path(directory)
        self.processes = []

    def path(self, *names):
        return self.dir.joinpath(*names)

    # Inputs

    def generate(self, name, **options):
        """Writes numbered events; returns the path."""
        path = self.path(name)
        arguments = [self.gen]
        for option, value in options.items():
            arguments += ['--' + option, str(value)]
        with open(path, 'wb') as out:
            subprocess.run(arguments, stdout=out, check=True, timeout=PATIENCE)
        return path

    def config(self, source, name='config.yaml', **changes):
        """Writes a configuration (JSON is YAML) with the tests' sinks; returns the path."""
        manager = {
            'job_name': 'app',
            'partition_by': ['/wiki_id', '/page/page_id'],
            'source': merge({'stream': 'mediawiki.page_change.v1:1.1.0', 'options': {}}, source),
            'sink': {'connector': 'file', 'stream': SINK + ':1.1.0',
                     'options': {'uri': str(self.path('out'))}},
            'error_sink': {'connector': 'file', 'stream': ERRORS + ':2.1.0',
                           'options': {'uri': str(self.path('out'))}},
            'steps': [SET_STEP],
            # Events as the patches leave them; tests of streams ask for more.
            **dict.fromkeys(STREAM_RULES, False),
        }
        path = self.path(name)
        text = json.dumps({'stream_manager': merge(manager, changes)}, indent=1)
        path.write_text(text, encoding='utf-8')
        return path

    def file_config(self, uri, name='config.yaml', options=None, **changes):
        source = {'connector': 'file', 'options': merge({'uri': str(uri)}, options or {})}
        return self.config(source, name, **changes)

    def sse_config(self, url, name='config.yaml', options=None, **changes):
        stream = url + '/v2/stream/mediawiki.page_change.v1'
        source = {'connector': 'sse', 'options': merge({'url': stream}, options or {})}
        return self.config(source, name, **changes)

    # Processes

    def start(self, *arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, log=None, env=None,
              program=None):
        """Starts weir, or an application; its stderr goes to the file log (default: one of its own)."""
        log = log or self.path(f'stderr.{len(self.processes)}')
        with open(log, 'wb') as stderr:
            process = subprocess.Popen([program or self.weir, *map(str, arguments)], stdin=stdin, stdout=stdout,
                                       stderr=stderr, cwd=self.dir,
                                       env={**os.environ, **(env or {})})
        process.log = pathlib.Path(log)
        process.started = time.monotonic()
        self.processes.append(process)
        return process

    def finish(self, process, timeout=PATIENCE):
        """Waits for a process to end."""
        try:
            stdout, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise AssertionError(f'{process.args[1:]} did not end within {timeout} s: '
                                 + said(process)[-3000:]) from None
        return Run(process.returncode, (stdout or b'').decode('utf-8', 'replace'), said(process),
                   time.monotonic() - process.started)

    def call(self, *arguments, stdin=None, timeout=PATIENCE, env=None):
        """Runs weir to its end; stdin is bytes."""
        if stdin is None:
            return self.finish(self.start(*arguments, env=env), timeout)
        with tempfile.TemporaryFile() as file:
            file.write(stdin)
            file.seek(0)
            return self.finish(self.start(*arguments, stdin=file, env=env), timeout)

    def run(self, config, *arguments, **options):
        return self.call('run', '--config', config, *arguments, **options)

    @contextlib.contextmanager
    def serving(self, events, *arguments, listen='127.0.0.1:0'):
        """weir serve; gives its URL. The process is on .server."""
        process = self.start('serve', events, '--listen', listen, *arguments)
        try:
            yield self.wait_listening(process)
        finally:
            self.stop(process)

    def wait_listening(self, process):
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        line = process.stdout.readline().decode() if ready else ''
        match = re.search(r'listening url=(http://127\.0\.0\.1:\d+)', line)
        assert match, f'serve said {line!r}: {said(process)}'
        self.server = process
        return match.group(1)

    def stop(self, process, how=signal.SIGTERM):
        """Ends a process of ours that may be running still."""
        if process.poll() is None:
            process.send_signal(how)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout:
            process.stdout.close()

    def close(self):
        for process in self.processes:
            self.stop(process, signal.SIGKILL)

    # Outputs

    @property
    def state(self):
        return self.path('out', '.weir', 'app', '0')

    def parts(self, stream=SINK, out='out'):
        return sorted(glob.glob(glob.escape(str(self.path(out, stream))) + '.[0-9]*.ndjson*'))

    def lines(self, stream=SINK, out='out'):
        """Every line of a sink, in order; a torn one fails."""
        lines = []
        for part in self.parts(stream, out):
            data = unpack(part)
            assert data == b'' or data.endswith(b'\n'), f'{part} ends in a torn line'
            lines += data.split(b'\n')[:-1]
        return lines

    def n_written(self):
        """How many lines both sinks hold now, half lines not counted."""
        return sum(pathlib.Path(part).read_bytes().count(b'\n')
                   for part in self.parts(SINK) + self.parts(ERRORS))

    def undo_shift(self, events, shift):
        """Takes back, in the parts, what a server that counts otherwise added to offsets."""
        originals = set(pathlib.Path(events).read_bytes().split(b'\n'))

        def original(line):
            if line.replace(INSERTED, b'') in originals:
                return line
            return re.sub(rb'"offset":(\d+)',
                          lambda match: b'"offset":%d' % (int(match.group(1)) - shift), line)
        for part in self.parts(SINK):
            lines = pathlib.Path(part).read_bytes().split(b'\n')
            pathlib.Path(part).write_bytes(b'\n'.join(map(original, lines)))

    def check(self, events, out='out'):
        """The checker's counts; fails on any fault."""
        counts, code, text = self.compare(events, out)
        assert code == 0, text
        return counts

    def compare(self, events, out='out'):
        self.unpack_parts(out)
        result = subprocess.run([self.checker, str(events), str(self.path(out, SINK)),
                                 str(self.path(out, ERRORS))], capture_output=True, check=False,
                                timeout=PATIENCE)
        text = (result.stdout + result.stderr).decode('utf-8', 'replace')
        counts = {name: int(value) for name, value in re.findall(r'(\w+)=(\d+)', text.split('\n')[0])}
        return counts, result.returncode, text

    def unpack_parts(self, out):
        for part in self.parts(SINK, out) + self.parts(ERRORS, out):
            if part.endswith('.zst'):
                pathlib.Path(part[:-4]).write_bytes(unpack(part))
                os.unlink(part)


def unpack(path):
    if str(path).endswith('.zst'):
        return subprocess.run(['zstd', '-dcq', str(path)], stdout=subprocess.PIPE, check=True).stdout
    if str(path).endswith('.gz'):
        with gzip.open(path) as file:
            return file.read()
    return pathlib.Path(path).read_bytes()


def said(process):
    return process.log.read_text(encoding='utf-8', errors='replace')


def wait_until(condition, what, timeout=PATIENCE, step=0.002):
    """Polls until condition() is true; returns its value."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(step)
    raise AssertionError(f'{what}: not within {timeout} s')


def shared(*names):
    """A file of the outside suites; skips the case where they are not there."""
    path = pathlib.Path(os.environ.get('WEIR_SHARED', ''), *names)
    if not os.environ.get('WEIR_SHARED') or not path.exists():
        raise Skip(f'{"/".join(names)} is not there (WEIR_SHARED)')
    return path


def run_case(name, case, args):
    """Runs one case; returns its outcome and says it."""
    directory = tempfile.mkdtemp(prefix='weir-test-')
    bench = Bench(args, directory)
    start = time.monotonic()
    outcome, reason = 'ok', ''
    try:
        reason = case(bench) or ''
    except Skip as skip:
        outcome, reason = 'skipped', str(skip)
    except Exception:
        outcome, reason = 'FAILED', f'kept in {directory}'
        traceback.print_exc(file=sys.stdout)
    finally:
        bench.close()
    if outcome != 'FAILED':
        shutil.rmtree(directory, ignore_errors=True)
    print(f'{outcome:8}{time.monotonic() - start:7.2f} s  {name}{": " if reason else ""}{reason}',
          flush=True)
    return outcome


def main(cases):
    """Runs the functions in cases (or those named as arguments)."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--weir', required=True)
    parser.add_argument('--gen', required=True)
    parser.add_argument('--check', required=True)
    parser.add_argument('--source-root', required=True)
    parser.add_argument('--build-root', required=True)
    parser.add_argument('--app', required=True, help='the application of the tutorial')
    parser.add_argument('names', nargs='*')
    args = parser.parse_args()
    for program in ('weir', 'gen', 'check', 'app'):
        setattr(args, program, os.path.abspath(getattr(args, program)))
    outcomes = collections.Counter()
    for case in cases:
        name = case.__name__
        if not args.names or name in args.names:
            outcomes[run_case(name.replace('_', ' '), case, args)] += 1
    print(', '.join(f'{count} {outcome}' for outcome, count in outcomes.items()))
    if outcomes['FAILED'] or not outcomes:
        sys.exit(1)
    sys.exit(0 if outcomes['ok'] else 77)
