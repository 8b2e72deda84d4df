# SPDX-License-Identifier: Apache-2.0
"""bench/run http: requests of Weir beside those of other clients, against servers on loopback."""

import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time

BODY = '/revision/content_slots/main/content_body'
NGINX = '''
daemon off; master_process off; worker_rlimit_nofile 16384;
pid {directory}/nginx.pid; error_log {directory}/nginx.log;
events {{ worker_connections 8192; }}
http {{
    access_log off; keepalive_requests 1000000000; types {{ }} default_type text/plain;
    {temporary}
    server {{ listen 127.0.0.1:{port} backlog=4096; root {directory}/www; }}
}}
'''


def say(text):
    print(text, file=sys.stderr, flush=True)


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as probe:
        return probe.getsockname()[1]


def pinned(cpu, command):
    """On a CPU of its own, where there are two."""
    if os.cpu_count() < 2 or not shutil.which('taskset'):
        return list(map(str, command))
    return ['taskset', '-c', str(cpu), *map(str, command)]


def wait_listening(port):
    for _ in range(1000):
        with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port)):
            return
        time.sleep(0.01)
    sys.exit('a server did not listen')


@contextlib.contextmanager
def serving(command, port):
    with subprocess.Popen(pinned(1, command), stdin=subprocess.DEVNULL) as server:
        try:
            wait_listening(port)
            yield f'http://127.0.0.1:{port}'
        finally:
            server.kill()


