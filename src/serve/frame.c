/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/frame.h"

#include <string.h>

#include "serve/decimal.h"

enum { ID_HEAD_LEN = 8 };

static const char head[] = "event: message\nid: ";
static const char middle[] = "\ndata: ";
static const char tail[] = "\n\n";

/* What stands around the offset, by kind of splice, with topic and partition between the two. */
static const struct {
    const char *before;
    const char *after;
    bool has_members;
} splices[] = {
    [RECORDING_REPLACE] = { "", "", false },
    [RECORDING_INSERT] = { ",", "", true },
    [RECORDING_INSERT_FIRST] = { "", "", true },
    [RECORDING_INSERT_META] = { ",\"meta\":{", "}", true },
    [RECORDING_INSERT_META_FIRST] = { "\"meta\":{", "}", true },
};

/* The most that `before` and `after` add. */
enum { SPLICE_BOUND = 16 };

static char *put(char *out, const char *bytes, size_t len)
{
    memcpy(out, bytes, len);
    return out + len;
}

/*
 * A further pass is other events: the first eight digits of a UUID change with the pass, in place, so
 * that within a recording ids that differ go on to differ.
 */
static void vary_id(char *id, uint64_t pass)
{
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < ID_HEAD_LEN; i++) {
        char c = id[i];
        unsigned digit = c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
        unsigned shift = 4 * (ID_HEAD_LEN - 1 - i);
        id[i] = digits[(digit ^ (unsigned)(pass >> shift)) & 0xf];
    }
}

size_t frame_data_bound(const struct frame *frame)
{
    const struct recording_partition *partition =
        &frame->recording->partitions[frame->event->partition];
    return frame->event->json_len + SPLICE_BOUND + partition->members_len + DECIMAL_SIZE;
}

size_t frame_write_data(const struct frame *frame, char *out)
{
    const struct recording_event *event = frame->event;
    const struct recording_partition *partition = &frame->recording->partitions[event->partition];
    if (event->splice == RECORDING_NO_SPLICE) {
        return (size_t)(put(out, event->json, event->json_len) - out);
    }
    const char *before = splices[event->splice].before;
    const char *after = splices[event->splice].after;
    size_t rest_at = event->splice_at + event->splice_len;
    char *end = put(out, event->json, event->splice_at);
    end = put(end, before, strlen(before));
    if (splices[event->splice].has_members) {
        end = put(end, partition->members, partition->members_len);
    }
    end +=
        decimal_write(end, event->offset + (int64_t)frame->pass * partition->span + frame->shift);
    end = put(end, after, strlen(after));
    size_t moved = event->id_at < event->splice_at ? 0 : (size_t)(end - out) - rest_at;
    end = put(end, event->json + rest_at, event->json_len - rest_at);
    if (frame->pass > 0 && event->id_at > 0) {
        vary_id(out + event->id_at + moved, frame->pass);
    }
    return (size_t)(end - out);
}

size_t frame_bound(const struct frame *frame, const struct assignment *assignment)
{
    return strlen(head) + assignment->id_bound + strlen(middle) + frame_data_bound(frame) +
           strlen(tail);
}

size_t frame_write(const struct frame *frame, const struct assignment *assignment, char *out,
                   size_t *ret_data_at)
{
    char *end = put(out, head, strlen(head));
    end += assignment_write_id(assignment, end);
    end = put(end, middle, strlen(middle));
    *ret_data_at = (size_t)(end - out);
    end += frame_write_data(frame, end);
    end = put(end, tail, strlen(tail));
    return (size_t)(end - out);
}
