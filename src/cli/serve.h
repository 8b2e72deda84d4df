/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `weir serve`, as --help shows them. */
#ifndef WEIR_CLI_SERVE_H
#define WEIR_CLI_SERVE_H

#define SERVE_OPTIONS                                                                           \
    "  FILE                   events (NDJSON) or recorded frames (SSE)\n"                       \
    "  --listen HOST:PORT     default 127.0.0.1:0; port 0 takes a free one\n"                   \
    "  --rate N               N events a second on each connection; default: all at once\n"     \
    "  --cut-after N          cut each connection after N events, in turn between two events\n" \
    "                         and in the middle of one\n"                                       \
    "  --loop                 start over at the end, with offsets that go on\n"                 \
    "  --stay                 keep connections open at the end, as the public service does;\n"  \
    "                         else the response ends and whoever comes back gets 204\n"         \
    "  --shift-offsets N      all offsets are N higher from the second connection on\n"         \
    "  --renumber             give running offsets also to events that carry one\n"             \
    "  --status CODE          answer the first requests with CODE, as many as\n"                \
    "  --times N              says (default 1), with the header Retry-After if\n"               \
    "  --retry-after S        says how many seconds\n"                                          \
    "  --max-connections N    answer 429 to more than N streams at a time\n"                    \
    "  --log FILE             append a JSON line for each request that is over\n"               \
    "  --log-level LEVEL      debug, info (default), warning or error\n"                        \
    "\nPrints `listening url=http://HOST:PORT` when it is ready; SIGTERM and SIGINT end it.\n"

#endif
