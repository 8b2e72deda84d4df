/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file source with what is around it: partitions, a ledger, a pool, a scripted clock, and a directory
 * of its own. What comes out is kept as text, a line an event: "a.ndjson@8 {...}", "a.ndjson@8 done",
 * "a.ndjson@8 EventTooLarge".
 */
#ifndef WEIR_TESTS_FILE_RIG_H
#define WEIR_TESTS_FILE_RIG_H

#include <stdlib.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "../../support/temporary_directory.h"
#include "base/clock.h"
#include "base/log.h"
#include "source/file.h"

struct fake_clock {
    struct clock clock;
    int64_t now_ns;
};

struct rig {
    char directory[256];
    char uri[512];
    struct fake_clock clock;
    struct budget budget;
    struct batch_pool *pool;
    struct partition_table *partitions;
    struct ledger *ledger;
    struct source *source;
    /* Of the next rig_open(): common is filled in. */
    struct file_source_options options;
    struct problem problem;
    /* The checkpoint. */
    struct ledger_snapshot snapshot;
    struct buffer state;
    /* What came out since rig_text() was last called. */
    struct buffer text;
    size_t n_events;
    /* Events that are not marked as done from now on: their number, or SIZE_MAX for all to be done. */
    size_t undone;
};

static inline int64_t fake_now(const struct clock *clock)
{
    return ((const struct fake_clock *)clock)->now_ns;
}

/* name: in the rig's directory, or "" for the directory itself, or "-". */
static inline void rig_init(struct rig *rig, const char *name)
{
    *rig = (struct rig){
        .clock = { { fake_now, fake_now }, 5 * NS_PER_S },
        .undone = SIZE_MAX,
        .options.common = { .batch_max_events = 100,
                            .batch_max_bytes = 65536,
                            .linger_ns = NS_PER_MS,
                            .max_event_size = 1000 },
    };
    /* The two notes of a followed file are not for who reads the test's output. */
    log_setup(LOG_ERROR, LOG_LOGFMT);
    temporary_directory_make(rig->directory);
    snprintf(rig->uri, sizeof(rig->uri), "%s%s%s", rig->directory, name[0] != '\0' ? "/" : "",
             name);
    budget_init(&rig->budget, 1 << 30);
    struct batch_pool_options pool = { 2, 65536, &rig->budget };
    CU_ASSERT_EQUAL_FATAL(batch_pool_new(&pool, &rig->pool), 0);
}

static inline void rig_close(struct rig *rig)
{
    if (rig->source != NULL) {
        rig->source->ops->close(rig->source);
        rig->source = NULL;
    }
    ledger_free(rig->ledger);
    partition_table_free(rig->partitions);
    rig->ledger = NULL;
    rig->partitions = NULL;
}

static inline void rig_deinit(struct rig *rig)
{
    rig_close(rig);
    ledger_snapshot_deinit(&rig->snapshot);
    batch_pool_free(rig->pool);
    buffer_deinit(&rig->state);
    buffer_deinit(&rig->text);
    temporary_directory_remove(rig->directory);
}

static inline void rig_put(struct rig *rig, const char *name, const char *text)
{
    file_put(rig->directory, name, text, strlen(text));
}

/* Appends to a file that is there. */
static inline void rig_append(struct rig *rig, const char *name, const char *text)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", rig->directory, name);
    FILE *file = fopen(path, "a");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT(fputs(text, file) >= 0);
    fclose(file);
}

static inline void rig_rename(struct rig *rig, const char *from, const char *to)
{
    char from_path[1024];
    char to_path[1024];
    snprintf(from_path, sizeof(from_path), "%s/%s", rig->directory, from);
    snprintf(to_path, sizeof(to_path), "%s/%s", rig->directory, to);
    CU_ASSERT_EQUAL_FATAL(rename(from_path, to_path), 0);
}

static inline void rig_remove(struct rig *rig, const char *name)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", rig->directory, name);
    CU_ASSERT_EQUAL_FATAL(remove(path), 0);
}

