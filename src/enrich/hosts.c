/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_allowed(const struct enrich_hosts *hosts, const char *host, size_t len)
{
    for (size_t i = 0; i < hosts->n_hosts; i++) {
        const char *allowed = hosts->hosts[i];
        size_t allowed_len = strlen(allowed);
        if (allowed[0] == '*' && len >= allowed_len) {
            /* "*.example.org": the dot and what is behind it. */
            if (strncasecmp(host + len - (allowed_len - 1), allowed + 1, allowed_len - 1) == 0) {
                return true;
            }
        } else if (len == allowed_len && strncasecmp(host, allowed, len) == 0) {
            return true;
        }
    }
    return false;
}

/* Encoded characters are of no host that is allowed. */
int enrich_hosts_check(const struct enrich_hosts *hosts, struct weir_event *event, const char *url)
{
    const char *host = strstr(url, "://");
    size_t len = host == NULL ? 0 : strcspn(host + 3, "/?#:");
    if (hosts->is_fixed || (host != NULL && is_allowed(hosts, host + 3, len))) {
        return 0;
    }
    (void)weir_event_fail(event, "HTTPError",
                          "cause=address: the event names a host that the step does not allow");
    return -EHOSTUNREACH;
}

int enrich_hosts_init(struct enrich_hosts *hosts, const char *name, const struct template *url,
                      const char *url_text, const char *const *list, size_t n,
                      struct problem *problem)
{
    hosts->hosts = calloc(n + 1, sizeof(char *));
    if (hosts->hosts == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        const char *host = list[i];
        if (host[0] == '*' && (host[1] != '.' || host[2] == '\0')) {
            return problem_set(problem, EINVAL, EXIT_CONFIG,
                               "%s: hosts: expected a host or *.example.org, not %s", name, host);
        }
        hosts->hosts[i] = strdup(host);
        if (hosts->hosts[i] == NULL) {
            return -ENOMEM;
        }
        hosts->n_hosts++;
    }
    hosts->is_fixed = template_has_fixed_host(url);
    if (!hosts->is_fixed && hosts->n_hosts == 0) {
        return problem_set(problem, EINVAL, EXIT_CONFIG,
                           "%s: a url whose host an event names needs a list of hosts: %s", name,
                           url_text);
    }
    return 0;
}

void enrich_hosts_deinit(struct enrich_hosts *hosts)
{
    for (size_t i = 0; i < hosts->n_hosts; i++) {
        free(hosts->hosts[i]);
    }
    free(hosts->hosts);
    *hosts = (struct enrich_hosts){ 0 };
}
