/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strict reading of a document: one pass over its tokens that checks what stage 1 leaves open
 * (RFC 8259: grammar, escapes, numbers, literals, one value, nothing behind it) and fills the links.
 * Iterative: depth costs no stack. A lone surrogate escape is grammatical and accepted; numbers may
 * be of any size. Pure.
 */
#ifndef WEIR_JSON_WALK_H
#define WEIR_JSON_WALK_H

#include "json/document.h"

/*
 * Walks document, whose bytes, tokens (from json_index() of these very bytes) and room for links are
 * set by the caller, and is_line where it holds; fills the links and has_break. max_depth is the
 * number of nested brackets allowed, at most JSON_MAX_DEPTH. Returns 0, or JSON_MALFORMED with
 * *ret_fault filled.
 */
int json_walk(struct json_document *document, uint32_t max_depth, struct json_fault *ret_fault);

#endif
