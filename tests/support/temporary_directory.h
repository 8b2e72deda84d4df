/* SPDX-License-Identifier: Apache-2.0 */
/* A directory for one test, and files in it. What fails here aborts the test program. */
#ifndef WEIR_TESTS_TEMPORARY_DIRECTORY_H
#define WEIR_TESTS_TEMPORARY_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

/* Makes an empty directory below $TMPDIR or /tmp; path has 256 bytes. */
void temporary_directory_make(char path[256]);

/* Removes it and what is in it. */
void temporary_directory_remove(const char *path);

/* Writes a whole file directory/name. */
void file_put(const char *directory, const char *name, const void *bytes, size_t len);

/* Reads a whole file, with a NUL behind it; the caller frees it. NULL when it is not there. */
char *file_get(const char *directory, const char *name, size_t *ret_len);

/* True when the file is there and holds exactly text. */
bool file_holds(const char *directory, const char *name, const char *text);
bool file_exists(const char *directory, const char *name);

#endif
