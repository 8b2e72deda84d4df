# SPDX-License-Identifier: Apache-2.0
"""Configurations of Weir's jobs: JSON, which is YAML."""

import json

from harness.machine import ROOT

BODY = "/revision/content_slots/main/content_body"
FIXED = {"set": {"path": BODY, "value": "content body"}}


def job(path, source, sink, steps=(FIXED,), workers=1, rules=True, http=None, **more):
    """Writes a configuration. source: a file, or a URL of a stream; sink: a directory, or '-' for standard output;
    rules: whether events are stamped, projected to version 1.1.0 and validated, or a dictionary of these three."""
    if not isinstance(rules, dict):
        rules = {"project": rules, "validate": rules, "stamp": rules}
    is_stream = str(source).startswith("http")
    source = {"connector": "sse" if is_stream else "file", "stream": "mediawiki.page_change.v1:1.1.0",
              "options": {"url" if is_stream else "uri": str(source)}}
    target = {"connector": "stdout", "stream": "event_platform_app.sink:1.1.0"}
    if sink != "-":
        target.update(connector="file", options={"uri": str(sink)})
    options = more.pop("sink_options", {})
    if options:
        target.setdefault("options", {}).update(options)
    manager = {
        "job_name": "bench", "stream_config_uri": str(ROOT / "config/stream_config.yaml"),
        "schema_uris": [str(ROOT / "config/schemas/jsonschema")],
        "partition_by": ["/wiki_id", "/page/page_id"], "workers": workers, **rules,
        "source": source, "sink": target,
        "error_sink": {"connector": "file", "stream": "event_platform_app.error:2.1.0",
                       "options": {"uri": str(path.parent / "errors")}},
        "checkpoint": {"dir": str(path.parent / "state")}, "steps": list(steps), **more}
    path.write_text(json.dumps({"stream_manager": manager, **({"http": http} if http else {})}), encoding="ascii")
    return path
