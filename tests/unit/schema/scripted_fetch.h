/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network of a few URLs: what a fetch of each returns, in turn. What is asked and how often there
 * was a pause is kept. URLs that the script does not name are answered with 404.
 */
#ifndef WEIR_TESTS_SCRIPTED_FETCH_H
#define WEIR_TESTS_SCRIPTED_FETCH_H

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "schema/access.h"

#include "../../support/cunit_main.h"
#include "../../support/temporary_directory.h"

struct scripted_reply {
    const char *url;
    /* < 0: what fetch returns. */
    int r;
    int status;
    const char *body;
    /* How often it is given before the next of this URL; 0: for ever. */
    unsigned n_times;
};

struct network {
    struct schema_access access;
    const struct scripted_reply *replies;
    size_t n_replies;
    unsigned n_given[32];
    /* "URL\n" of each request. */
    struct buffer asked;
    unsigned n_pauses;
    /* Pauses that there is time for, and what is returned then. */
    unsigned n_pauses_left;
    int pause_end;
    char directory[256];
};

static inline int network_fetch(void *context, const char *url, struct buffer *ret_body,
                                int *ret_status, struct problem *problem)
{
    struct network *network = context;
    buffer_append_text(&network->asked, url);
    buffer_append_byte(&network->asked, '\n');
    for (size_t i = 0; i < network->n_replies; i++) {
        const struct scripted_reply *reply = &network->replies[i];
        bool is_used_up = reply->n_times > 0 && network->n_given[i] == reply->n_times;
        if (strcmp(reply->url, url) != 0 || is_used_up) {
            continue;
        }
        network->n_given[i]++;
        if (reply->r < 0) {
            return problem_set(problem, -reply->r, EXIT_UNAVAILABLE, "scripted failure");
        }
        *ret_status = reply->status;
        return reply->body == NULL ? 0 : buffer_append_text(ret_body, reply->body);
    }
    *ret_status = 404;
    return 0;
}

static inline int network_pause(void *context, unsigned n)
{
    struct network *network = context;
    CU_ASSERT_EQUAL(n, network->n_pauses);
    network->n_pauses++;
    if (network->n_pauses_left == 0) {
        return network->pause_end;
    }
    network->n_pauses_left--;
    return 0;
}

/* With a cache in a directory of its own. What is logged goes nowhere. */
static inline void network_open(struct network *network, const struct scripted_reply *replies,
                                size_t n_replies)
{
    *network = (struct network){
        .replies = replies,
        .n_replies = n_replies,
        .n_pauses_left = 5,
        .pause_end = ACCESS_LATE,
        .access = { .fetch = network_fetch,
                    .pause = network_pause,
                    .context = network,
                    .filesystem = filesystem_system(),
                    .clock = clock_system() },
    };
    CU_ASSERT_TRUE_FATAL(n_replies <= sizeof(network->n_given) / sizeof(network->n_given[0]));
    temporary_directory_make(network->directory);
    network->access.cache_directory = network->directory;
    log_setup(LOG_ERROR, LOG_LOGFMT);
}

/* Another script, as of another start; the cache stays. */
static inline void network_again(struct network *network, const struct scripted_reply *replies,
                                 size_t n_replies)
{
    network->replies = replies;
    network->n_replies = n_replies;
    memset(network->n_given, 0, sizeof(network->n_given));
    buffer_clear(&network->asked);
    network->n_pauses = 0;
    network->n_pauses_left = 5;
}

static inline void network_close(struct network *network)
{
    temporary_directory_remove(network->directory);
    buffer_deinit(&network->asked);
}

/* Says what differs, as an assertion on strings does not. */
static inline void check_text(const char *got, const char *expected)
{
    if (got == NULL || strcmp(got, expected) != 0) {
        printf("\ngot      %s\nexpected %s\n", got == NULL ? "nothing" : got, expected);
    }
    CU_ASSERT_TRUE(got != NULL && strcmp(got, expected) == 0);
}

#endif
