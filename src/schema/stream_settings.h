/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream configuration says of one stream, as far as we care. Pure, but for memory. */
#ifndef WEIR_SCHEMA_STREAM_SETTINGS_H
#define WEIR_SCHEMA_STREAM_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "json/document.h"

/* A field of message_key_fields. */
struct stream_key {
    /* Its name in the key of a message. */
    const char *name;
    /* Where it is in the event, a JSON Pointer: "/page/page_id" for "page.page_id". */
    const char *pointer;
};

/* All of it lives in the arena it was made in. */
struct stream_settings {
    const char *name;
    /* schema_title; never NULL. */
    const char *title;
    /* As given, else the name behind each of topic_prefixes, else the name alone. */
    const char *const *topics;
    size_t n_topics;
    /* In the order of the configuration; none where it says nothing. */
    const struct stream_key *keys;
    size_t n_keys;
    /* canary_events_enabled; true where it says nothing. */
    bool has_canaries;
    /* The configuration it was found in, as it may be shown. */
    const char *uri;
};

/*
 * Reads the settings of stream `name` from the value at token. uri is copied into them and named in
 * messages. Returns 0, -EINVAL with problem filled (EXIT_CONFIG), or -ENOMEM.
 */
int stream_settings_read(const struct json_document *tree, uint32_t token, const char *name,
                         const char *uri, struct arena *arena, struct stream_settings *ret_settings,
                         struct problem *problem);

#endif
