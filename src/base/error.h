/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors, assertions, cleanup.
 *
 * Functions that can fail return int: 0 is success; a negative value is -errno, is fatal for the
 * object it was called on, and is forwarded; a positive value is an outcome that the function's
 * header names and the caller handles. Where a person must read why, the function also takes a
 * struct problem and fills it. Who returns an error does not log it.
 */
#ifndef WEIR_BASE_ERROR_H
#define WEIR_BASE_ERROR_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* Exit codes of the program (sysexits.h names, design of the command line). */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_MISMATCH = 1,
    EXIT_USAGE = 64,
    EXIT_DATA = 65,
    EXIT_UNAVAILABLE = 69,
    EXIT_SOFTWARE = 70,
    EXIT_IO = 74,
    EXIT_LOCKED = 75,
    EXIT_CONFIG = 78,
};

/* Why something failed, for a person, and the exit code it calls for. Zero-initialised = none. */
struct problem {
    enum exit_code exit_code;
    char text[1024];
};

/*
 * Fills problem (which may be NULL) and returns -err, so that a failing function can say
 * `return problem_set(problem, EIO, EXIT_IO, "cannot write %s", path);`. err is a positive errno.
 * A text that is too long is cut. Thread: any.
 */
int problem_set(struct problem *problem, int err, enum exit_code exit_code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Stays in release builds: for what a caller of a room must keep. Input never reaches it. */
#define require(condition)                                  \
    do {                                                    \
        if (__builtin_expect(!(condition), 0)) {            \
            require_failed(#condition, __FILE__, __LINE__); \
        }                                                   \
    } while (0)

_Noreturn void require_failed(const char *condition, const char *file, int line);

/* For hot loops: gone in release builds. */
#ifdef NDEBUG
#define debug_assert(condition) ((void)sizeof(condition))
#else
#define debug_assert(condition) require(condition)
#endif

/*
 * AUTO(type) name = ...: calls type_cleanup(&name) when name leaves its scope. A type takes part by
 * DEFINE_AUTO(type, function), where function frees a pointer and accepts NULL.
 */
#define AUTO(type) __attribute__((cleanup(type##_auto))) struct type *
#define DEFINE_AUTO(type, function)                      \
    static inline void type##_auto(struct type **object) \
    {                                                    \
        function(*object);                               \
    }

/* A string or block from malloc, freed when it leaves its scope. */
#define AUTO_FREE __attribute__((cleanup(free_auto)))

static inline void free_auto(void *pointer)
{
    free(*(void **)pointer);
}

/* A file descriptor, closed when it leaves its scope (unless negative). */
#define AUTO_CLOSE __attribute__((cleanup(close_auto)))
void close_auto(int *fd);

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
