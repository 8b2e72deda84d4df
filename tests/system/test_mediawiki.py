# SPDX-License-Identifier: Apache-2.0
"""The step page_content beside a real MediaWiki: every text that comes out is the wiki's."""

import contextlib
import datetime
import json
import threading
import time

from httptest import adds_up, delivered, job
from weirtest import ERRORS, Skip, main
# pylint: disable=wrong-import-order
from mediawiki import MediaWiki, is_installed

DOMAIN = 'test.example.org'


@contextlib.contextmanager
def wiki_of(bench, **options):
    if not is_installed():
        raise Skip('no MediaWiki here: .pipeline/setup --ci installs it')
    with MediaWiki(bench.path('wiki'), **options) as wiki:
        yield wiki


def base36(sha1):
    number, text = int(sha1, 16), ''
    while number:
        number, digit = divmod(number, 36)
        text = '0123456789abcdefghijklmnopqrstuvwxyz'[digit] + text
    return text.rjust(31, '0')


def page_change(title, page, revision, kind='edit', size=0, sha1='0' * 40, age=0):
    """An event as EventBus makes one, so far as the step looks at it."""
    now = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age)
    at = now.isoformat(timespec='milliseconds').replace('+00:00', 'Z')
    slot = {'slot_role': 'main', 'content_model': 'wikitext', 'content_format': 'text/x-wiki',
            'content_sha1': base36(sha1), 'content_size': size}
    return {'$schema': '/mediawiki/page/change/1.2.0',
            'meta': {'stream': 'mediawiki.page_change.v1', 'dt': at, 'domain': DOMAIN,
                     'id': f'00000000-0000-4000-8000-{revision:012d}',
                     'request_id': f'request-{revision}'},
            'dt': at, 'wiki_id': 'testwiki', 'page_change_kind': kind, 'changelog_kind': 'update',
            'page': {'page_id': page, 'page_title': title, 'namespace_id': 0},
            'revision': {'rev_id': revision, 'rev_size': size, 'is_content_visible': True,
                         'content_slots': {'main': slot}}}


def events_of(wiki, numbers, **options):
    """For revisions that the wiki knows."""
    return [page_change(page['title'], page['pageid'], number, size=revision['size'],
                        sha1=revision['sha1'], **options)
            for number, (page, revision) in wiki.revisions(numbers).items()]


def enrich(bench, wiki, events, http=None, step=None, meanwhile=None):
    """Runs page_content over the events; returns its accounting and its report's http."""
    path = bench.path('in.ndjson')
    path.write_text(''.join(json.dumps(event) + '\n' for event in events), encoding='utf-8')
    config = job(bench, path, [{'page_content': {'endpoint': wiki.endpoint, **(step or {})}}], http)
    process = bench.start('run', '--config', config, '--report', bench.path('report.json'))
    if meanwhile:
        meanwhile()
    accounting = adds_up(bench.finish(process).must(0).accounting)
    report = json.loads(bench.path('report.json').read_text(encoding='utf-8'))
    return accounting, report['http']


def body_of(event):
    return event['revision']['content_slots']['main'].get('content_body')


def errors(bench):
    """{revision: (type, message)}"""
    found = {}
    for line in bench.lines(ERRORS):
        error = json.loads(line)
        found[json.loads(error['raw_event'])['revision']['rev_id']] = (error['error_type'],
                                                                      error['message'])
    return found


def every_body_is_the_wikis(bench):
    """Many revisions of many pages, in several scripts and with all that JSON escapes."""
    texts = ['plain', 'Ünïcödé — 維基百科 — ويكيبيديا — 🚂', 'quotes " and \\ and / and </script>',
             'lines\n\n* of\n* a list\t\ttabs', '{{template|a=[[link]]}} <ref name="x">&amp;</ref>',
             'control\u0085and\u2028separators\ufeff', '\U0001f468\u200d\U0001f469\u200d\U0001f467']
    with wiki_of(bench) as wiki:
        numbers = [wiki.edit(f'Page {number % 40}', f'{texts[number % 7]} {number}')[1]
                   for number in range(120)]
        events = events_of(wiki, numbers)
        accounting, http = enrich(bench, wiki, events)
        assert accounting['delivered'] == 120, (accounting, errors(bench))
        known = wiki.revisions(numbers)
        for event in delivered(bench):
            _, revision = known[event['revision']['rev_id']]
            assert body_of(event) == revision['slots']['main']['content'], event
        content = http['content']
        assert content['set'] == 120 and content['sha1_mismatch'] == 0, http
        # They shared requests.
        assert http['requests'] < 30, http
        return f'{http["requests"]} requests for 120 revisions'


