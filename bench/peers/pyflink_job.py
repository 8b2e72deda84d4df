#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The job of bench/run on PyFlink, built as event stream applications are built on it today: file source, events
parsed in Python, a function for each, in order by (wiki_id, page_id), file sink.

    pyflink_job.py INPUT OUTPUT_DIRECTORY PARALLELISM

Prints the net runtime of the job, which begins when the cluster is there.
"""

import json
import sys

from pyflink.common import Configuration, Encoder, Types, WatermarkStrategy
from pyflink.datastream import RuntimeExecutionMode, StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSink, FileSource, StreamFormat


def key_of(event):
    return f"{event['wiki_id']} {event['page']['page_id']}"


def enrich(event):
    event["revision"]["content_slots"]["main"]["content_body"] = "content body"
    return event


def render(event):
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def main():
    source, output, parallelism = sys.argv[1:]
    configuration = Configuration()
    # A job that fails ends, rather than start anew for ever.
    configuration.set_string("restart-strategy.type", "none")
    environment = StreamExecutionEnvironment.get_execution_environment(configuration)
    environment.set_python_executable(sys.executable)
    environment.set_runtime_mode(RuntimeExecutionMode.STREAMING)
    environment.set_parallelism(int(parallelism))
    environment.enable_checkpointing(1000)
    lines = environment.from_source(
        FileSource.for_record_stream_format(StreamFormat.text_line_format(), source).build(),
        WatermarkStrategy.no_watermarks(), "events")
    (lines.map(json.loads)
     .key_by(key_of, key_type=Types.STRING())
     .map(enrich)
     .map(render, output_type=Types.STRING())
     .sink_to(FileSink.for_row_format(output, Encoder.simple_string_encoder()).build()))
    print(f"net runtime {environment.execute('bench').get_net_runtime() / 1000:.3f} s")


if __name__ == "__main__":
    main()