def nginx(work):
    program = shutil.which('nginx', path=os.environ['PATH'] + ':/usr/sbin')
    if program is None:
        sys.exit('nginx is needed: .pipeline/setup --bench')
    (work / 'www').mkdir()
    for name, size in (('2k', 2048), ('20k', 20480)):
        (work / 'www' / name).write_bytes(b'a' * size)
    port = free_port()
    temporary = ' '.join(f'{name}_temp_path {work}/{name};'
                         for name in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
    (work / 'nginx.conf').write_text(NGINX.format(directory=work, port=port, temporary=temporary),
                                     encoding='ascii')
    return serving([program, '-p', work, '-c', work / 'nginx.conf', '-e', work / 'nginx.log'], port)


class Client:
    """What the measurements share: where programs are, and what a run has cost."""

    def __init__(self, build, work, rounds):
        self.build, self.work, self.rounds = build, work, rounds
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def measure(self, command, output=subprocess.DEVNULL):
        figures = self.work / 'figures'
        run = subprocess.run(pinned(0, [self.build / 'bench/measure', figures, *command]), check=False,
                             stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE,
                             timeout=300)
        if run.returncode != 0:
            sys.exit(f'{command}: exit {run.returncode}\n{run.stderr.decode()}')
        wall, cpu, _ = map(float, figures.read_text(encoding='ascii').split())
        return wall, cpu, run

    def events(self, count):
        path = self.work / f'events.{count}'
        if not path.exists():
            with open(path, 'wb') as output:
                subprocess.run([self.build / 'tests/support/gen_events', '--events', str(count),
                                '--seed', '1', '--size', '0', '--keys', str(count), '--zipf', '0',
                                '--faults', '0', '--canaries', '0'], stdout=output, check=True)
        return path

    def config(self, step, uri, concurrency, in_flight):
        """Of a job to standard output: what a disk costs is measured elsewhere."""
        path = self.work / 'config.yaml'
        path.write_text(json.dumps({'stream_manager': {
            'job_name': 'bench', 'partition_by': ['/wiki_id', '/page/page_id'], 'workers': 1,
            'source': {'connector': 'file', 'stream': 'mediawiki.page_change.v1:1.1.0',
                       'options': {'uri': str(uri)}},
            'sink': {'connector': 'stdout', 'stream': 'bench.sink:1.1.0'},
            'error_sink': {'connector': 'file', 'stream': 'bench.error:2.1.0',
                           'options': {'uri': str(self.work / 'errors')}},
            'project': False, 'validate': False, 'stamp': False, 'max_in_flight': in_flight,
            'memory_limit': '512MiB', 'checkpoint': {'dir': str(self.work / 'state')}, 'steps': [step]},
            'http': {'limits': {'concurrency': concurrency}, 'retry': {'base': '1ms', 'cap': '10ms'}}}))
        return path

    def weir(self, count, step, concurrency, in_flight):
        config = self.config(step, self.events(count), concurrency, in_flight)
        report = self.work / 'report.json'
        wall, cpu, _ = self.measure([self.build / 'src/cli/weir', 'run', '--config', config, '--fresh',
                                     '--log-level', 'error', '--report', report])
        figures = json.loads(report.read_text(encoding='utf-8'))
        if figures['delivered'] != count:
            sys.exit(f'weir delivered {figures["delivered"]} of {count}')
        return {'wall': wall, 'cpu': cpu, 'count': count}

    def floor(self, count, url, concurrency):
        wall, cpu, _ = self.measure([self.build / 'bench/http_floor', url, count, concurrency])
        return {'wall': wall, 'cpu': cpu, 'count': count}

    def wrk(self, url, concurrency, seconds=3):
        _, cpu, run = self.measure(['wrk', '-t1', f'-c{concurrency}', f'-d{seconds}s', url],
                                   subprocess.PIPE)
        requests, wall = re.search(r'(\d+) requests in ([\d.]+)s', run.stdout.decode()).groups()
        return {'wall': float(wall), 'cpu': cpu, 'count': int(requests)}

    def pool(self, count, url):
        script = pathlib.Path(__file__).with_name('pool_requests.py')
        wall, cpu, _ = self.measure(['/usr/bin/python3', script, url, count])
        return {'wall': wall, 'cpu': cpu, 'count': count}

    def interleaved(self, programs):
        """{name: runs}, round by round."""
        results = {}
        for n_round in range(self.rounds):
            for name, run in programs.items():
                say(f'round {n_round + 1} of {self.rounds}: {name}')
                results.setdefault(name, []).append(run())
        return results


def rate(run):
    return run['count'] / run['wall']


def price(run):
    return run['cpu'] / run['count'] * 1e6


def table(title, results):
    """Medians; the ratios are those of runs of one round."""
    print(f'\n{title}\n{"program":<26}{"per s":>9}{"us CPU each":>13}{"x libcurl/s":>13}{"x wrk CPU":>11}')
    floor, wrk = results.get('libcurl loop'), results.get('wrk')
    for name, runs in results.items():
        line = f'{name:<26}{statistics.median(map(rate, runs)):>9,.0f}' \
               f'{statistics.median(map(price, runs)):>13.1f}'
        if floor:
            line += f'{statistics.median(rate(a) / rate(b) for a, b in zip(runs, floor)):>13.2f}'
        if wrk:
            line += f'{statistics.median(price(a) / price(b) for a, b in zip(runs, wrk)):>11.2f}'
        print(line)


def http_step(url):
    return {'http': {'url': url + '{/revision/rev_id}', 'into': BODY}}


def at_once(client, count):
    """No latency: what a request costs."""
    with nginx(client.work) as base:
        for name in ('2k', '20k'):
            url = f'{base}/{name}'
            table(f'nginx, {name}, 64 connections', client.interleaved({
                'libcurl loop': lambda: client.floor(count, url, 64),
                'weir': lambda: client.weir(count, http_step(url + '?'), 64, 1024),
                'wrk': lambda: client.wrk(url, 64),
                'requests, 12 threads': lambda: client.pool(count // 20, url + '?'),
            }))


def with_latency(client, count, path, title, floor=True):
    port = free_port()
    with serving([client.build / 'bench/reply_server', port, '100'], port) as base:
        url = base + path
        programs = {'weir': lambda: client.weir(count, http_step(url), 1000, 1100),
                    'requests, 12 threads': lambda: client.pool(600, url)}
        if floor:
            programs = {'libcurl loop': lambda: client.floor(count, url, 1000), **programs}
        table(title, client.interleaved(programs))


def lookups(client, count):
    """Fifty revisions in a request beside one in each, 100 ms, 64 connections."""
    port = free_port()
    with serving([client.build / 'bench/reply_server', port, '100'], port) as base:
        def content(n_keys):
            return {'page_content': {'endpoint': base + '/api', 'max_keys': n_keys}}
        results = client.interleaved({
            'weir, 50 in a request': lambda: client.weir(count, content(50), 64, 10000),
            'weir, 1 in a request': lambda: client.weir(count // 20, content(1), 64, 10000)})
    table('page_content, 2 KB each, 100 ms, 64 connections', results)
    many, single = results.values()
    print(f'50 in a request: {statistics.median(map(rate, many)) / statistics.median(map(rate, single)):.1f}'
          f' times the events/s, 1/{statistics.median(map(price, single)) / statistics.median(map(price, many)):.1f}'
          f' of the CPU an event')


def latencies(client, url, per_second, seconds):
    """Offers events on standard input and tells how long each took; those that are slow by plan apart."""
    config = client.config(http_step(url), '-', 1000, 4000)
    lines = client.events(per_second * seconds).read_bytes().splitlines(keepends=True)
    numbers = [json.loads(line)['revision']['rev_id'] for line in lines]
    offered, arrived = {}, {}
    command = pinned(0, [client.build / 'src/cli/weir', 'run', '--config', config, '--fresh', '--log-level',
                         'error'])
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as weir:
        def read():
            for line in weir.stdout:
                arrived[json.loads(line)['revision']['rev_id']] = time.monotonic()
        reader = threading.Thread(target=read)
        reader.start()
        begin = time.monotonic()
        step = per_second // 200
        for first in range(0, len(lines), step):
            due = begin + first / per_second
            time.sleep(max(0.0, due - time.monotonic()))
            for number in numbers[first:first + step]:
                offered[number] = due
            weir.stdin.write(b''.join(lines[first:first + step]))
            weir.stdin.flush()
        weir.stdin.close()
        reader.join()
    took = sorted(arrived[number] - offered[number] for number in numbers)
    healthy = [seconds for seconds in took if seconds < 5]
    return {'n_slow': len(took) - len(healthy), 'p50': healthy[len(healthy) // 2],
            'p99': healthy[int(len(healthy) * 0.99)]}


def slow_neighbours(client, per_second=1000, seconds=20):
    """One of a hundred events meets a reply of 10 s."""
    port = free_port()
    with serving([client.build / 'bench/reply_server', port, '20'], port) as base:
        results = {'none is slow': [], '1% take 10 s': []}
        for _ in range(client.rounds):
            say('latencies')
            results['none is slow'].append(latencies(client, base + '/2048-0-1/', per_second, seconds))
            results['1% take 10 s'].append(latencies(client, base + '/2048-1-10000/', per_second, seconds))
    print(f'\n{per_second} events/s offered, replies of 2 KB after 20 ms; of the healthy events:')
    for name, runs in results.items():
        print(f'{name:<16} slow {runs[0]["n_slow"]:>4}  p50 {statistics.median(r["p50"] for r in runs) * 1e3:6.1f} ms'
              f'  p99 {statistics.median(r["p99"] for r in runs) * 1e3:6.1f} ms')
    ratios = [slow['p99'] / none['p99'] for none, slow in zip(*results.values())]
    print(f'p99, slow over none: {statistics.median(ratios):.2f}')


def run(build, work, rounds, count):
    client = Client(build, work, rounds)
    at_once(client, count)
    with_latency(client, count, '/2048/', '100 ms, 2 KB, 1,000 in flight')
    with_latency(client, count, '/2048-5/', '100 ms, 2 KB, 1,000 in flight, 5% of replies 503 at first')
    lookups(client, count)
    slow_neighbours(client)
