/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the callouts count that regex_translate() puts into an expression. Between two callouts a
 * match does work that does not depend on the subject, or that the callout behind it can tell from
 * the way the place has moved. A unit of cost is a callout, or a look at some characters.
 */
#ifndef WEIR_SCHEMA_REGEX_COST_H
#define WEIR_SCHEMA_REGEX_COST_H

/* Numbers of callouts. */
enum regex_callout {
    /* + k: before up to 2^k looks at characters. */
    REGEX_CALLOUT_BEFORE = 0,
    /* + k: behind looks at as many characters as the place has moved, each worth 2^k. */
    REGEX_CALLOUT_BEHIND = 32,
    /* Before a lookbehind, which goes back a fixed number of characters. */
    REGEX_CALLOUT_LOOKBEHIND = 64,
    /* Before a reference, which compares at most what lies before and what is left. */
    REGEX_CALLOUT_REFERENCE = 65,
};

enum { REGEX_CALLOUT_MAX_LOG = 31 };

#endif
