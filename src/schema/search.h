/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking for something in several places at start: all of them in turn, again and again while one
 * of them does not answer and there is time, and at last the copy that an earlier start has kept.
 * What each place said last goes into the message. One owner.
 *
 * The places always come first, also for what should never change: a start that went by its copy
 * would not see what a developer has just edited, nor that a repository has gone. The copy is taken
 * where a place did not answer, and SEARCH_ROUNDS rounds have failed or the time is up; where all
 * answer that they have no such thing, it is not.
 */
#ifndef WEIR_SCHEMA_SEARCH_H
#define WEIR_SCHEMA_SEARCH_H

#include "schema/access.h"

/* Rounds before a copy is used. */
enum { SEARCH_ROUNDS = 3 };

/* Outcome. */
enum { SEARCH_NOT_FOUND = 1 };

/* Zero-initialised but for the first three is a search that has not begun. */
struct schema_search {
    const struct schema_access *access;
    /* Tries all places once. Returns 0, SEARCH_NOT_FOUND, or -errno with problem filled. */
    int (*round)(struct schema_search *search, struct problem *problem);
    /* Takes the copy. Returns 0, SEARCH_NOT_FOUND, or -ENOMEM. */
    int (*copy)(struct schema_search *search);

    /* "URI: what it said; URI: ..." of the last round. */
    struct buffer tried;
    /* Of the last round: a place may still answer. */
    bool is_silent;
    /* Of the last round: a place did not answer, or its certificate is not accepted. */
    bool is_unavailable;
};

/*
 * Returns 0, SEARCH_NOT_FOUND, or -errno with problem filled (-ECANCELED: EXIT_DONE).
 * search_deinit() either way.
 */
int search_run(struct schema_search *search, struct problem *problem);
void search_deinit(struct schema_search *search);

/* Notes in a round what came of a place: an outcome of access_read(). Returns 0 or -ENOMEM. */
int search_note(struct schema_search *search, const char *uri, int outcome, const char *said);

/*
 * Fills problem with what was looked for and what was tried; EXIT_UNAVAILABLE where a place did not
 * answer, else EXIT_CONFIG. Returns -ENOENT.
 */
int search_complain(struct schema_search *search, struct problem *problem, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
