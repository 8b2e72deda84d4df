/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The formats of JSON Schema draft-07 (validation, section 7.3) that are asserted, each by the grammar
 * it names. Pure. Thread: any.
 */
#ifndef WEIR_SCHEMA_FORMAT_H
#define WEIR_SCHEMA_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

enum format {
    /* Any text: the format is unknown or not asserted. */
    FORMAT_NONE,
    /* RFC 3339, section 5.6; a second 60 is taken in the last minute of a UTC day alone. */
    FORMAT_DATE_TIME,
    FORMAT_DATE,
    FORMAT_TIME,
    /* RFC 3986: with a scheme; and any reference. */
    FORMAT_URI,
    FORMAT_URI_REFERENCE,
    /* RFC 5321, section 4.1.2 (Mailbox), US-ASCII. */
    FORMAT_EMAIL,
    /* RFC 1123, section 2.1; labels that begin with xn-- are A-labels of RFC 5890 (IDNA 2008). */
    FORMAT_HOSTNAME,
    /* RFC 2673, section 3.2 (dotted quad) without leading zeros, and RFC 4291, section 2.2. */
    FORMAT_IPV4,
    FORMAT_IPV6,
    /* RFC 4122, section 3, either case, any version. */
    FORMAT_UUID,
    /* ECMA-262, as schema/regex.h reads it. */
    FORMAT_REGEX,
    /* RFC 6901. */
    FORMAT_JSON_POINTER,
};

/* The format of a name as it stands in a schema; FORMAT_NONE for others. */
enum format format_find(const char *name, size_t len);

/*
 * Whether text (unescaped, UTF-8) has the format. Linear in len. Allocates nothing, but for host names
 * with A-labels, which libidn2 checks.
 */
bool format_is_valid(enum format format, const char *text, size_t len);

#endif
