/* SPDX-License-Identifier: Apache-2.0 */
#include "../../support/fuzz_replay.h"
#include "base/error.h"

static void put_bits(struct buffer *out, struct random *random, const char *const *bits, size_t n)
{
    for (uint64_t i = 1 + random_below(random, 10); i > 0; i--) {
        require(buffer_append_text(out, bits[random_below(random, n)]) == 0);
    }
}

void fuzz_generate(struct buffer *out, struct random *random)
{
    static const char *const pattern[] = {
        "a",
        "b",
        "\\d",
        "\\w",
        "\\s",
        "\\S",
        "\\b",
        "\\cA",
        ".",
        "^",
        "$",
        "|",
        "(",
        ")",
        "(?:",
        "(?=",
        "(?!",
        "(?<=",
        "(?<n>",
        "\\1",
        "\\k<n>",
        "[a-z]",
        "[^\\d]",
        "[",
        "]",
        "-",
        "*",
        "+",
        "?",
        "{2}",
        "{1,}",
        "{0,3}?",
        "\\u00e9",
        "\\u{1f682}",
        "\\p{L}",
        "\\P{Nd}",
        "\\p{Script=Greek}",
        "\\x41",
        "\\0",
        "\\/",
        "é",
        "🚂",
        "[\\b]",
        "[]",
        "[^]",
        "\\-",
        "{",
        "(a+)+",
    };
    static const char *const subject[] = {
        "a", "b", "aaaaaaaaaaaaaaaaaaaaaaaa", "1", " ", "é", "🚂", "_", "\n", "A", "α", "-", "x",
    };
    put_bits(out, random, pattern, ARRAY_SIZE(pattern));
    require(buffer_append_text(out, "\n") == 0);
    put_bits(out, random, subject, ARRAY_SIZE(subject));
}
