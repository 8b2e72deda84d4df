/* SPDX-License-Identifier: Apache-2.0 */
/* The one door to xxHash (XXH3). Not for secrets. Pure. */
#ifndef WEIR_BASE_HASH_H
#define WEIR_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* XXH3, 64 bits. The value is part of file formats (checksums): it never changes. */
uint64_t hash_bytes(const void *bytes, size_t len);

/* The same with a seed, to chain several parts: hash = hash_bytes_seeded(part, len, hash). */
uint64_t hash_bytes_seeded(const void *bytes, size_t len, uint64_t seed);

#endif
