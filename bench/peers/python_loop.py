#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""python_loop.py FILE: parses each event, sets the field, and prints it."""

import json
import sys


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            event["revision"]["content_slots"]["main"]["content_body"] = "content body"
            sys.stdout.write(json.dumps(event, ensure_ascii=False, separators=(",", ":")))
            sys.stdout.write("\n")


if __name__ == "__main__":
    main()
