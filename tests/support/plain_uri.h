/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References resolved by RFC 3986, section 5.2, step by step as it is written there. Running out of
 * memory ends the program. For tests only.
 */
#ifndef WEIR_TESTS_PLAIN_URI_H
#define WEIR_TESTS_PLAIN_URI_H

/* The reference against base, which may be "" or without a scheme; the caller frees the result. */
char *plain_uri_resolve(const char *base, const char *reference);

/* Cuts uri at its fragment and returns that, percent-decoded in place; "" where there is none. */
char *plain_uri_cut_fragment(char *uri);

#endif
