/* SPDX-License-Identifier: Apache-2.0 */
/* A file sink on a scripted filesystem, in a directory of its own, with a scripted clock. */
#ifndef WEIR_TESTS_SINK_RIG_H
#define WEIR_TESTS_SINK_RIG_H

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../support/cunit_main.h"
#include "../../support/scripted_fs.h"
#include "../../support/temporary_directory.h"
#include "base/log.h"
#include "sink/file.h"

struct fake_clock {
    struct clock clock;
    int64_t now_ns;
    int64_t realtime_ns;
};

struct rig {
    char directory[256];
    struct scripted_fs fs;
    /* The script belongs to one thread: with compression the machine's own calls are made. */
    bool is_unscripted;
    struct fake_clock clock;
    struct file_sink_options options;
    struct sink *sink;
    struct problem problem;
    /* What the last checkpoint recorded. */
    struct sink_state state;
};

static inline int64_t fake_monotonic(const struct clock *clock)
{
    return ((const struct fake_clock *)clock)->now_ns;
}

static inline int64_t fake_realtime(const struct clock *clock)
{
    return ((const struct fake_clock *)clock)->realtime_ns;
}

static inline void rig_init(struct rig *rig)
{
    *rig = (struct rig){ .clock = { { fake_monotonic, fake_realtime }, NS_PER_S, 0 } };
    /* What is logged is expected, and not for who reads the test's output. */
    log_setup(LOG_ERROR, LOG_LOGFMT);
    temporary_directory_make(rig->directory);
    scripted_fs_init(&rig->fs);
    rig->options = (struct file_sink_options){ .stream_name = "out" };
}

static inline void rig_close(struct rig *rig)
{
    if (rig->sink != NULL) {
        rig->sink->ops->close(rig->sink);
        rig->sink = NULL;
    }
}

static inline void rig_deinit(struct rig *rig)
{
    rig_close(rig);
    temporary_directory_remove(rig->directory);
}

/* Opens the sink anew; restored may be NULL. Returns what file_sink_open() did. */
static inline int rig_open(struct rig *rig, const struct sink_state *restored)
{
    rig_close(rig);
    rig->options.uri = rig->directory;
    rig->options.filesystem = rig->is_unscripted ? filesystem_system() : &rig->fs.fs;
    rig->options.clock = &rig->clock.clock;
    rig->options.restored = restored;
    rig->problem = (struct problem){ 0 };
    return file_sink_open(&rig->options, &rig->sink, &rig->problem);
}

/* As a restart does: from what was recorded last. */
static inline int rig_reopen(struct rig *rig)
{
    struct sink_state state = rig->state;
    return rig_open(rig, &state);
}

static inline int rig_write(struct rig *rig, const char *lines)
{
    rig->problem = (struct problem){ 0 };
    return rig->sink->ops->write(rig->sink, lines, strlen(lines), &rig->problem);
}

/* Freezes and syncs; where that went well, "stores" the state and tells the sink. */
static inline int rig_checkpoint(struct rig *rig)
{
    struct sink_state state;
    rig->sink->ops->freeze(rig->sink, &state);
    rig->problem = (struct problem){ 0 };
    int r = rig->sink->ops->sync(rig->sink, &rig->problem);
    if (r == 0) {
        rig->state = state;
        rig->sink->ops->checkpointed(rig->sink);
    }
    return r;
}

static inline bool rig_wants_roll(struct rig *rig)
{
    return rig->sink->ops->wants_roll(rig->sink, rig->clock.now_ns);
}

/* A sink that is open, with its first part named. */
static inline void rig_start(struct rig *rig)
{
    rig_init(rig);
    CU_ASSERT_EQUAL_FATAL(rig_open(rig, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(rig_checkpoint(rig), 0);
}

static inline void rig_put(struct rig *rig, const char *name, const char *text)
{
    file_put(rig->directory, name, text, strlen(text));
}

static inline void rig_path(struct rig *rig, const char *name, char path[512])
{
    int n = snprintf(path, 512, "%s/%s", rig->directory, name);
    CU_ASSERT_FATAL(n > 0 && n < 512);
}

/* Files in the directory. */
static inline size_t rig_count(struct rig *rig)
{
    DIR *directory = opendir(rig->directory);
    CU_ASSERT_PTR_NOT_NULL_FATAL(directory);
    size_t n_files = 0;
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        n_files += entry->d_name[0] != '.';
    }
    closedir(directory);
    return n_files;
}

#endif
