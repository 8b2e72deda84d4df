/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared libraries that are loaded when they are first needed. Loading libcurl takes as long as all the
 * rest of a start, and most of a small job's memory: who asks no server should not wait for it.
 */
#ifndef WEIR_BASE_LIBRARY_H
#define WEIR_BASE_LIBRARY_H

#include <stddef.h>

/*
 * Loads the library for as long as the process lives, and looks its functions up. ret_functions: room for n
 * pointers to functions, in the order of names; untouched where it fails. Returns 0, or -ENOENT after an
 * error in the log that says what is missing. Thread: any, but once for each library.
 */
int library_load(const char *file, const char *const *names, size_t n, void *ret_functions);

#endif
