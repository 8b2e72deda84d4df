/* SPDX-License-Identifier: Apache-2.0 */
/* The whole source against a real server on the loopback: reading, ends, cuts, faults, refusals. */
#include "source/sse.h"

#include "base/filesystem.h"
#include "base/log.h"

#include "sse_rig.h"

/* Every number from 0 to n - 1 came once, as `kind`, but for those that must not. */
static void check_each_once(const struct rig *rig, size_t n, const struct rig_recording *recording)
{
    unsigned char *counts = calloc(n, 1);
    for (size_t i = 0; i < rig->n_events; i++) {
        const struct rig_event *event = &rig->events[i];
        if (event->kind == BATCH_EVENT_SKIPPED) {
            continue;
        }
        CU_ASSERT_TRUE_FATAL(event->n >= 0 && (size_t)event->n < n);
        counts[event->n]++;
        bool is_canary =
            recording->canary_every > 0 && (size_t)event->n % recording->canary_every == 2;
        CU_ASSERT_EQUAL(event->kind, is_canary ? BATCH_EVENT_DROPPED : BATCH_EVENT_DOCUMENT);
    }
    for (size_t i = 0; i < n; i++) {
        if (counts[i] != 1) {
            printf("\nevent %zu came %d times\n", i, counts[i]);
        }
        CU_ASSERT_EQUAL(counts[i], 1);
    }
    free(counts);
}

/* In each partition offsets ascend, and sequences count from 0. */
static void check_positions(const struct rig *rig)
{
    uint64_t sequences[64] = { 0 };
    int64_t offsets[64];
    memset(offsets, -1, sizeof(offsets));
    for (size_t i = 0; i < rig->n_events; i++) {
        const struct position *position = &rig->events[i].position;
        CU_ASSERT_TRUE_FATAL(position->partition < 64);
        CU_ASSERT_EQUAL(position->sequence, sequences[position->partition]++);
        CU_ASSERT_TRUE(position->offset > offsets[position->partition]);
        CU_ASSERT_TRUE(position->next_offset > position->offset);
        offsets[position->partition] = position->offset;
    }
}

static void test_whole_recording(void)
{
    static const struct rig_recording recording = {
        .n_events = 3000, .codfw_every = 5, .canary_every = 100, .step_ms = 50
    };
    struct rig_server server;
    struct rig rig;
    rig_serve(&server, (struct serve_options){ 0 }, &recording);
    rig_open(&rig, &(struct rig_options){ .url = server.url });
    rig_read_all(&rig, 0, NULL);
    CU_ASSERT_EQUAL(rig.outcome, SOURCE_END);
    check_each_once(&rig, recording.n_events, &recording);
    check_positions(&rig);
    CU_ASSERT_EQUAL(rig_count(&rig, BATCH_EVENT_SKIPPED), 0);
    CU_ASSERT_EQUAL(partition_table_count(rig.partitions), 2);
    CU_ASSERT_STRING_EQUAL(partition_table_start(rig.partitions, 0)->name, "eqiad.s/0");
    int64_t done;
    int64_t total;
    rig.source->ops->progress(rig.source, &done, &total);
    CU_ASSERT_TRUE(done > 100000);
    CU_ASSERT_EQUAL(total, -1);
    rig_close(&rig);
    rig_server_stop(&server);
}

static const struct test_case cases[] = {
    { "a whole recording, then 204", test_whole_recording },
};

CUNIT_MAIN("source/sse", cases)
