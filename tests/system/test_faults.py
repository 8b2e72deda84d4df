# SPDX-License-Identifier: Apache-2.0
"""What goes wrong around the program: disks, files, signals, a second instance."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from weirtest import Bench, ERRORS, SINK, Skip, adds_up, is_sanitized, main, said, wait_until

EVENTS = 3000


def generated(bench: Bench, **options):
    return bench.generate('in.ndjson', **{'events': EVENTS, 'keys': 400, 'faults': 10, 'canaries': 5,
                                          **options})


@contextlib.contextmanager
def small_disk(path, size):
    """A tmpfs of its own; gives a function that makes it bigger."""
    if os.geteuid() != 0:
        raise Skip('mounting a tmpfs takes root')
    path.mkdir()
    mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size}', 'weir-test', str(path)],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        raise Skip(f'cannot mount a tmpfs: {mounted.stderr.decode().strip()}')
    try:
        yield lambda new: subprocess.run(['mount', '-o', f'remount,size={new}', str(path)],
                                         check=True)
    finally:
        subprocess.run(['umount', '-l', str(path)], check=False)


def cpu_seconds(process):
    fields = pathlib.Path(f'/proc/{process.pid}/stat').read_text().rsplit(') ', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def free_bytes(path):
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize


def ends_whole(parts):
    for part in parts:
        data = pathlib.Path(part).read_bytes()
        assert data == b'' or data.endswith(b'\n'), f'{part} ends in a torn line'


def fills_and_goes_on(bench, **changes):
    """Runs into a full disk, rests there without spinning, and goes on when there is room."""
    events = generated(bench)
    with small_disk(bench.path('out'), '2m') as grow:
        process = bench.start('run', '--config', bench.file_config(events, **changes))
        wait_until(lambda: process.poll() is not None
                   or re.search(r'level=(warn|error)', said(process)), 'a word about the full disk')
        assert process.poll() is None, said(process)
        ends_whole(bench.parts())
        before, start = cpu_seconds(process), time.monotonic()
        time.sleep(1)
        busy = (cpu_seconds(process) - before) / (time.monotonic() - start)
        assert busy < 0.2, f'{busy:.0%} of a processor while the disk is full'
        assert len(said(process).split('\n')) < 100, 'a log line for every try'
        grow('64m')
        run = bench.finish(process).must(0)
        adds_up(run.accounting)
        bench.check(events)


def disk_full(bench):
    fills_and_goes_on(bench)


def disk_full_with_the_state_elsewhere(bench):
    fills_and_goes_on(bench, checkpoint={'dir': str(bench.path('state')), 'interval': '20ms'})


def resident_peak(process):
    """In bytes; 0 once the process has ended."""
    status = pathlib.Path(f'/proc/{process.pid}/status').read_text()
    match = re.search(r'VmHWM:\s+(\d+) kB', status)
    return int(match.group(1)) * 1024 if match else 0


def memory_while_the_disk_is_full(bench):
    """Events that grow on their way wait for the disk within the memory limit."""
    if is_sanitized(bench.weir):
        raise Skip('a sanitizer has memory of its own')
    lines = {'expand': b'{"a":"' + b'\x01' * 15000000 + b'"}\n',
             'dense': b'{"wiki_id":"w","page":{"page_id":%d},"a":[' + b'[],' * 5000000 + b'1]}\n'}
    for name, line in lines.items():
        events = bench.path(name + '.ndjson')
        with open(events, 'wb') as file:
            for number in range(24):
                file.write(line.replace(b'%d', b'%d' % number))
        limit = 512 << 20
        uri = bench.path(name)
        with small_disk(uri, '2m'):
            process = bench.start('run', '--config', bench.file_config(
                events, name + '.yaml', memory_limit=limit, workers=8, batch={'max_bytes': '8MiB'},
                sink={'options': {'uri': str(uri)}}, error_sink={'options': {'uri': str(uri)}}))
            wait_until(lambda: process.poll() is not None or 'sink paused' in said(process), 'pause')
            peak = -1
            while peak != resident_peak(process):
                peak = resident_peak(process)
                time.sleep(1)
            assert process.poll() is None, said(process)
            bench.stop(process, signal.SIGKILL)
        assert 32 << 20 < peak < limit + (64 << 20), f'{name}: {peak >> 20} MiB'


def killed_while_the_disk_is_full(bench):
    events = generated(bench)
    with small_disk(bench.path('out'), '2m') as grow:
        config = bench.file_config(events, checkpoint={'interval': '10ms'})
        process = bench.start('run', '--config', config)
        wait_until(lambda: process.poll() is not None
                   or re.search(r'level=(warn|error)', said(process)), 'a word about the full disk')
        assert process.poll() is None, said(process)
        bench.stop(process, signal.SIGKILL)
        grow('64m')
        adds_up(bench.run(config).must(0).accounting)
        bench.check(events)


def sink_that_cannot_be_written(bench):
    """Found out at start: 78."""
    events = generated(bench, events=10)
    in_the_way = bench.path('file')
    in_the_way.write_text('not a directory')
    for uri in (in_the_way / 'out', '/proc/weir-test/out'):
        for sink in ('sink', 'error_sink'):
            config = bench.file_config(events, **{sink: {'options': {'uri': str(uri)}}})
            run = bench.run(config).must(78)
            assert str(uri) in run.stderr, run.stderr


def remove_whole(path):
    """Removes a directory in which somebody may be making files meanwhile."""
    while path.exists():
        shutil.rmtree(path, ignore_errors=True)


def sink_directory_removed(bench):
    """Writing into a directory that is no more cannot be told from success by write() alone."""
    events = generated(bench)
    config = bench.file_config(events, options={'max_rate': 1000}, checkpoint={'interval': '20ms'})
    process = bench.start('run', '--config', config)
    wait_until(lambda: bench.n_written() > 100, 'the first events')
    remove_whole(bench.path('out'))
    run = bench.finish(process).must(74)
    assert str(bench.path('out')) in run.stderr, run.stderr


def stopped_in_the_middle(bench, events, n_events=1000, **changes):
    """A job that has read n_events, checkpointed, and ended. Returns its configuration."""
    config = bench.file_config(events, **changes)
    adds_up(bench.run(config, '--limit', n_events).must(0).accounting)
    return config


def part_cut_behind_our_back(bench):
    events = generated(bench)
    config = stopped_in_the_middle(bench, events)
    part = bench.parts()[-1]
    whole = pathlib.Path(part).read_bytes()
    os.truncate(part, len(whole) - 1)
    run = bench.run(config).must(65)
    assert pathlib.Path(part).name in run.stderr, run.stderr
    assert pathlib.Path(part).stat().st_size == len(whole) - 1, 'the part was touched'
    os.unlink(part)
    bench.run(config).must(65)
    pathlib.Path(part).write_bytes(whole)
    adds_up(bench.run(config).must(0).accounting)
    bench.check(events)


def bytes_behind_the_checkpoint_are_cut(bench):
    events = generated(bench)
    config = stopped_in_the_middle(bench, events)
    with open(bench.parts()[-1], 'ab') as file:
        file.write(b'{"half":"a li')
    run = bench.run(config).must(0)
    assert run.log_fields('checkpoint restored')[0]['cut_bytes'] == '13', run.stderr
    bench.check(events)


def closed_parts_may_be_taken(bench):
    """Files that are not ours, or that somebody has taken away, are no concern."""
    events = generated(bench)
    config = stopped_in_the_middle(bench, events, sink={'options': {'roll': {'bytes': '512KiB'}}})
    parts = bench.parts()
    assert len(parts) > 2, parts
    taken = pathlib.Path(parts[0]).read_bytes()
    os.unlink(parts[0])
    strangers = [bench.path('out', 'notes.txt'), bench.path('out', 'other.000001.ndjson'),
                 bench.path('out', SINK + '.999999.ndjson.bak')]
    for stranger in strangers:
        stranger.write_text('mine')
    adds_up(bench.run(config).must(0).accounting)
    assert not os.path.exists(parts[0])
    for stranger in strangers:
        assert stranger.read_text() == 'mine', stranger
    pathlib.Path(parts[0]).write_bytes(taken)
    bench.check(events)


def output_of_others_stays(bench):
    """Without a checkpoint nothing that is there is cut or deleted, and numbering goes on."""
    events = generated(bench, events=100)
    bench.path('out').mkdir()
    old = bench.path('out', SINK + '.000007.ndjson')
    old.write_text('{"was":"here"}\n')
    adds_up(bench.run(bench.file_config(events)).must(0).accounting)
    assert old.read_text() == '{"was":"here"}\n'
    assert pathlib.Path(bench.parts()[-1]).name == SINK + '.000008.ndjson', bench.parts()
    os.unlink(old)
    bench.check(events)


def source_shorter_than_the_checkpoint(bench):
    events = generated(bench)
    config = stopped_in_the_middle(bench, events, 2000)
    n_before = bench.n_written()
    os.truncate(events, events.stat().st_size // 4)
    run = bench.run(config)
    assert run.code in (65, 78), (run.code, run.stderr)
    assert str(events) in run.stderr, run.stderr
    assert bench.n_written() == n_before, 'nothing may be read again unasked'


def source_cut_while_it_is_read(bench):
    events = generated(bench)
    config = bench.file_config(events, options={'max_rate': 1000})
    process = bench.start('run', '--config', config)
    wait_until(lambda: bench.n_written() > 100, 'the first events')
    os.truncate(events, 1000)
    run = bench.finish(process)
    assert run.code in (0, 65, 74), (run.code, run.stderr)
    adds_up(run.accounting)
    ends_whole(bench.parts())


def other_source_than_the_checkpoint(bench):
    """The checkpoint of another source or sink is not ours to go on from: 78, and --fresh named."""
    events = generated(bench, events=100)
    stopped_in_the_middle(bench, events, 50)
    other = bench.generate('other.ndjson', events=100, seed=2)
    # What a crash would have left behind the checkpoint: not to be cut for a job that is refused.
    part = pathlib.Path(bench.parts()[-1])
    part.write_bytes(part.read_bytes() + b'{"left":"over"}\n')
    before = part.read_bytes()
    run = bench.run(bench.file_config(other)).must(78)
    assert '--fresh' in run.stderr, run.stderr
    assert part.read_bytes() == before, 'the part was cut'
    adds_up(bench.run(bench.file_config(other), '--fresh').must(0).accounting)


def second_instance(bench):
    events = generated(bench)
    config = bench.file_config(events, options={'max_rate': 300})
    first = bench.start('run', '--config', config)
    wait_until(lambda: bench.n_written() > 0, 'the first events')
    second = bench.run(config).must(75)
    assert str(first.pid) in second.stderr, second.stderr
    assert first.poll() is None, 'the first must not be disturbed'
    first.terminate()
    adds_up(bench.finish(first).must(0).accounting)
    adds_up(bench.run(bench.file_config(events)).must(0).accounting)
    bench.check(events)


def two_jobs_on_the_same_parts(bench):
    """The second is refused while the first runs, and the first once the second has written."""
    events = generated(bench)
    config = bench.file_config(events, options={'max_rate': 1000})
    other = bench.file_config(events, 'other.yaml', job_name='other')
    process = bench.start('run', '--config', config)
    wait_until(lambda: bench.n_written() > 50, 'the first events')
    run = bench.run(other).must(75)
    assert 'app/0' in run.stderr, run.stderr
    process.kill()
    bench.finish(process)
    bench.run(other, '--limit', 10).must(0)
    before = {part: pathlib.Path(part).read_bytes() for part in bench.parts(SINK)}
    run = bench.run(config).must(78)
    assert 'other/0' in run.stderr, run.stderr
    assert {part: pathlib.Path(part).read_bytes() for part in bench.parts(SINK)} == before


def drains_at(how):
    def case(bench):
        events = generated(bench)
        process = bench.start('run', '--config',
                              bench.file_config(events, options={'max_rate': 1000}))
        wait_until(lambda: bench.n_written() > 50, 'the first events')
        process.send_signal(how)
        run = bench.finish(process, 30).must(0)
        accounting = adds_up(run.accounting)
        assert 0 < accounting['read'] < EVENTS, accounting
        again = bench.run(bench.file_config(events)).must(0)
        assert adds_up(again.accounting)['read'] == EVENTS - (accounting['read']
                                                              - accounting['returned'])
        bench.check(events)
    case.__name__ = f'{how.name} drains'
    return case


def one_signal_sent_twice_drains(bench):
    """timeout(1) and other wrappers signal the process, and then its group."""
    events = generated(bench)
    process = bench.start('run', '--config', bench.file_config(events, options={'max_rate': 1000}))
    wait_until(lambda: bench.n_written() > 50, 'the first events')
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    adds_up(bench.finish(process, 30).must(0).accounting)
    assert 'second signal' not in said(process), said(process)


def second_signal_ends_at_once(bench):
    """A drain that cannot finish (nobody reads our output) is ended by the second signal."""
    events = generated(bench, faults=0)
    config = bench.file_config(events, sink={'connector': 'stdout', 'options': None})
    process = bench.start('run', '--config', config)
    # The pipe holds 64 KiB; after that the writer is stuck.
    wait_until(lambda: pathlib.Path(f'/proc/{process.pid}/stat').exists(), 'a process')
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert process.poll() is None, 'the drain cannot be over'
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    assert process.returncode in (128 + signal.SIGTERM, -signal.SIGTERM), process.returncode


def reader_of_our_output_goes(bench):
    """EPIPE on stdout: 74."""
    events = generated(bench, faults=0)
    config = bench.file_config(events, sink={'connector': 'stdout', 'options': None})
    process = bench.start('run', '--config', config)
    process.stdout.read(100)
    process.stdout.close()
    process.stdout = None
    bench.finish(process).must(74)


def without_descriptor(bench, fd, config):
    """Runs the job with one of its standard descriptors closed."""
    return subprocess.run([bench.weir, 'run', '--config', str(config)], cwd=bench.dir, timeout=30,
                          capture_output=True, check=False, preexec_fn=lambda: os.close(fd))


def standard_descriptors_closed(bench):
    """What is opened later must not be taken for standard input, output or the log."""
    events = generated(bench, events=200, faults=0)
    run = without_descriptor(bench, 0, bench.file_config('-'))
    assert run.returncode == 74 and b'standard input' in run.stderr, run.stderr
    run = without_descriptor(bench, 1, bench.file_config(
        events, sink={'connector': 'stdout', 'options': None}, job_name='out'))
    assert run.returncode == 74 and b'standard output' in run.stderr, run.stderr
    config = bench.file_config(events, job_name='log')
    assert without_descriptor(bench, 2, config).returncode == 0
    bench.check(events)


def stopped_before_a_pipe_has_a_writer(bench):
    """Opening a named pipe waits for its other end; a signal must not."""
    pipe = bench.path('pipe')
    os.mkfifo(pipe)
    process = bench.start('run', '--config', bench.file_config(pipe))
    wait_until(lambda: 'msg=started' in said(process) or 'msg="started"' in said(process), 'start')
    time.sleep(0.2)
    process.terminate()
    run = bench.finish(process, 10).must(0)
    assert adds_up(run.accounting)['read'] == 0, run.accounting


def pipe_whose_writer_comes_late(bench):
    events = generated(bench, events=200, faults=0)
    pipe = bench.path('pipe')
    os.mkfifo(pipe)
    process = bench.start('run', '--config', bench.file_config(pipe))
    time.sleep(0.3)
    assert process.poll() is None, said(process)
    pipe.write_bytes(events.read_bytes())
    adds_up(bench.finish(process, 30).must(0).accounting)
    bench.check(events)


def ids_of_long_paths(bench):
    """An error event's id is made from the whole position, however long the file's path is."""
    folder = bench.path(*['d' * 200] * 4)
    folder.mkdir(parents=True)
    (folder / 'in.ndjson').write_text('1\n2\n3\n')
    bench.run(bench.file_config(folder / 'in.ndjson')).must(0)
    ids = {json.loads(line)['meta']['id'] for line in bench.lines(ERRORS)}
    assert len(ids) == 3, ids


def compression_that_fails_at_the_end(bench):
    """Even then the accounting is the last line."""
    events = generated(bench, events=4000, faults=0, canaries=0)
    roll = {'bytes': events.stat().st_size - 100000}
    process = bench.start('run', '--config', bench.file_config(
        events, options={'max_rate': 8000}, sink={'options': {'roll': roll, 'compress': 'zstd'}}))
    wait_until(lambda: bench.parts() != [], 'the first part')
    bench.path('out', SINK + '.000001.ndjson.zst').mkdir()
    run = bench.finish(process).must(0)
    assert run.log_fields('part stays uncompressed'), run.stderr
    adds_up(run.accounting)


main([disk_full, disk_full_with_the_state_elsewhere, memory_while_the_disk_is_full, killed_while_the_disk_is_full,
      sink_that_cannot_be_written, sink_directory_removed, part_cut_behind_our_back,
      bytes_behind_the_checkpoint_are_cut, closed_parts_may_be_taken, output_of_others_stays,
      source_shorter_than_the_checkpoint, source_cut_while_it_is_read,
      other_source_than_the_checkpoint, second_instance, two_jobs_on_the_same_parts,
      drains_at(signal.SIGTERM), drains_at(signal.SIGINT), one_signal_sent_twice_drains, second_signal_ends_at_once,
      reader_of_our_output_goes, standard_descriptors_closed, stopped_before_a_pipe_has_a_writer,
      pipe_whose_writer_comes_late, ids_of_long_paths, compression_that_fails_at_the_end])
