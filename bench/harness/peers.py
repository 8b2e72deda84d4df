# SPDX-License-Identifier: Apache-2.0
"""Programs that pass events on, beside which `file` runs Weir. bench/setup-peers installs most of them.

Daemons do not end at the end of a file: they are watched until the output has all lines.
"""

import os
import pathlib
import shutil
import sys

from harness.machine import ROOT

# The same edit for all that edit: main's content_body, before the slot's first key.
SED = r's/"main":{/"main":{"content_body":"content body",/'
JQ = '.revision.content_slots.main.content_body="content body"'

RSYSLOG = '''
global(workDirectory="{work}" maxMessageSize="2m")
module(load="imfile" mode="polling" pollingInterval="1")
template(name="raw" type="string" string="%rawmsg%\\n")
input(type="imfile" File="{source}" Tag="bench" ruleset="copy" escapeLF="off")
ruleset(name="copy") {{ action(type="omfile" file="{output}" template="raw" ioBufferSize="1m") }}
'''

SYSLOG_NG = '''
@version: 3.38
options {{ stats-freq(0); log-msg-size(2097152); }};
source s {{ file("{source}" follow-freq(0.1) flags(no-parse) log-iw-size(10000) log-fetch-limit(1000)); }};
destination d {{ file("{output}" template("$MSG\\n") flush-lines(1000)); }};
log {{ source(s); destination(d); flags(flow-control); }};
'''

VECTOR = '''
data_dir: {work}
sources:
  s:
    type: file
    include: ["{source}"]
    read_from: beginning
    max_line_bytes: 2097152
transforms:
  t:
    type: remap
    inputs: [s]
    source: |
      . = parse_json!(.message)
      .revision.content_slots.main.content_body = "content body"
sinks:
  f:
    type: file
    inputs: [t]
    path: "{output}"
    encoding:
      codec: json
'''

FLUENT_BIT = '''
[SERVICE]
    flush 1
[INPUT]
    name tail
    path {source}
    read_from_head on
    buffer_max_size 2M
[OUTPUT]
    name file
    path {directory}
    file {name}
    format template
    template {{log}}
'''

CONNECT = '''
input:
  file:
    paths: ["{source}"]
    scanner:
      lines: {{ max_buffer_size: 2097152 }}
pipeline:
  processors:
    - mapping: |
        root = this
        root.revision.content_slots.main.content_body = "content body"
output:
  file:
    path: "{output}"
    codec: lines
'''


def unpacked():
    """Where bench/setup-peers puts packages that it does not install."""
    return pathlib.Path(os.environ.get("BENCH_BUILD_DIR", ROOT / "build-bench")) / "peers"


def find(name, package):
    """A program of the machine, or of a package unpacked."""
    places = [os.environ["PATH"], "/usr/sbin", str(unpacked() / package / "usr/sbin"),
              str(unpacked() / package / "usr/bin")]
    return shutil.which(name, path=":".join(places))


def libraries(package, *names):
    """The directories of that name in a package unpacked, joined."""
    return ":".join(str(path) for name in names for path in (unpacked() / package / "usr/lib").glob(f"**/{name}"))


def written(path, text, **values):
    path.write_text(text.format(**values), encoding="ascii")
    return path


def rsyslog(source, output):
    program = find("rsyslogd", "rsyslog")
    work = output.parent
    config = written(work / "rsyslog.conf", RSYSLOG, work=work, source=source, output=output)
    modules = libraries("rsyslog", "rsyslog")
    return {"command": [program, "-n", "-i", work / "rsyslog.pid", "-f", config, *(["-M", modules] if modules else [])]}


def syslog_ng(source, output):
    program = find("syslog-ng", "syslog-ng-core")
    work = output.parent
    config = written(work / "syslog-ng.conf", SYSLOG_NG, source=source, output=output)
    command = [program, "-F", "-f", config, "-R", work / "persist", "-p", work / "pid", "-c", work / "control"]
    modules = libraries("syslog-ng-core", "3.38")
    if modules:
        command += [f"--module-path={modules}"]
    return {"command": command, "environment": {"LD_LIBRARY_PATH": libraries("syslog-ng-core", "syslog-ng")}}


def vector(source, output):
    config = written(output.parent / "vector.yaml", VECTOR, work=output.parent, source=source, output=output)
    return {"command": [find("vector", "vector"), "--quiet", "--config", config]}


def fluent_bit(source, output):
    config = written(output.parent / "fluent-bit.conf", FLUENT_BIT, source=source, directory=output.parent,
                     name=output.name)
    return {"command": [find("fluent-bit", "fluent-bit"), "--quiet", "--config", config]}


def connect(source, output):
    config = written(output.parent / "connect.yaml", CONNECT, source=source, output=output)
    return {"command": [find("redpanda-connect", "redpanda-connect"), "run", config]}


# Name, program, what it runs as. They write to standard output.
FILTERS = [
    ("wc -l", "wc", lambda source: ["wc", "-l", source]),
    ("sed, the field put in", "sed", lambda source: ["sed", SED, source]),
    ("jq -c", "jq", lambda source: ["jq", "-c", JQ, source]),
    ("Python json loop", "python3", lambda source: [sys.executable, ROOT / "bench/peers/python_loop.py", source]),
]

# Name, program, package, configuration. They write to a file and do not end.
DAEMONS = [
    ("rsyslog, passed through", "rsyslogd", "rsyslog", rsyslog),
    ("syslog-ng, passed through", "syslog-ng", "syslog-ng-core", syslog_ng),
    ("Vector", "vector", "vector", vector),
    ("Fluent Bit, passed through", "fluent-bit", "fluent-bit", fluent_bit),
    ("Redpanda Connect", "redpanda-connect", "redpanda-connect", connect),
]
