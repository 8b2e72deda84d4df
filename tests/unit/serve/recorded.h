/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings for tests, from text, by way of a temporary file. */
#ifndef WEIR_TESTS_RECORDED_H
#define WEIR_TESTS_RECORDED_H

#include "serve/recording.h"

#include "../../support/cunit_main.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORDED_PATH_SIZE = 64 };

/* Writes text to a new file; the caller unlinks path. */
static inline void recorded_write(char path[RECORDED_PATH_SIZE], const char *text)
{
    const char *dir = getenv("TMPDIR");
    snprintf(path, RECORDED_PATH_SIZE, "%s/weir-recorded-XXXXXX",
             dir == NULL || strlen(dir) > 32 ? "/tmp" : dir);
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL_FATAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

/* NULL with problem filled where the text cannot be loaded. */
static inline struct recording *recorded_load(const char *text, bool renumber,
                                              struct problem *problem)
{
    char path[RECORDED_PATH_SIZE];
    recorded_write(path, text);
    struct recording *recording = NULL;
    struct recording_options options = { .path = path, .renumber = renumber };
    int r = recording_load(&options, problem, &recording);
    CU_ASSERT_EQUAL(r < 0, recording == NULL);
    unlink(path);
    return recording;
}

/* An event of stream s with a carried position; dt is in seconds and ms of one minute. */
#define RECORDED_EVENT(dc, offset, seconds)                                                \
    "{\"meta\":{\"stream\":\"s\",\"dt\":\"2026-01-01T00:00:" seconds "Z\",\"topic\":\"" dc \
    ".s\",\"partition\":0,\"offset\":" #offset "}}\n"

/* 2026-01-01T00:00:00Z in ms. */
#define RECORDED_MINUTE INT64_C(1767225600000)

#endif
