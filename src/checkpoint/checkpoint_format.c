/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint/checkpoint_format.h"

#include <errno.h>
#include <inttypes.h>

#include "base/base64.h"
#include "base/hash.h"

/* Appends ` "text"`. */
static int write_string(struct buffer *buffer, const char *text)
{
    int r = buffer_append(buffer, " \"", 2);
    for (; r == 0 && *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f) {
            r = buffer_printf(buffer, "\\x%02x", c);
        } else if (c == '"' || c == '\\') {
            r = buffer_printf(buffer, "\\%c", c);
        } else {
            r = buffer_append_byte(buffer, *text);
        }
    }
    return r < 0 ? r : buffer_append_byte(buffer, '"');
}

static int write_named(struct buffer *buffer, const char *word, const char *text)
{
    int r = buffer_append_text(buffer, word);
    if (r == 0) {
        r = write_string(buffer, text);
    }
    return r < 0 ? r : buffer_append_byte(buffer, '\n');
}

static int write_partition(struct buffer *buffer, const struct partition_state *state)
{
    int r = buffer_append_text(buffer, "partition");
    if (r == 0) {
        r = write_string(buffer, state->name);
    }
    if (r == 0) {
        r = buffer_printf(buffer, " %" PRId64 "\n", state->watermark);
    }
    for (size_t i = 0; r == 0 && i < state->n_ranges; i++) {
        r = buffer_printf(buffer, "done %" PRId64 " %" PRId64 "\n", state->ranges[i].first,
                          state->ranges[i].end);
    }
    return r;
}

static int write_state(struct buffer *buffer, const struct checkpoint *checkpoint)
{
    int r = buffer_append_text(buffer, "state \"");
    if (r == 0) {
        r = base64_encode(buffer, checkpoint->source_state, checkpoint->source_state_len);
    }
    return r < 0 ? r : buffer_append_text(buffer, "\"\n");
}

static int write_sink(struct buffer *buffer, const struct checkpoint_sink *sink)
{
    int r = buffer_append_text(buffer, "sink");
    if (r == 0) {
        r = write_string(buffer, sink->role);
    }
    if (r == 0) {
        r = write_string(buffer, sink->identity);
    }
    return r < 0 ? r
                 : buffer_printf(buffer, " %" PRIu64 " %" PRIu64 "\n", sink->part, sink->length);
}

static int write_statements(const struct checkpoint *checkpoint, struct buffer *buffer)
{
    int r = buffer_append_text(buffer, CHECKPOINT_VERSION_LINE);
    if (r == 0) {
        r = write_named(buffer, "job", checkpoint->job_name);
    }
    if (r == 0) {
        r = write_named(buffer, "instance", checkpoint->instance);
    }
    if (r == 0) {
        r = write_named(buffer, "source", checkpoint->source_identity);
    }
    for (size_t i = 0; r == 0 && i < checkpoint->ledger.n_partitions; i++) {
        r = write_partition(buffer, &checkpoint->ledger.partitions[i]);
    }
    if (r == 0) {
        r = write_state(buffer, checkpoint);
    }
    for (size_t i = 0; r == 0 && i < checkpoint->n_sinks; i++) {
        r = write_sink(buffer, &checkpoint->sinks[i]);
    }
    return r;
}

int checkpoint_format_write(const struct checkpoint *checkpoint, struct buffer *buffer)
{
    size_t start = buffer->len;
    int r = write_statements(checkpoint, buffer);
    if (r < 0) {
        return r;
    }
    uint64_t checksum = hash_bytes(buffer->data + start, buffer->len - start);
    return buffer_printf(buffer, CHECKPOINT_CHECKSUM_WORD "%016" PRIx64 "\n", checksum);
}
