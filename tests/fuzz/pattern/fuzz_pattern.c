/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns and formats, fed with anything: a pattern on the first line, a subject behind it. What must
 * hold, besides that nothing crashes, hangs or is read outside the input:
 *
 *     - what is no expression of ECMA-262 is neither translated nor compiled, and it is said why
 *     - what is translated is an expression, and PCRE2 takes it or says why not
 *     - a match costs little and gives the same answer each time
 *     - every format takes any text; regex is what regex_is_valid() says
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "schema/format.h"
#include "schema/pattern.h"
#include "schema/regex.h"
#include "json/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const formats[] = {
    "date-time", "date", "time", "uri",   "uri-reference", "email",   "hostname",
    "ipv4",      "ipv6", "uuid", "regex", "json-pointer",  "unknown",
};

/* A copy of exactly its length, so that a sanitizer sees a read beyond it. */
static char *copy(const char *bytes, size_t len)
{
    char *exact = malloc(len > 0 ? len : 1);
    require(exact != NULL);
    if (len > 0) {
        memcpy(exact, bytes, len);
    }
    return exact;
}

static void check_match(const struct pattern *pattern, const char *subject, size_t len)
{
    AUTO(pattern_matcher) matcher = NULL;
    require(pattern_matcher_new(&matcher) == 0);
    pattern_matcher_begin(matcher);
    int r = pattern_matches(matcher, pattern, subject, len);
    require(r == 0 || r == PATTERN_MATCHES || r == PATTERN_TOO_COSTLY);
    pattern_matcher_begin(matcher);
    require(pattern_matches(matcher, pattern, subject, len) == r);
}

static void check_pattern(const char *ecma, size_t ecma_len, const char *subject, size_t len)
{
    AUTO_BUFFER pcre = { 0 };
    AUTO(pattern) pattern = NULL;
    const char *reason = NULL;
    struct problem problem = { .text = "" };
    bool is_valid = regex_is_valid(ecma, ecma_len);
    int r = regex_translate(ecma, ecma_len, &pcre, &reason);
    /* What PCRE2 would answer differently is refused, right as it is. */
    require(r == 0 ? is_valid : r == -EINVAL);
    require(r == 0 || (reason != NULL && pcre.len == 0));
    r = pattern_compile(ecma, ecma_len, &pattern, &problem);
    require(r == 0 || (r == -EINVAL && problem.text[0] != '\0' && pattern == NULL));
    require(r != 0 || is_valid);
    if (r == 0) {
        check_match(pattern, subject, len);
    }
}

static void check_formats(const char *text, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        enum format format = format_find(formats[i], strlen(formats[i]));
        bool is_valid = format_is_valid(format, text, len);
        require(format != FORMAT_NONE || is_valid);
        require(format != FORMAT_REGEX || is_valid == regex_is_valid(text, len));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *bytes = (const char *)data;
    /* What reaches a pattern has passed the reader. */
    if (!json_is_utf8(bytes, len)) {
        return 0;
    }
    const char *line = len > 0 ? memchr(bytes, '\n', len) : NULL;
    size_t ecma_len = line != NULL ? (size_t)(line - bytes) : len;
    size_t subject_len = line != NULL ? len - ecma_len - 1 : 0;
    char *ecma = copy(bytes, ecma_len);
    char *subject = copy(bytes + len - subject_len, subject_len);
    check_pattern(ecma, ecma_len, subject, subject_len);
    check_formats(ecma, ecma_len);
    check_formats(subject, subject_len);
    free(ecma);
    free(subject);
    return 0;
}
