# SPDX-License-Identifier: Apache-2.0
"""kill -9 at any moment, then a restart: each event is in the output exactly once, in order, whole.

A kill counts only where the life that it ended had stored a checkpoint and had more to read. The test
is worth something only if the kills hit: it fails unless most restarts came from a checkpoint, many
found bytes behind the checkpoint to cut off, and some found work done out of order.
"""

import random
import signal
import sys
import time

from weirtest import Bench, FULL, SET_STEP, adds_up, log_fields, main, said, wait_until

KILLS = 500 if FULL else 50
# Of 50 kills.
LEAST_RESTORED, LEAST_CUT, LEAST_RANGES = 40, 20, 10
RATE = 4000
# More than the lives together can read, each some 100 ms.
EVENTS = 700 * KILLS
SEED = 20260401

# Work that leaves no trace, so that workers are busy and finish at different times.
BUSY = [{'set': {'path': '/busy', 'value': 'x' * 100}}, {'remove': {'path': '/busy'}}]
PACED = {'workers': 4, 'batch': {'max_events': 8, 'linger': '2ms'},
         'checkpoint': {'interval': '10ms'}, 'steps': [SET_STEP] + 2000 * BUSY}
ROLL = {'options': {'roll': {'bytes': '2MiB'}}}


def stamp(path):
    """Changes whenever the file is replaced."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return (status.st_ino, status.st_mtime_ns, status.st_size)


class Lives:
    """What happened over all lives."""

    def __init__(self):
        self.counted = self.restored = self.cut = self.with_ranges = self.cut_bytes = 0

    def note_start(self, text):
        for fields in log_fields(text, 'checkpoint restored'):
            self.restored += 1
            cut_bytes = int(fields['cut_bytes'])
            self.cut_bytes += cut_bytes
            self.cut += cut_bytes > 0
            self.with_ranges += int(fields['done_ranges']) > 0

    def must_have_hit(self):
        share = KILLS / 50
        assert self.counted >= KILLS, self
        assert self.restored >= LEAST_RESTORED * share, self
        assert self.cut >= LEAST_CUT * share, self
        assert self.with_ranges >= LEAST_RANGES * share, self

    def __str__(self):
        return (f'{self.counted} kills, {self.restored} restarts from a checkpoint, {self.cut} cut '
                f'{self.cut_bytes} bytes, {self.with_ranges} had done ranges above the watermark')


def live_and_die(bench: Bench, config, lives, chance):
    """One life; ends it at a random moment after its first checkpoint. False: it ended by itself."""
    checkpoint = bench.state / 'checkpoint'
    process = bench.start('run', '--config', config, log=bench.path('life.log'))
    # The first one of a life only names the parts; the next one covers what was written.
    for _ in range(2):
        before = stamp(checkpoint)
        wait_until(lambda: process.poll() is not None or stamp(checkpoint) != before,
                   'a checkpoint', step=0.0005)
    time.sleep(chance.uniform(0, 0.06))
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    lives.note_start(said(process))
    if process.returncode != -signal.SIGKILL:
        assert process.returncode == 0, said(process)[-3000:]
        return False
    lives.counted += 1
    return True


def kill_and_restart(bench, paced_config, finish):
    """Kills as often as is asked, then lets the job finish in peace."""
    chance = random.Random(SEED)
    lives = Lives()
    while lives.counted < KILLS:
        assert live_and_die(bench, paced_config, lives, chance), f'the input was too short: {lives}'
    last = finish().must(0)
    lives.note_start(last.stderr)
    assert adds_up(last.accounting)['read'] > 0, 'the last kill came after the end'
    lives.must_have_hit()
    return lives


def events_for(bench):
    return bench.generate('in.ndjson', events=EVENTS, keys=2000, zipf=1.5, size=0, faults=10, canaries=5,
                          topics=2)


def killed_reading_a_file(bench):
    events = events_for(bench)
    paced = bench.file_config(events, 'paced.yaml', options={'max_rate': RATE}, sink=ROLL, **PACED)
    quick = bench.file_config(events, sink=ROLL, **{**PACED, 'steps': [SET_STEP]})
    lives = kill_and_restart(bench, paced, lambda: bench.run(quick))
    bench.check(events)
    return str(lives)


def killed_reading_sse(bench):
    events = events_for(bench)
    n_sent_on = sum(b'"domain":"canary"' not in line for line in events.read_bytes().splitlines())
    with bench.serving(events) as url:
        paced = bench.sse_config(url, 'paced.yaml', options={'max_rate': RATE}, sink=ROLL, **PACED)
        quick = bench.sse_config(url, sink=ROLL, **{**PACED, 'steps': [SET_STEP]})

        def finish():
            process = bench.start('run', '--config', quick)
            wait_until(lambda: process.poll() is not None or bench.n_written() >= n_sent_on,
                       f'{n_sent_on} events', step=0.05)
            if process.poll() is None:
                process.terminate()
            return bench.finish(process)
        lives = kill_and_restart(bench, paced, finish)
    bench.check(events)
    return str(lives)


CASES = {'file': killed_reading_a_file, 'sse': killed_reading_sse}

if __name__ == '__main__':
    main([CASES[sys.argv.pop(1)]])
