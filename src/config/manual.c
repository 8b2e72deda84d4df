/* SPDX-License-Identifier: Apache-2.0 */
/* The manual's table of all keys, made from the table that reads them. */
#include <inttypes.h>

#include "config/config.h"
#include "config/keys.h"
#include "config/read.h"
#include "config/units.h"

static const char *const connector_names[] = {
    [CONNECTOR_SSE] = "sse",
    [CONNECTOR_FILE] = "file",
    [CONNECTOR_KAFKA] = "kafka",
    [CONNECTOR_STDOUT] = "stdout",
};

/* Appends text for a cell of a Markdown table: a `|` would end it. */
static int append_cell(struct buffer *buffer, const char *text)
{
    int r = 0;
    for (; *text != '\0' && r == 0; text++) {
        if (*text == '|') {
            r = buffer_append_byte(buffer, '\\');
        }
        r = r < 0 ? r : buffer_append_byte(buffer, *text);
    }
    return r;
}

static int append_range(const struct config_key *key, struct buffer *buffer)
{
    char min[UNITS_SIZE];
    char max[UNITS_SIZE];
    switch (key->type) {
    case TYPE_BYTES:
        bytes_format(min, key->min);
        bytes_format(max, key->max);
        return buffer_printf(buffer, ", %s to %s", min, max);
    case TYPE_DURATION:
        duration_format(min, key->min);
        duration_format(max, key->max);
        return buffer_printf(buffer, ", %s to %s", min, max);
    case TYPE_INTEGER:
    case TYPE_INTEGER_AUTO:
    case TYPE_INTEGERS:
        return buffer_printf(buffer, ", %" PRId64 " to %" PRId64, key->min, key->max);
    default:
        return 0;
    }
}

static int append_words(const struct config_word *words, struct buffer *buffer)
{
    int r = 0;
    for (const struct config_word *word = words; word->name != NULL && r == 0; word++) {
        r = buffer_printf(buffer, "%s`%s`", word == words ? "" : ", ", word->name);
    }
    return r;
}

static int append_value(const struct config_key *key, struct buffer *buffer)
{
    if (key->type == TYPE_WORD) {
        return append_words(key->words, buffer);
    }
    int r = append_cell(buffer, type_expectation(key->type));
    return r < 0 ? r : append_range(key, buffer);
}

static int append_default(const struct config_key *key, struct buffer *buffer)
{
    if (key->fallback == NULL) {
        return buffer_append_text(buffer, key->is_required ? "required" : "");
    }
    int r = buffer_append_byte(buffer, '`');
    if (r == 0) {
        r = append_cell(buffer, key->fallback);
    }
    return r < 0 ? r : buffer_append_byte(buffer, '`');
}

/* "sse: " and the like, where only some connectors have the key. */
static int append_connectors(const struct config_key *key, struct buffer *buffer)
{
    int r = 0;
    bool is_first = true;
    for (size_t i = 0; i < ARRAY_SIZE(connector_names) && r == 0; i++) {
        if (connector_names[i] != NULL && (key->connectors >> i & 1U) != 0) {
            r = buffer_printf(buffer, "%s%s", is_first ? "" : ", ", connector_names[i]);
            is_first = false;
        }
    }
    return r < 0 || is_first ? r : buffer_append_text(buffer, ": ");
}

static int append_meaning(const struct config_key *key, struct buffer *buffer)
{
    int r = append_connectors(key, buffer);
    if (r == 0) {
        r = append_cell(buffer, key->text);
    }
    if (r == 0 && key->type == TYPE_IGNORED) {
        r = buffer_printf(buffer, "; see `%s`", key->instead);
    }
    return r;
}

static int append_row(const struct config_key *key, struct buffer *buffer)
{
    int r = buffer_printf(buffer, "| `%s` | ", key->path);
    if (r == 0) {
        r = append_value(key, buffer);
    }
    if (r == 0) {
        r = buffer_append_text(buffer, " | ");
    }
    if (r == 0) {
        r = append_default(key, buffer);
    }
    if (r == 0) {
        r = buffer_append_text(buffer, " | ");
    }
    if (r == 0) {
        r = append_meaning(key, buffer);
    }
    return r < 0 ? r : buffer_append_text(buffer, " |\n");
}

int config_manual(struct buffer *buffer)
{
    size_t n_keys;
    const struct config_key *keys = config_keys(&n_keys);
    int r = buffer_append_text(buffer, "| key | value | default | meaning |\n"
                                       "| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < n_keys && r == 0; i++) {
        r = append_row(&keys[i], buffer);
    }
    return r;
}
