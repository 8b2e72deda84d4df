#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pool_requests.py URL COUNT: COUNT times GET URL?N with the library requests, by a pool of 12 threads.

A session with a pool of connections and urllib3's retries, as a Python job for the same work has.
"""

import concurrent.futures
import sys

import requests
import requests.adapters
import urllib3.util

THREADS = 12


def main():
    url, count = sys.argv[1], int(sys.argv[2])
    retry = urllib3.util.Retry(total=4, backoff_factor=0.001, status_forcelist=[503])
    session = requests.Session()
    session.trust_env = False
    session.mount('http://', requests.adapters.HTTPAdapter(max_retries=retry, pool_maxsize=THREADS))

    def ask(number):
        reply = session.get(f'{url}{number}', timeout=65)
        reply.raise_for_status()
        return len(reply.text)

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        total = sum(pool.map(ask, range(count)))
    print(f'pool_requests: {count} replies, {total} characters', file=sys.stderr)


if __name__ == '__main__':
    main()
