/* SPDX-License-Identifier: Apache-2.0 */
/* The one door to libuuid. Pure. */
#ifndef WEIR_BASE_UUID_H
#define WEIR_BASE_UUID_H

#include <stddef.h>

/* Room for a UUID's 36 characters and a NUL. */
enum { UUID_SIZE = 37 };

/*
 * Writes the UUID of a name: version 5 (RFC 9562, 5.5), in lower case, in a namespace that is Weir's own.
 * The same bytes give the same UUID on every machine and in every run.
 */
void uuid_of_name(char *text, const void *name, size_t len);

#endif
