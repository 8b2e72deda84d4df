/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds a fuzz target without a fuzzer, with the same inputs at every run:
 *
 *     fuzz_NAME CORPUS N      every file of CORPUS, then N inputs: mutations of those, and new ones
 *     fuzz_NAME FILE          one input
 *
 * The input that makes the target abort is written to $TMPDIR or /tmp. This is the whole program but
 * for the target and fuzz_generate().
 */
#ifndef WEIR_TESTS_FUZZ_REPLAY_H
#define WEIR_TESTS_FUZZ_REPLAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "random.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Appends an input of the kind that the target is for. */
void fuzz_generate(struct buffer *out, struct random *random);

#endif
