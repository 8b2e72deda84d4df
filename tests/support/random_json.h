/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random JSON documents, well-formed, with all that is legal and rare: whitespace between tokens,
 * every kind of escape, duplicate and empty names, numbers beyond any type. For tests only; running
 * out of memory ends the program.
 */
#ifndef WEIR_TESTS_RANDOM_JSON_H
#define WEIR_TESTS_RANDOM_JSON_H

#include "base/buffer.h"
#include "random.h"

/* Appends a random value, with at most depth brackets inside each other. */
void random_json_value(struct buffer *out, struct random *random, unsigned depth);

/* Appends a random object, perhaps with whitespace around it. */
void random_json_document(struct buffer *out, struct random *random);

/* Appends a random string with its quotes. */
void random_json_string(struct buffer *out, struct random *random);

/* Appends what may stand between tokens, mostly nothing. */
void random_json_space(struct buffer *out, struct random *random);

/* Changes text at a few random places: bytes flipped, cut, doubled, exchanged for bits of JSON. */
void random_json_mutate(struct buffer *text, struct random *random);

#endif
