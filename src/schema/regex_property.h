/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Unicode properties that \p{...} of ECMA-262 names (tables 66 to 68 of clause 22.2.2.9), spelt
 * exactly. Pure. Thread: any.
 */
#ifndef WEIR_SCHEMA_REGEX_PROPERTY_H
#define WEIR_SCHEMA_REGEX_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>

struct regex_property {
    /* What PCRE2 calls it: prefix and name stand between the braces; name is not terminated. */
    const char *prefix;
    const char *name;
    size_t name_len;
    /* PCRE2 knows the complement alone. */
    bool is_inverse;
};

/*
 * Reads what stands between the braces. Returns false, *ret_property untouched, for what names no
 * property.
 */
bool regex_property_find(const char *text, size_t len, struct regex_property *ret_property);

#endif
