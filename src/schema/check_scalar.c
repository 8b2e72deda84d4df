/* SPDX-License-Identifier: Apache-2.0 */
/* Strings, numbers, and values that are listed. */
#include "schema/checker_private.h"
#include "json/decimal.h"
#include "json/number.h"

/* Code points of text as json_unescape() writes it: its bytes but for those that go on with one. */
static uint64_t count_points(const struct json_span *text)
{
    uint64_t n = 0;
    for (size_t i = 0; i < text->len; i++) {
        n += ((unsigned char)text->bytes[i] & 0xc0) != 0x80;
    }
    return n;
}

/* Bytes are at least as many as code points, and at most four times as many: mostly that decides. */
static bool check_len(struct schema_checker *checker, const struct rule *rule,
                      const struct frame *frame, const struct json_span *text)
{
    const struct string_rules *rules = rule->string;
    if (points_least(text->len) >= rules->min_len && text->len <= rules->max_len) {
        return true;
    }
    uint64_t n = count_points(text);
    if (n < rules->min_len) {
        return complain(checker, frame, rule, "minLength",
                        "has %llu characters, expected at least %llu", (unsigned long long)n,
                        (unsigned long long)rules->min_len);
    }
    if (n > rules->max_len) {
        return complain(checker, frame, rule, "maxLength",
                        "has %llu characters, expected at most %llu", (unsigned long long)n,
                        (unsigned long long)rules->max_len);
    }
    return true;
}

static bool check_pattern(struct schema_checker *checker, const struct rule *rule,
                          const struct frame *frame, const struct json_span *text)
{
    int r = pattern_matches(checker->matcher, rule->string->pattern, text->bytes, text->len);
    if (r == PATTERN_MATCHES) {
        return true;
    }
    if (r < 0) {
        return out_of_memory(checker);
    }
    if (r == 0) {
        return complain(checker, frame, rule, "pattern", "does not match the pattern");
    }
    return give_up(checker, frame, rule, "pattern", "takes too much work to match");
}

bool check_string(struct schema_checker *checker, const struct rule *rule,
                  const struct frame *frame)
{
    const struct string_rules *rules = rule->string;
    struct json_span text;
    if (!item_text(checker, &frame->item, &text)) {
        return false;
    }
    /* For the length and the format; a pattern has a budget of its own. */
    if (!spend(checker, text.len / BYTES_A_STEP)) {
        return false;
    }
    bool is_valid = check_len(checker, rule, frame, &text);
    if (rules->pattern != NULL && (is_valid || !is_decided(checker))) {
        is_valid &= check_pattern(checker, rule, frame, &text);
    }
    if (rules->format != FORMAT_NONE && (is_valid || !is_decided(checker)) &&
        !format_is_valid(rules->format, text.bytes, text.len)) {
        is_valid = complain(checker, frame, rule, "format", "does not have the format");
    }
    return is_valid;
}

/* Divisors of no more digits fit a word. */
enum { WORD_DIGITS = 19 };

/* A number of the event, and its value where that is a small integer. */
struct number {
    struct json_span text;
    int64_t value;
    bool is_small;
};

static int compare(const struct number *number, const struct number_bound *bound)
{
    if (number->is_small && bound->is_small) {
        return number->value < bound->value ? -1 : number->value > bound->value;
    }
    return decimal_compare(number->text.bytes, number->text.len, bound->text, bound->len);
}

static bool is_multiple(const struct number *number, const struct number_bound *bound)
{
    if (number->is_small && bound->is_small) {
        return number->value % bound->value == 0;
    }
    return decimal_is_multiple(number->text.bytes, number->text.len, bound->text, bound->len);
}

static bool complain_of_bound(struct schema_checker *checker, const struct rule *rule,
                              const struct frame *frame, const char *keyword, const char *relation,
                              const struct number_bound *bound)
{
    return complain(checker, frame, rule, keyword, "expected a number %s %.*s", relation,
                    (int)(bound->len < 40 ? bound->len : 40), bound->text);
}

bool check_number(struct schema_checker *checker, const struct rule *rule,
                  const struct frame *frame)
{
    const struct number_rules *rules = rule->number;
    struct number number = { .text = item_span(&frame->item) };
    /* With a divisor of many words a digit takes about a step. */
    uint64_t steps = number.text.len / BYTES_A_STEP;
    if (!spend(checker, rules->multiple_of.len > WORD_DIGITS ? number.text.len : steps)) {
        return false;
    }
    number.is_small = json_number_int64(number.text.bytes, number.text.len, &number.value) == 0;
    bool is_valid = true;
    if (rules->minimum.text != NULL && compare(&number, &rules->minimum) < 0) {
        is_valid =
            complain_of_bound(checker, rule, frame, "minimum", "of at least", &rules->minimum);
    }
    if (rules->maximum.text != NULL && compare(&number, &rules->maximum) > 0) {
        is_valid =
            complain_of_bound(checker, rule, frame, "maximum", "of at most", &rules->maximum);
    }
    if (rules->exclusive_minimum.text != NULL && compare(&number, &rules->exclusive_minimum) <= 0) {
        is_valid = complain_of_bound(checker, rule, frame, "exclusiveMinimum", "above",
                                     &rules->exclusive_minimum);
    }
    if (rules->exclusive_maximum.text != NULL && compare(&number, &rules->exclusive_maximum) >= 0) {
        is_valid = complain_of_bound(checker, rule, frame, "exclusiveMaximum", "below",
                                     &rules->exclusive_maximum);
    }
    if (rules->multiple_of.text != NULL && !is_multiple(&number, &rules->multiple_of)) {
        is_valid = complain_of_bound(checker, rule, frame, "multipleOf", "that is a multiple of",
                                     &rules->multiple_of);
    }
    return is_valid;
}

static bool is_listed(struct schema_checker *checker, const struct value_rules *rules,
                      const struct item *item)
{
    for (size_t i = 0; i < rules->n_values; i++) {
        struct item listed = { rules->values[i].document, rules->values[i].token, NULL };
        if (values_equal(checker, &listed, item)) {
            return true;
        }
    }
    return false;
}

bool check_values(struct schema_checker *checker, const struct rule *rule,
                  const struct frame *frame)
{
    struct item item;
    bool is_valid = true;
    if (!item_flatten(checker, &frame->item, &item)) {
        return false;
    }
    for (const struct value_rules *rules = rule->values; rules != NULL; rules = rules->next) {
        if (!is_listed(checker, rules, &item) && checker->error == 0) {
            is_valid = complain(checker, frame, rule, rules->keyword,
                                rules->keyword[0] == 'c' ? "is not the value expected"
                                                         : "is none of the values expected");
        }
    }
    return is_valid && checker->error == 0;
}
