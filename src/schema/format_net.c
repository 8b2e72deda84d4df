/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host names, and the mailboxes that hold them. libidn2 enters here alone.
 */
#include <idn2.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "schema/format_kinds.h"

enum {
    LABEL_MAX = 63,
    /* 255 bytes on the wire (RFC 1035, section 2.3.4) are 253 characters. */
    HOSTNAME_MAX = 253,
};

static bool is_let_dig(char byte)
{
    return (unsigned char)(byte - '0') <= 9 || (unsigned char)((byte | 0x20) - 'a') <= 'z' - 'a';
}

static bool is_let_dig_or_hyphen(char byte)
{
    return is_let_dig(byte) || byte == '-';
}

/*
 * Whether an A-label (lower case) is valid. Registration, not lookup, tests all rules of context, and
 * writes the one A-label that there is for a text. The label is decoded first because
 * idn2_register_u8() given an A-label does not say how long a text it has room for.
 */
static bool is_idna_valid(const char *label)
{
    char *unicode = NULL;
    uint8_t *registered = NULL;
    bool is_valid = idn2_to_unicode_8z8z(label, &unicode, 0) == IDN2_OK &&
                    idn2_register_u8((const uint8_t *)unicode, NULL, &registered, 0) == IDN2_OK &&
                    strcmp((const char *)registered, label) == 0;
    idn2_free(unicode);
    idn2_free(registered);
    return is_valid;
}

static bool is_a_label(const char *text, size_t len)
{
    char label[LABEL_MAX + 1];
    for (size_t i = 0; i < len; i++) {
        bool is_upper = (unsigned char)(text[i] - 'A') <= 'Z' - 'A';
        label[i] = (char)(is_upper ? text[i] | 0x20 : text[i]);
    }
    label[len] = '\0';
    return is_idna_valid(label);
}

/* Whether text, of letters, digits and hyphens only, is a label. */
static bool is_label(const char *text, size_t len)
{
    if (len == 0 || len > LABEL_MAX || text[0] == '-' || text[len - 1] == '-') {
        return false;
    }
    return len < 4 || strncasecmp(text, "xn--", 4) != 0 || is_a_label(text, len);
}

bool format_is_hostname(const char *text, size_t len)
{
    if (len > HOSTNAME_MAX) {
        return false;
    }
    size_t start = 0;
    for (size_t at = 0; at < len; at++) {
        if (is_let_dig_or_hyphen(text[at])) {
            continue;
        }
        if (text[at] != '.' || !is_label(text + start, at - start)) {
            return false;
        }
        start = at + 1;
    }
    return is_label(text + start, len - start);
}

/* The general form: a tag that ends in a letter or digit, a colon, and dcontent. */
static bool is_general_literal(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && is_let_dig_or_hyphen(text[n])) {
        n++;
    }
    if (n == 0 || text[n - 1] == '-' || len - n < 2 || text[n] != ':') {
        return false;
    }
    for (size_t i = n + 1; i < len; i++) {
        if (text[i] < '!' || text[i] > '~' || (text[i] >= '[' && text[i] <= ']')) {
            return false;
        }
    }
    return true;
}

/* What stands between the brackets of an address literal. */
static bool is_address_literal(const char *text, size_t len)
{
    static const char tag[] = "IPv6:";
    size_t tag_len = sizeof(tag) - 1;
    if (len >= tag_len && strncasecmp(text, tag, tag_len) == 0) {
        return format_is_ipv6(text + tag_len, len - tag_len);
    }
    return format_is_ipv4(text, len) || is_general_literal(text, len);
}

static bool is_mail_domain(const char *text, size_t len)
{
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        return is_address_literal(text + 1, len - 2);
    }
    return format_is_hostname(text, len);
}

static bool is_atext(char byte)
{
    return is_let_dig(byte) || (byte != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", byte) != NULL);
}

/* The length of the dot-string that text begins with; 0 where there is none. */
static size_t dot_string_len(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len && (is_atext(text[at]) || (text[at] == '.' && at > 0 && text[at - 1] != '.'))) {
        at++;
    }
    return at > 0 && text[at - 1] == '.' ? 0 : at;
}

/* The length of the quoted string, quotes included, that text begins with; 0 where there is none. */
static size_t quoted_string_len(const char *text, size_t len)
{
    for (size_t at = 1; at < len; at++) {
        if (text[at] == '"') {
            return at + 1;
        }
        at += text[at] == '\\';
        if (at == len || text[at] < ' ' || text[at] > '~') {
            return 0;
        }
    }
    return 0;
}

bool format_is_email(const char *text, size_t len)
{
    bool is_quoted = len > 0 && text[0] == '"';
    size_t at = is_quoted ? quoted_string_len(text, len) : dot_string_len(text, len);
    return at > 0 && at < len && text[at] == '@' && is_mail_domain(text + at + 1, len - at - 1);
}
