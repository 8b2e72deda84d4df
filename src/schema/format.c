/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/format.h"

#include <string.h>

#include "base/error.h"
#include "schema/format_kinds.h"
#include "schema/regex.h"
#include "schema/uri.h"

/* Any text is a pointer that is empty or begins with a slash, and whose every ~ is ~0 or ~1. */
static bool is_json_pointer(const char *text, size_t len)
{
    if (len > 0 && text[0] != '/') {
        return false;
    }
    const char *end = text + len;
    const char *tilde = text;
    while (tilde < end && (tilde = memchr(tilde, '~', (size_t)(end - tilde))) != NULL) {
        if (end - tilde < 2 || (tilde[1] != '0' && tilde[1] != '1')) {
            return false;
        }
        tilde += 2;
    }
    return true;
}

static bool is_uri_reference(const char *text, size_t len)
{
    return uri_is_plain(text, len) || uri_is_reference(text, len);
}

struct format_entry {
    const char *name;
    size_t name_len;
    bool (*is_valid)(const char *text, size_t len);
};

#define ENTRY(name, is_valid)                \
    {                                        \
        (name), sizeof(name) - 1, (is_valid) \
    }

static const struct format_entry entries[] = {
    [FORMAT_DATE_TIME] = ENTRY("date-time", format_is_date_time),
    [FORMAT_DATE] = ENTRY("date", format_is_date),
    [FORMAT_TIME] = ENTRY("time", format_is_time),
    [FORMAT_URI] = ENTRY("uri", uri_is_valid),
    [FORMAT_URI_REFERENCE] = ENTRY("uri-reference", is_uri_reference),
    [FORMAT_EMAIL] = ENTRY("email", format_is_email),
    [FORMAT_HOSTNAME] = ENTRY("hostname", format_is_hostname),
    [FORMAT_IPV4] = ENTRY("ipv4", format_is_ipv4),
    [FORMAT_IPV6] = ENTRY("ipv6", format_is_ipv6),
    [FORMAT_UUID] = ENTRY("uuid", format_is_uuid),
    [FORMAT_REGEX] = ENTRY("regex", regex_is_valid),
    [FORMAT_JSON_POINTER] = ENTRY("json-pointer", is_json_pointer),
};

enum format format_find(const char *name, size_t len)
{
    for (size_t i = FORMAT_NONE + 1; i < ARRAY_SIZE(entries); i++) {
        if (entries[i].name_len == len && memcmp(entries[i].name, name, len) == 0) {
            return (enum format)i;
        }
    }
    return FORMAT_NONE;
}

bool format_is_valid(enum format format, const char *text, size_t len)
{
    return format == FORMAT_NONE || entries[format].is_valid(text, len);
}
