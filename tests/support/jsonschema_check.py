# SPDX-License-Identifier: Apache-2.0
"""Compares Weir's verdicts with those of Python's jsonschema package, format unchecked.

    jsonschema_check.py SCHEMA_TOOL

For each file of real events beside the source tree (WEIR_SHARED) and each version of page/change:
each event, as it is and after projection, is valid or not and has its errors at the same places of
the event; where there are more than Weir names, those that it names are among them. Exits 77 where the events or the package are missing.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys

# SCHEMA_MAX_VIOLATIONS
MAX_VIOLATIONS = 3
VERSIONS = ('1.0.0', '1.1.0', '1.2.0', '1.3.0')


def skip(reason):
    print(f'skipped: {reason}', file=sys.stderr)
    sys.exit(77)


try:
    import jsonschema
except ImportError:
    skip("no Python package jsonschema (Debian's python3-jsonschema)")


def pointer(path):
    return ''.join('/' + str(step).replace('~', '~0').replace('/', '~1') for step in path)


def places_of(validator, event):
    """Where jsonschema finds errors."""
    return sorted({pointer(error.absolute_path) for error in validator.iter_errors(event)})


def violations_in(complaint):
    """The places and the schema's places of "<place>: <what> (schema <place>)", joined by "; "."""
    found = re.findall(r'(?:^|; )(/[^:]*|the event): .*?\(schema ([^)]*)\)(?=; |$)', complaint)
    return [('' if place == 'the event' else place, rule) for place, rule in found]


def place_of(violation):
    """Weir names the field that is too much, jsonschema the object that it is in."""
    place, rule = violation
    return place.rpartition('/')[0] if rule.endswith('/additionalProperties') else place


def compare(validator, complaint, event):
    """What is different, or None. Weir names a few violations only, in the order of the event."""
    expected = places_of(validator, event)
    violations = violations_in(complaint)
    found = sorted({place_of(violation) for violation in violations})
    is_whole = len(violations) < MAX_VIOLATIONS
    same = found == expected if is_whole else set(found) <= set(expected)
    if same and bool(complaint) == bool(expected):
        return None
    return f'jsonschema: {expected}, Weir: {found} ({complaint})'


def run(tool, schema, events):
    result = subprocess.run([tool, schema, events], capture_output=True, check=False)
    if result.returncode != 0:
        sys.exit(f'{tool} {schema} {events}: {result.returncode}\n{result.stderr.decode()}')
    return [json.loads(line) for line in result.stdout.splitlines()]


def check_file(tool, schema, events, counts):
    """Counts the events of a file, and returns the differences."""
    validator = jsonschema.Draft7Validator(json.loads(schema.with_suffix('.json').read_bytes()))
    lines = [line for line in events.read_bytes().split(b'\n') if line]
    results = run(tool, schema, events)
    if len(results) != len(lines):
        return [f'{events}: {len(results)} results for {len(lines)} events']
    differences = []
    for number, (line, result) in enumerate(zip(lines, results), 1):
        before = compare(validator, result['before'], json.loads(line))
        after = compare(validator, result['after'], result['event'])
        for what, difference in (('before', before), ('after', after)):
            counts[what] += 1
            counts[what + ' valid'] += not result[what]
            if difference:
                differences.append(f'{events.name}:{number} {what}, {schema.name}: {difference}')
    return differences


def main():
    shared = pathlib.Path(os.environ.get('WEIR_SHARED', '../shared'))
    schemas = shared / 'schemas/jsonschema/mediawiki/page/change'
    files = sorted((shared / 'events').glob('*.ndjson'))
    if not files or not schemas.is_dir():
        skip(f'no events or schemas in {shared}')
    counts = collections.Counter()
    differences = []
    for version in VERSIONS:
        for events in files:
            schema = schemas / f'{version}.yaml'
            differences += check_file(sys.argv[1], schema, events, counts)
    print('\n'.join(differences))
    print(f'{counts["before"]} verdicts before projection, of which {counts["before valid"]} valid; '
          f'{counts["after"]} after, of which {counts["after valid"]} valid; '
          f'{len(differences)} differ')
    sys.exit(1 if differences or not counts['before'] else 0)


main()
