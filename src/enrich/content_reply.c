/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/content_reply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json/text.h"

enum { SHA1_SIZE = 20, SHA1_BASE36 = 31 };

/* The value of a member, JSON_END without one. Of members of one name the last counts. */
static uint32_t member(const struct json_document *document, uint32_t object, const char *name)
{
    uint32_t found = JSON_END;
    if (object == JSON_END || json_kind(document, object) != JSON_OBJECT) {
        return JSON_END;
    }
    for (uint32_t key = json_first(document, object); key != JSON_END;
         key = json_sibling(document, key + 2)) {
        struct json_string text = json_string(document, key);
        if (json_string_equals(text.raw, text.raw_len, name, strlen(name))) {
            found = key + 2;
        }
    }
    return found;
}

/* formatversion=2 says true, the one before an empty string; and where it is not so, nothing. */
static bool is_set(const struct json_document *document, uint32_t object, const char *name)
{
    uint32_t value = member(document, object, name);
    return value != JSON_END && json_byte(document, value) != 'f' &&
           json_byte(document, value) != 'n';
}

static bool read_number(const struct json_document *document, uint32_t value, int64_t *ret_number)
{
    if (value == JSON_END || json_kind(document, value) != JSON_NUMBER) {
        return false;
    }
    *ret_number = strtoll(document->bytes + document->tokens[value], NULL, 10);
    return true;
}

static enum content_state state_of(const struct json_document *document, uint32_t revision,
                                   uint32_t slot, uint32_t text)
{
    if (is_set(document, slot, "texthidden") || is_set(document, revision, "texthidden")) {
        return CONTENT_HIDDEN;
    }
    if (is_set(document, slot, "badcontentformat")) {
        return CONTENT_BAD_FORMAT;
    }
    bool is_text = text != JSON_END && json_kind(document, text) == JSON_STRING;
    return is_text ? CONTENT_TEXT : CONTENT_MISSING;
}

static void read_sha1(const struct json_document *document, uint32_t slot, char *sha1, size_t size)
{
    uint32_t value = member(document, slot, "sha1");
    if (value != JSON_END && json_kind(document, value) == JSON_STRING) {
        struct json_string text = json_string(document, value);
        size_t len = text.raw_len < size - 1 ? text.raw_len : size - 1;
        memcpy(sha1, text.raw, len);
        sha1[len] = '\0';
    }
}

static int pack_slot(const struct json_document *document, uint32_t revision, uint32_t key,
                     struct buffer *slots)
{
    uint32_t slot = key + 2;
    struct json_string role = json_string(document, key);
    uint32_t text = member(document, slot, "content");
    int64_t size = 0;
    struct content_slot packed = { .state = state_of(document, revision, slot, text),
                                   .role_len = role.raw_len };
    packed.has_size = read_number(document, member(document, slot, "size"), &size) && size >= 0;
    packed.size = (uint64_t)(size > 0 ? size : 0);
    read_sha1(document, slot, packed.sha1, sizeof(packed.sha1));
    const char *bytes = "";
    if (packed.state == CONTENT_TEXT) {
        bytes = document->bytes + document->tokens[text];
        packed.text_len = json_value_end(document, text) - document->tokens[text];
    }
    int r = buffer_append(slots, &packed, sizeof(packed));
    if (r == 0) {
        r = buffer_append(slots, role.raw, role.raw_len);
    }
    return r < 0 ? r : buffer_append(slots, bytes, packed.text_len);
}

static int take_revision(const struct json_document *document, uint32_t revision,
                         struct buffer *slots, content_take *take, void *context)
{
    int64_t number;
    uint32_t all = member(document, revision, "slots");
    if (!read_number(document, member(document, revision, "revid"), &number)) {
        return 0;
    }
    buffer_clear(slots);
    /* A revision whose text was not said yet is none. */
    if (all == JSON_END || json_kind(document, all) != JSON_OBJECT ||
        is_set(document, revision, "slotsmissing")) {
        return is_set(document, revision, "slotsmissing") ? take(context, number, slots) : 0;
    }
    for (uint32_t key = json_first(document, all); key != JSON_END;
         key = json_sibling(document, key + 2)) {
        int r = pack_slot(document, revision, key, slots);
        if (r < 0) {
            return r;
        }
    }
    return take(context, number, slots);
}

static int take_page(const struct json_document *document, uint32_t page, struct buffer *slots,
                     content_take *take, void *context)
{
    uint32_t revisions = member(document, page, "revisions");
    if (revisions == JSON_END || json_kind(document, revisions) != JSON_ARRAY) {
        return 0;
    }
    int r = 0;
    for (uint32_t revision = json_first(document, revisions); r == 0 && revision != JSON_END;
         revision = json_sibling(document, revision)) {
        r = take_revision(document, revision, slots, take, context);
    }
    return r;
}

int content_reply_split(const struct json_document *document, content_take *take, void *context,
                        bool *ret_is_cut)
{
    AUTO_BUFFER slots = { 0 };
    uint32_t pages = member(document, member(document, 0, "query"), "pages");
    *ret_is_cut = member(document, 0, "continue") != JSON_END;
    if (pages == JSON_END || json_kind(document, pages) != JSON_ARRAY) {
        return 0;
    }
    int r = 0;
    for (uint32_t page = json_first(document, pages); r == 0 && page != JSON_END;
         page = json_sibling(document, page)) {
        r = take_page(document, page, &slots, take, context);
    }
    return r;
}

bool content_next_slot(const char *slots, size_t len, size_t *position,
                       struct content_slot *ret_slot, const char **ret_role, const char **ret_text)
{
    if (len - *position < sizeof(*ret_slot)) {
        return false;
    }
    memcpy(ret_slot, slots + *position, sizeof(*ret_slot));
    *ret_role = slots + *position + sizeof(*ret_slot);
    *ret_text = *ret_role + ret_slot->role_len;
    *position += sizeof(*ret_slot) + ret_slot->role_len + ret_slot->text_len;
    return true;
}

static int digit_of(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    byte = (char)(byte | 0x20);
    return byte >= 'a' && byte <= 'z' ? byte - 'a' + 10 : -1;
}

/* Reads a number of 160 bits. False: it is none, or too large. */
static bool read_sha1_number(const char *text, size_t len, unsigned base,
                             unsigned char number[SHA1_SIZE])
{
    memset(number, 0, SHA1_SIZE);
    for (size_t i = 0; i < len; i++) {
        int digit = digit_of(text[i]);
        if (digit < 0 || (unsigned)digit >= base) {
            return false;
        }
        unsigned carry = (unsigned)digit;
        for (int byte = SHA1_SIZE - 1; byte >= 0; byte--) {
            carry += number[byte] * base;
            number[byte] = (unsigned char)(carry & 0xff);
            carry >>= 8;
        }
        if (carry > 0) {
            return false;
        }
    }
    return true;
}

bool content_is_same_sha1(const char *one, size_t one_len, const char *other, size_t other_len)
{
    unsigned char numbers[2][SHA1_SIZE];
    return read_sha1_number(one, one_len, one_len > SHA1_BASE36 ? 16 : 36, numbers[0]) &&
           read_sha1_number(other, other_len, other_len > SHA1_BASE36 ? 16 : 36, numbers[1]) &&
           memcmp(numbers[0], numbers[1], SHA1_SIZE) == 0;
}
