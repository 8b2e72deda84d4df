/* SPDX-License-Identifier: Apache-2.0 */
/* Where a URL may lead whose host an event names. Immutable once compiled; any thread. */
#ifndef WEIR_ENRICH_HOSTS_H
#define WEIR_ENRICH_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "enrich/template.h"

struct weir_event;

/* Zero-initialised allows nothing. */
struct enrich_hosts {
    char **hosts;
    size_t n_hosts;
    /* No event can change the URL's host. */
    bool is_fixed;
};

/*
 * The hosts of a step's URL; "*.example.org" is any host below it. name is the step, for messages. Returns 0,
 * or -errno with problem filled: also where an event names the host and there is no list.
 */
int enrich_hosts_init(struct enrich_hosts *hosts, const char *name, const struct template *url,
                      const char *url_text, const char *const *list, size_t n,
                      struct problem *problem);
void enrich_hosts_deinit(struct enrich_hosts *hosts);

/* Whether a rendered URL may be asked: 0, or -EHOSTUNREACH, of which the event has been told. */
int enrich_hosts_check(const struct enrich_hosts *hosts, struct weir_event *event, const char *url);

#endif
