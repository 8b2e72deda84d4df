/* SPDX-License-Identifier: Apache-2.0 */
/* What is not done a second time, plainly: the matching of patterns and of formats. */
#include "base/error.h"
#include "plain_internal.h"
#include "schema/format.h"
#include "schema/pattern.h"

/* Never NULL. */
static const char *bytes_of(const struct buffer *text)
{
    return text->len > 0 ? text->data : "";
}

bool plain_matches(struct plain_schema *schema, const struct buffer *pattern,
                   const struct buffer *text)
{
    AUTO(pattern) compiled = NULL;
    AUTO(pattern_matcher) matcher = NULL;
    struct problem problem;
    if (pattern_compile(bytes_of(pattern), pattern->len, &compiled, &problem) != 0) {
        schema->is_undecided = true;
        return false;
    }
    require(pattern_matcher_new(&matcher) == 0);
    pattern_matcher_begin(matcher);
    int r = pattern_matches(matcher, compiled, bytes_of(text), text->len);
    require(r >= 0);
    schema->is_undecided |= r == PATTERN_TOO_COSTLY;
    return r == PATTERN_MATCHES;
}

bool plain_has_format(const struct buffer *format, const struct buffer *text)
{
    return format_is_valid(format_find(bytes_of(format), format->len), bytes_of(text), text->len);
}
