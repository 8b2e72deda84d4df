# SPDX-License-Identifier: Apache-2.0
"""A wiki of its own: Debian's MediaWiki on SQLite, served by PHP's own server.

    with MediaWiki(directory) as wiki:
        page = wiki.edit('Title', 'text')
        ... wiki.endpoint ...
"""

import http.cookiejar
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path('/usr/share/mediawiki')
NAME, PASSWORD = 'Admin', 'a pass phrase for tests'
SETTINGS = '''
$wgGroupPermissions['sysop']['deleterevision'] = true;
$wgGroupPermissions['sysop']['deletedhistory'] = true;
$wgJobRunRate = 0;
$wgRateLimits = [];
# So small that the tests' large pages do not fit into one reply.
$wgAPIMaxResultSize = %d;
'''


def is_installed():
    return (ROOT / 'maintenance/install.php').exists() and shutil.which('php') is not None


def free_port():
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


class MediaWiki:
    """An installed wiki, and a session of its administrator."""

    def __init__(self, directory, max_result_size=3 << 20):
        self.dir = pathlib.Path(directory)
        self.dir.mkdir()
        self.port = free_port()
        self.endpoint = f'http://127.0.0.1:{self.port}/api.php'
        self.max_result_size = max_result_size
        self.env = {**os.environ, 'MW_CONFIG_FILE': str(self.dir / 'LocalSettings.php'),
                    'PHP_CLI_SERVER_WORKERS': '4'}
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        # Whatever proxy the machine has: the wiki is at hand.
        self.opener = urllib.request.build_opener(cookies, urllib.request.ProxyHandler({}))

    def __enter__(self):
        with open(self.dir / 'log', 'wb') as log:
            subprocess.run(['php', str(ROOT / 'maintenance/install.php'), '--dbtype', 'sqlite',
                            '--dbpath', str(self.dir / 'db'), '--confpath', str(self.dir),
                            '--server', f'http://127.0.0.1:{self.port}', '--scriptpath', '',
                            '--pass', PASSWORD, 'Test wiki', NAME],
                           env=self.env, stdout=log, stderr=log, check=True, timeout=120)
            with open(self.dir / 'LocalSettings.php', 'a', encoding='utf-8') as settings:
                settings.write(SETTINGS % self.max_result_size)
            # pylint: disable=attribute-defined-outside-init,consider-using-with
            self.server = subprocess.Popen(
                ['php', '-d', 'memory_limit=512M', '-d', 'post_max_size=32M',
                 '-S', f'127.0.0.1:{self.port}', '-t', str(ROOT)], env=self.env, stdout=log,
                stderr=log, start_new_session=True)
        self.wait()
        self.log_in()
        return self

    def __exit__(self, *_):
        # Its workers are of its group.
        os.killpg(self.server.pid, signal.SIGTERM)
        self.server.wait()

    def wait(self):
        end = time.monotonic() + 60
        while True:
            try:
                return self.call(action='query', meta='siteinfo')
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def call(self, post=None, **query):
        """The Action API's reply; what stands in post goes as a form."""
        url = self.endpoint + '?' + urllib.parse.urlencode(
            {'format': 'json', 'formatversion': '2', **query})
        form = None if post is None else urllib.parse.urlencode(post).encode()
        with self.opener.open(url, form, timeout=60) as reply:
            answer = json.load(reply)
        assert 'error' not in answer, answer
        return answer

    def log_in(self):
        tokens = self.call(action='query', meta='tokens', type='login')['query']['tokens']
        answer = self.call({'lgname': NAME, 'lgpassword': PASSWORD,
                            'lgtoken': tokens['logintoken']}, action='login')
        assert answer['login']['result'] == 'Success', answer
        tokens = self.call(action='query', meta='tokens')['query']['tokens']
        # pylint: disable=attribute-defined-outside-init
        self.token = tokens['csrftoken']

    def edit(self, title, text):
        """Returns the page's and the new revision's number."""
        answer = self.call({'text': text, 'token': self.token}, action='edit', title=title)['edit']
        assert answer['result'] == 'Success' and 'newrevid' in answer, answer
        return answer['pageid'], answer['newrevid']

    def delete(self, title):
        self.call({'token': self.token}, action='delete', title=title)

    def hide(self, revision):
        self.call({'token': self.token}, action='revisiondelete', type='revision',
                  ids=str(revision), hide='content')

    def revisions(self, numbers):
        """What the wiki itself says of each: {revision: (page, revision)}."""
        found = {}
        for number in numbers:
            answer = self.call(action='query', prop='revisions', revids=str(number), rvslots='*',
                               rvprop='ids|timestamp|size|sha1|slotsha1|slotsize|content')
            for page in answer['query'].get('pages', ()):
                for revision in page['revisions']:
                    found[revision['revid']] = (page, revision)
        return found
