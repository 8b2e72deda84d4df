/* SPDX-License-Identifier: Apache-2.0 */
/* A checkpoint that uses every part of the format. */
#ifndef WEIR_TESTS_CHECKPOINT_SAMPLE_H
#define WEIR_TESTS_CHECKPOINT_SAMPLE_H

#include <string.h>

#include "checkpoint/store.h"

/* Two samples with different numbers differ; the strings and arrays live as long as the program. */
static inline struct checkpoint checkpoint_sample(int64_t number)
{
    static char name_a[] = "in/a \"quoted\" \\ name\n.ndjson";
    static char name_b[] = "eqiad.mediawiki.page_change.v1/0 \xc3\xa9";
    static struct offset_range ranges[] = { { 5000, 6000 }, { 7000, 7300 }, { 9000, INT64_MAX } };
    static struct partition_state partitions[] = {
        { name_a, 4096, ranges, 3 },
        { name_b, -1, NULL, 0 },
    };
    static char state[] = "\0\x01 bytes of the source \xff\xfe";
    struct checkpoint checkpoint = {
        .job_name = (char *)"page_change",
        .instance = (char *)"",
        .source_identity = (char *)"file /srv/in \x7f",
        .ledger = { partitions, 2, 3 },
        .source_state = state,
        .source_state_len = sizeof(state) - 1,
        .sinks = {
            { (char *)"sink", (char *)"file /srv/out page.sink", 3, (uint64_t)number },
            { (char *)"error_sink", (char *)"file /srv/out page.error", UINT64_MAX, 0 },
        },
        .n_sinks = 2,
    };
    return checkpoint;
}

#endif
