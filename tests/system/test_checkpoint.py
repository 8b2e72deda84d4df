# SPDX-License-Identifier: Apache-2.0
"""A damaged checkpoint: the one before it, or 65; never a start from somewhere else.

Every damage is done to a copy of one stopped job. Where the job then runs, its whole output must be
right, as after any restart. All bytes and all lengths with WEIR_TEST_FULL=1, samples otherwise.
"""

import shutil

from weirtest import Bench, FULL, adds_up, main

EVENTS = 300
SAMPLES = 40


class StoppedJob:
    """A job that ended after some checkpoints, kept to be copied."""

    def __init__(self, bench: Bench):
        self.bench = bench
        self.events = bench.generate('in.ndjson', events=EVENTS, keys=50, size=0, faults=20)
        self.config = bench.file_config(self.events, checkpoint={'interval': '10ms'})
        for limit in (100, 60):
            bench.run(self.config, '--limit', limit).must(0)
        shutil.copytree(bench.path('out'), bench.path('kept'), symlinks=True)
        self.outcomes = {}

    def damaged(self, **files):
        """Puts the job back with these state files changed (None: gone), and runs it."""
        shutil.rmtree(self.bench.path('out'))
        shutil.copytree(self.bench.path('kept'), self.bench.path('out'), symlinks=True)
        for name, data in files.items():
            path = self.bench.state / name.replace('_', '.')
            if data is None:
                path.unlink()
            else:
                path.write_bytes(data)
        return self.bench.run(self.config)

    def must_be_right(self, run, what, codes=(0, 65)):
        assert run.code in codes, f'{what}: exit {run.code}: {run.stderr[-2000:]}'
        self.outcomes[run.code] = self.outcomes.get(run.code, 0) + 1
        if run.code == 0:
            adds_up(run.accounting)
            _, code, text = self.bench.compare(self.events)
            assert code == 0, f'{what}: {text}'

    def kept(self, name='checkpoint'):
        return self.bench.path('kept', '.weir', 'app', '0', name).read_bytes()

    def __str__(self):
        return ', '.join(f'{count} times exit {code}' for code, count in self.outcomes.items())


def sampled(n_all):
    step = 1 if FULL else max(1, n_all // SAMPLES)
    return range(0, n_all, step)


def whole_state_goes_on(bench):
    job = StoppedJob(bench)
    assert job.kept('checkpoint.prev'), 'the one before is kept'
    run = job.damaged()
    job.must_be_right(run, 'undamaged', codes=(0,))
    assert run.accounting['read'] == EVENTS - 160, run.accounting


def each_byte_flipped(bench):
    job = StoppedJob(bench)
    good = job.kept()
    for i in sampled(len(good)):
        for bit in (0x01, 0x80):
            bad = good[:i] + bytes([good[i] ^ bit]) + good[i + 1:]
            job.must_be_right(job.damaged(checkpoint=bad), f'byte {i} ^ {bit:#x}')
    return str(job)


def each_truncation(bench):
    job = StoppedJob(bench)
    good = job.kept()
    for length in sampled(len(good)):
        job.must_be_right(job.damaged(checkpoint=good[:length]), f'cut to {length} bytes')
    job.must_be_right(job.damaged(checkpoint=good + b'x'), 'a byte more')
    return str(job)


def both_damaged_stops(bench):
    job = StoppedJob(bench)
    good, before = job.kept(), job.kept('checkpoint.prev')
    for what, files in (
            ('both cut', {'checkpoint': good[:-1], 'checkpoint_prev': before[:-1]}),
            ('both empty', {'checkpoint': b'', 'checkpoint_prev': b''}),
            ('one cut, no other', {'checkpoint': good[:-1], 'checkpoint_prev': None}),
            ('none but a cut one before', {'checkpoint': None, 'checkpoint_prev': before[:-1]})):
        run = job.damaged(**files)
        job.must_be_right(run, what, codes=(65,))
        assert 'checkpoint' in run.stderr, run.stderr


def the_one_before_alone_serves(bench):
    """A crash between the two renames of a store leaves only the one before."""
    job = StoppedJob(bench)
    job.must_be_right(job.damaged(checkpoint=None), 'no newest', codes=(0,))
    job.must_be_right(job.damaged(checkpoint_prev=b'rubbish'), 'rubbish before', codes=(0,))
    job.must_be_right(job.damaged(checkpoint_prev=None), 'none before', codes=(0,))


main([whole_state_goes_on, each_byte_flipped, each_truncation, both_damaged_stops,
      the_one_before_alone_serves])
