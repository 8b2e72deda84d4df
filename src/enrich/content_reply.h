/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the Action API says of revisions (action=query, prop=revisions, formatversion=2), taken apart once
 * and packed, a run of bytes a revision. Pure.
 */
#ifndef WEIR_ENRICH_CONTENT_REPLY_H
#define WEIR_ENRICH_CONTENT_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "json/document.h"

enum content_state {
    /* There is a text. */
    CONTENT_TEXT,
    /* Whoever asks may not see it. */
    CONTENT_HIDDEN,
    /* The wiki has lost it, or cannot write it in the format that was asked for. */
    CONTENT_MISSING,
    CONTENT_BAD_FORMAT,
};

/* A slot of a revision. */
struct content_slot {
    uint32_t state;
    /* Of the text, decoded, as the wiki says; 0: it does not. */
    uint32_t has_size;
    uint64_t size;
    uint32_t role_len;
    /* A JSON string with its quotes. */
    uint32_t text_len;
    /* Hexadecimal; empty: hidden, or not said. */
    char sha1[44];
    /* The role (as JSON writes it, without quotes) and the text follow. */
};

/* Called for each revision: its number, and its slots packed one behind the other. Returns 0 or -errno. */
typedef int content_take(void *context, int64_t revision, const struct buffer *slots);

/*
 * Takes a reply apart. Returns 0, or what take returned. *ret_is_cut: the reply ends before all of
 * it is said (`continue`).
 */
int content_reply_split(const struct json_document *document, content_take *take, void *context,
                        bool *ret_is_cut);

/* Steps through packed slots from *position = 0. False at the end. Role and text are within slots. */
bool content_next_slot(const char *slots, size_t len, size_t *position,
                       struct content_slot *ret_slot, const char **ret_role, const char **ret_text);

/* Whether two hashes are one, each written hexadecimal or in base 36 (as events do). */
bool content_is_same_sha1(const char *one, size_t one_len, const char *other, size_t other_len);

#endif