/* Opens the source anew, without a checkpoint. Returns what file_source_open() did. */
static inline int rig_open(struct rig *rig)
{
    rig_close(rig);
    CU_ASSERT_EQUAL_FATAL(partition_table_new(&rig->partitions), 0);
    CU_ASSERT_EQUAL_FATAL(ledger_new(rig->partitions, &rig->ledger), 0);
    rig->options.common.partitions = rig->partitions;
    rig->options.common.clock = &rig->clock.clock;
    rig->options.common.budget = &rig->budget;
    rig->options.uri = rig->uri;
    rig->problem = (struct problem){ 0 };
    return file_source_open(&rig->options, &rig->source, &rig->problem);
}

/* Takes a checkpoint. */
static inline void rig_save(struct rig *rig)
{
    ledger_snapshot_deinit(&rig->snapshot);
    buffer_clear(&rig->state);
    CU_ASSERT_EQUAL_FATAL(ledger_freeze(rig->ledger, &rig->snapshot), 0);
    CU_ASSERT_EQUAL_FATAL(rig->source->ops->save(rig->source, &rig->snapshot, &rig->state), 0);
}

static inline int rig_restore(struct rig *rig)
{
    return rig->source->ops->restore(rig->source, &rig->snapshot, rig->state.data, rig->state.len,
                                     &rig->problem);
}

/* Opens the source anew and lets it go on from the checkpoint. */
static inline int rig_reopen(struct rig *rig)
{
    int r = rig_open(rig);
    return r < 0 ? r : rig_restore(rig);
}

static inline void rig_note(struct rig *rig, const struct batch *batch,
                            const struct batch_event *event)
{
    const char *path = partition_table_start(rig->partitions, event->position.partition)->name;
    const char *slash = strrchr(path, '/');
    int r = buffer_printf(&rig->text, "%s@%lld ", slash == NULL ? path : slash + 1,
                          (long long)event->position.offset);
    const char *word = event->kind == BATCH_EVENT_SKIPPED  ? "done"
                       : event->kind == BATCH_EVENT_FAULTY ? event->fault_type
                                                           : NULL;
    if (word != NULL) {
        r |= buffer_printf(&rig->text, "%s\n", word);
    } else {
        r |=
            buffer_printf(&rig->text, "%.*s\n", (int)event->len, batch->bytes.data + event->offset);
    }
    CU_ASSERT_EQUAL(r, 0);
    if (rig->n_events++ < rig->undone) {
        CU_ASSERT_EQUAL(ledger_done(rig->ledger, &event->position), 0);
    }
}

/* Reads once; n_events is what came. */
static inline int rig_read(struct rig *rig, size_t *ret_n_events)
{
    struct batch *batch = batch_pool_take(rig->pool);
    int r = rig->source->ops->read(rig->source, batch, &rig->problem);
    CU_ASSERT(batch->n_events <= rig->options.common.batch_max_events);
    CU_ASSERT((batch->n_events > 0 && r >= 0) == (batch->read_ns != 0));
    for (size_t i = 0; i < batch->n_events; i++) {
        rig_note(rig, batch, &batch->events[i]);
    }
    *ret_n_events = batch->n_events;
    batch_pool_put(rig->pool, batch);
    return r;
}

/* Reads until the end. Returns SOURCE_END or the error. */
static inline int rig_read_all(struct rig *rig)
{
    size_t n_events;
    int r;
    do {
        r = rig_read(rig, &n_events);
    } while (r == SOURCE_MORE);
    return r;
}

/* Reads a followed source until so many events have come, with a bound on the patience. */
static inline void rig_read_events(struct rig *rig, size_t n_wanted)
{
    size_t n_read = 0;
    for (int i = 0; i < 100 && n_read < n_wanted; i++) {
        size_t n_events;
        CU_ASSERT_EQUAL_FATAL(rig_read(rig, &n_events), SOURCE_MORE);
        n_read += n_events;
    }
    CU_ASSERT_EQUAL(n_read, n_wanted);
}

/* What came out since the last call; valid until the next. */
static inline const char *rig_text(struct rig *rig)
{
    const char *text = buffer_text(&rig->text);
    buffer_clear(&rig->text);
    return text;
}

static inline void expect(struct rig *rig, const char *expected)
{
    const char *text = rig_text(rig);
    CU_ASSERT_STRING_EQUAL(text, expected);
    if (strcmp(text, expected) != 0) {
        printf("\n%s    instead of\n%s", text, expected);
    }
}

#endif