def a_page_of_a_mebibyte(bench):
    """Of four bytes a character, beside others that do not fit into one reply with it."""
    big = '\U00010348' * (1 << 18)
    with wiki_of(bench) as wiki:
        numbers = [wiki.edit('Big', big)[1]]
        numbers += [wiki.edit(f'Large {number}', f'{number} ' + 'ж' * 250_000)[1]
                    for number in range(10)]
        accounting, http = enrich(bench, wiki, events_of(wiki, numbers), step={'max_group_bytes': '64MB'})
        assert accounting['delivered'] == 11, (accounting, errors(bench))
        bodies = {event['revision']['rev_id']: body_of(event) for event in delivered(bench)}
        assert bodies[numbers[0]] == big
        for n, number in enumerate(numbers[1:]):
            assert bodies[number] == f'{n} ' + 'ж' * 250_000
        # 6 MB in replies of 3: what was cut off was asked for again.
        assert http['requests'] >= 3 and http['content']['sha1_mismatch'] == 0, http


def what_is_hidden_deleted_or_missing(bench):
    with wiki_of(bench) as wiki:
        _, hidden = wiki.edit('Hidden', 'not for everybody')
        wiki.edit('Hidden', 'for everybody')
        _, deleted = wiki.edit('Deleted', 'gone')
        _, seen = wiki.edit('Seen', 'here')
        events = events_of(wiki, [hidden, deleted, seen], age=3600)
        wiki.hide(hidden)
        wiki.delete('Deleted')
        events.append(page_change('Never', 999, 999_999, age=3600))
        events.append(page_change('Deleted', 998, deleted, kind='delete', age=3600))
        wrong = page_change('Seen', 997, seen, sha1='1' * 40, age=3600)
        events.append(wrong)
        accounting, http = enrich(bench, wiki, events)
        assert (accounting['delivered'], accounting['errored']) == (4, 2), (accounting, errors(bench))
        bodies = [(event['revision']['rev_id'], event['page_change_kind'], body_of(event))
                  for event in delivered(bench)]
        assert (hidden, 'edit', None) in bodies, bodies
        assert (deleted, 'delete', None) in bodies, bodies
        assert bodies.count((seen, 'edit', 'here')) == 2, bodies
        assert http['content'] == {'set': 2, 'hidden': 1, 'sha1_mismatch': 1}, http
        failed = errors(bench)
        assert set(failed) == {deleted, 999_999}, failed
        assert all(kind == 'MissingRevision' for kind, _ in failed.values()), failed


def a_revision_that_appears_3_s_later(bench):
    """And one that never does: an error event once the event is no longer young."""
    with wiki_of(bench) as wiki:
        page, last = wiki.edit('Late', 'first')
        number = last + 1
        begin = time.monotonic()
        writer = threading.Timer(3, lambda: wiki.edit('Late', 'second'))
        events = [page_change('Late', page, number), page_change('Never', 999, 999_999)]
        accounting, http = enrich(bench, wiki, events, {'retry': {'missing_age': '6s'}},
                                  meanwhile=writer.start)
        writer.join()
        assert (accounting['delivered'], accounting['errored']) == (1, 1), (accounting, errors(bench))
        event, = delivered(bench)
        assert event['revision']['rev_id'] == number and body_of(event) == 'second', event
        assert set(errors(bench)) == {999_999}
        assert time.monotonic() - begin >= 6 and http['requests'] >= 4, http


if __name__ == '__main__':
    main([every_body_is_the_wikis, a_page_of_a_mebibyte, what_is_hidden_deleted_or_missing,
          a_revision_that_appears_3_s_later])
