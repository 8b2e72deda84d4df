/* SPDX-License-Identifier: Apache-2.0 */
/* The URIs that events are full of, told in one pass: "https://host/path?query" and "/path". */
#include <string.h>

#include "schema/uri.h"

enum {
    /* unreserved but `~`, as in host names and paths: RFC 3986, 2.3 */
    HOST = 1,
    /* What else may stand in a path: sub-delims, `~`, `/`, `@`. A colon may not, in a first segment. */
    PATH = 2,
    /* What else may stand behind an authority: `:`, `?`. */
    BEHIND = 4,
};

static inline unsigned class_of(char byte)
{
    static const unsigned char marks[64] = {
        ['!'] = PATH,   ['$'] = PATH, ['&'] = PATH, ['\''] = PATH,  ['('] = PATH, [')'] = PATH,
        ['*'] = PATH,   ['+'] = PATH, [','] = PATH, ['-'] = HOST,   ['.'] = HOST, ['/'] = PATH,
        [':'] = BEHIND, [';'] = PATH, ['='] = PATH, ['?'] = BEHIND,
    };
    unsigned letter = ((unsigned char)byte | 0x20U) - 'a';
    unsigned digit = (unsigned)(unsigned char)byte - '0';
    if (letter < 26 || digit < 10) {
        return HOST;
    }
    return (unsigned char)byte < 64     ? marks[(unsigned char)byte]
           : byte == '_'                ? HOST
           : byte == '~' || byte == '@' ? PATH
                                        : 0;
}

/* Behind the first bytes of the classes. */
static const char *skip(const char *at, const char *end, unsigned allowed)
{
    while (at < end && (class_of(*at) & allowed) != 0) {
        at++;
    }
    return at;
}

bool uri_is_plain(const char *text, size_t len)
{
    const char *end = text + len;
    const char *at = text;
    if (len > 8 && memcmp(text, "https://", 8) == 0) {
        at += 8;
    } else if (len > 7 && memcmp(text, "http://", 7) == 0) {
        at += 7;
    } else {
        bool has_authority = len >= 2 && text[0] == '/' && text[1] == '/';
        return !has_authority && skip(text, end, HOST | PATH) == end;
    }
    at = skip(at, end, HOST);
    return at == end || (*at == '/' && skip(at, end, HOST | PATH | BEHIND) == end);
}
