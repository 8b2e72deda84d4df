/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks into JSON lines for test checkers, by means that share nothing with what is under test: a
 * byte scanner that trusts well-formed input and never reads past it. Pure.
 */
#ifndef WEIR_TESTS_LINE_FIND_H
#define WEIR_TESTS_LINE_FIND_H

#include <stddef.h>

#include "base/buffer.h"

/* Where a member of an object lies, as offsets into the text. */
struct line_place {
    size_t name_start;
    size_t value_start;
    size_t value_end;
};

/*
 * Finds the member that path (NULL-terminated names, from the outermost object in) leads to. Of
 * duplicate names the last is taken. Names are compared as bytes. Returns 0, or -ENOENT.
 */
int line_find(const char *text, size_t len, const char *const *path, struct line_place *ret_place);

/*
 * Appends what the JSON string literal text (with its quotes) stands for. Returns 0, -EINVAL where
 * it is no such literal, or -ENOMEM.
 */
int line_decode_string(const char *text, size_t len, struct buffer *out);

/* Appends the bytes behind base64 text (padded). Returns 0, -EINVAL or -ENOMEM. */
int line_decode_base64(const char *text, size_t len, struct buffer *out);

#endif
