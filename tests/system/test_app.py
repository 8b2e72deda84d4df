# SPDX-License-Identifier: Apache-2.0
"""The tutorial's application: the same configuration, the same result as the built-in step."""

import os
import pathlib
import re
import subprocess

from weirtest import Bench, ERRORS, Skip, adds_up, is_sanitized, main


def outputs(bench, out):
    sink = [pathlib.Path(part).read_bytes() for part in bench.parts(out=out)]
    errors = [without_times(line) for line in bench.lines(ERRORS, out)]
    return sink, errors


def without_times(line):
    return re.sub(rb'"dt":"[^"]*"|"id":"[^"]*"|"emitter_id":"[^"]*"', b'', line)


def app_config(bench, events, out, steps):
    to_out = {'options': {'uri': str(bench.path(out))}}
    return bench.file_config(events, f'{out}.yaml', sink=to_out, error_sink=to_out, steps=steps,
                             job_name=None, partition_by=None if steps is None else
                             ['/wiki_id', '/page/page_id'], workers=1)


def call_app(bench, program, *arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, cwd=bench.dir,
                          timeout=60, check=False)


def same_result_as_the_built_in_step(bench: Bench):
    events = bench.generate('in.ndjson', events=1000, keys=100, faults=20, canaries=10)
    step = {'set': {'path': '/revision/content_slots/main/content_body', 'value': 'content body'}}
    adds_up(bench.run(app_config(bench, events, 'built_in', [step])).must(0).accounting)
    # Without a command: the tutorial's form.
    run = call_app(bench, bench.app, '--config', app_config(bench, events, 'app', None))
    assert run.returncode == 0, run.stderr.decode()
    assert re.search(r'\naccounting read=1000 ', run.stderr.decode()), run.stderr.decode()
    assert outputs(bench, 'app') == outputs(bench, 'built_in')
    bench.check(events, 'app')
    assert bench.path('app', '.weir', 'event_platform_app', '0', 'checkpoint').exists()


def has_the_command_line_of_weir(bench):
    for arguments in (['--help'], ['--version'], ['help', 'run']):
        run = call_app(bench, bench.app, *arguments)
        assert run.returncode == 0 and b'event_platform_app' in run.stdout, (arguments, run)
    assert call_app(bench, bench.app, 'no-such-command').returncode == 64


def builds_against_what_is_installed(bench):
    """With nothing but the installed headers, library and pkg-config file; as C and as C++."""
    stage = bench.path('stage')
    run = subprocess.run(['meson', 'install', '-C', bench.build_root, '--no-rebuild', '--destdir',
                          str(stage)], capture_output=True, check=False, timeout=120)
    assert run.returncode == 0, run.stdout.decode() + run.stderr.decode()
    found = list(stage.rglob('weir.pc'))
    assert len(found) == 1, found
    environment = {**os.environ, 'PKG_CONFIG_PATH': str(found[0].parent),
                   'PKG_CONFIG_SYSROOT_DIR': str(stage)}
    flags = subprocess.run(['pkg-config', '--cflags', '--libs', 'weir'], capture_output=True,
                           check=True, env=environment).stdout.decode().split()
    library = next(stage.rglob('libweir.so')).parent
    source = bench.source_root / 'tests/system/event_platform_app.c'
    program = bench.path('app')
    if is_sanitized(library / 'libweir.so'):
        raise Skip('a library with sanitizers asks for their flags')
    subprocess.run(['cc', '-Wall', '-Wextra', '-Werror', '-o', str(program), str(source), *flags,
                    f'-Wl,-rpath,{library}'], check=True, timeout=60)
    events = bench.generate('in.ndjson', events=50)
    run = call_app(bench, program, '--config', app_config(bench, events, 'out', None))
    assert run.returncode == 0, run.stderr.decode()
    bench.check(events)
    for header in stage.rglob('include/weir/*.h'):
        for language, options in (('c', ['-std=c11', '-pedantic']), ('c++', ['-std=c++17'])):
            subprocess.run(['cc', '-x', language, *options, '-Wall', '-Wextra', '-Werror',
                            '-fsyntax-only', '-I', str(header.parent.parent), '-'],
                           input=f'#include <weir/{header.name}>\nint unused;\n'.encode(),
                           check=True, timeout=60)


main([same_result_as_the_built_in_step, has_the_command_line_of_weir,
      builds_against_what_is_installed])
