/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URIs by RFC 3986: strict grammar, and the resolution of references. Knows no scheme. Pure, but for
 * the buffers. Thread: any.
 */
#ifndef WEIR_SCHEMA_URI_H
#define WEIR_SCHEMA_URI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/*
 * Whether text is a URI (section 3): a scheme, and with or without a fragment. US-ASCII alone; every
 * percent stands before two hexadecimal digits; brackets hold an IPv6 or IPvFuture literal.
 */
bool uri_is_valid(const char *text, size_t len);

/* Whether text is a URI or a relative reference (section 4.1); the empty text is one. */
bool uri_is_reference(const char *text, size_t len);

/*
 * Whether text is a URI reference of the most usual forms, which takes a tenth of the time; false says
 * nothing.
 */
bool uri_is_plain(const char *text, size_t len);

/*
 * Appends what reference means seen from base (section 5.2, strict), with dot segments removed; the
 * fragment is the reference's. Texts are split as appendix B does and not checked further. Base may be
 * absolute (its fragment does not matter), "" or a relative path: what the RFC leaves open is then done
 * alike, and a path without a leading slash keeps none. Where the result would otherwise be read
 * differently it gets a `/.` before a path that begins with `//`, or a `./` before a first segment
 * that holds a colon. Returns 0 or -ENOMEM (the buffer is unchanged then).
 */
int uri_resolve(const char *base, const char *reference, struct buffer *ret_uri);

/* The length of a URI without its fragment and the `#` before it. */
size_t uri_len_without_fragment(const char *uri);

/* Outcome: the URI has no fragment, not even an empty one. */
enum { URI_NO_FRAGMENT = 1 };

/*
 * Appends the fragment of a URI, without the `#`, percent-decoded (section 2.1): bytes, of any value.
 * Returns 0, URI_NO_FRAGMENT, -EINVAL (a percent that is not before two hexadecimal digits; the buffer
 * is unchanged) or -ENOMEM (likewise).
 */
int uri_fragment(const char *uri, struct buffer *ret_fragment);

#endif
