/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/outside.h"

#include <errno.h>
#include <string.h>

#include "weir/version.h"

_Static_assert((int)ACCESS_LATE == (int)HTTP_FETCH_LATE, "both rooms mean the same");

/* Repositories serve files without an extension as text/plain or as they like. */
static const char accepted[] = "application/json, application/yaml, */*;q=0.5";

static int fetch(void *context, const char *url, struct buffer *ret_body, int *ret_status,
                 struct problem *problem)
{
    struct outside *outside = context;
    if (outside->fetch == NULL) {
        int r = http_fetch_new(&outside->http, &outside->fetch);
        if (r < 0) {
            return problem_set(problem, -r, EXIT_SOFTWARE, "libcurl: %s", strerror(-r));
        }
    }
    return http_fetch_get(outside->fetch, url, ret_body, ret_status, problem);
}

static int pause_fetching(void *context, unsigned n)
{
    struct outside *outside = context;
    return http_fetch_pause(outside->fetch, n);
}

const char *outside_user_agent(const struct config *config, struct arena *arena)
{
    AUTO_BUFFER text = { 0 };
    const char *contact =
        config->http.contact != NULL ? config->http.contact : config->source.contact;
    if (config->http.user_agent != NULL) {
        return config->http.user_agent;
    }
    int r = buffer_printf(&text, "%s weir/%d.%d.%d", config->job_name, WEIR_VERSION_MAJOR,
                          WEIR_VERSION_MINOR, WEIR_VERSION_PATCH);
    if (r == 0 && contact != NULL) {
        r = buffer_printf(&text, " (%s)", contact);
    }
    return r < 0 ? NULL : arena_copy(arena, text.data, text.len);
}

static const char *get_variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* Where copies are kept. *ret_directory is NULL for nowhere. Returns 0 or -ENOMEM. */
static int name_cache(const struct config *config, struct arena *arena, const char **ret_directory)
{
    AUTO_BUFFER path = { 0 };
    const char *system = get_variable("CACHE_DIRECTORY");
    const char *user = get_variable("XDG_CACHE_HOME");
    const char *home = get_variable("HOME");
    int r = 0;
    if (config->schema_cache != NULL) {
        *ret_directory = strcmp(config->schema_cache, "none") == 0 ? NULL : config->schema_cache;
        return 0;
    }
    if (system != NULL) {
        /* systemd puts colons between several; the first is ours. */
        r = buffer_append(&path, system, strcspn(system, ":"));
    } else if (user != NULL) {
        r = buffer_printf(&path, "%s/weir/schemas", user);
    } else if (home != NULL) {
        r = buffer_printf(&path, "%s/.cache/weir/schemas", home);
    }
    if (r == 0 && path.len > 0) {
        *ret_directory = arena_copy(arena, path.data, path.len);
    }
    return r == 0 && path.len > 0 && *ret_directory == NULL ? -ENOMEM : r;
}

static int copy_routes(struct outside *outside, const struct config_pairs *pairs)
{
    struct http_route *routes = arena_alloc(&outside->arena, pairs->n_items * sizeof(*routes));
    if (routes == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < pairs->n_items; i++) {
        routes[i] = (struct http_route){ pairs->items[i].name, pairs->items[i].value };
    }
    outside->http.routes = routes;
    outside->http.n_routes = pairs->n_items;
    return 0;
}

static size_t body_limit(const struct config *config)
{
    return config->http.max_body_bytes < ACCESS_MAX_BYTES ? (size_t)config->http.max_body_bytes
                                                          : (size_t)ACCESS_MAX_BYTES;
}

int outside_init(struct outside *outside, const struct outside_options *options,
                 struct problem *problem)
{
    const struct config *config = options->config;
    outside->http = (struct http_fetch_options){
        .clock = options->clock,
        .user_agent = outside_user_agent(config, &outside->arena),
        .ca_file = config->http.ca_file,
        .proxy = config->http.proxy,
        .skips_verify = config->http.insecure_skip_verify,
        .accept = accepted,
        .connect_timeout_ns = config->http.connect_timeout_ms * NS_PER_MS,
        .attempt_timeout_ns = config->http.attempt_timeout_ms * NS_PER_MS,
        .give_up_ns = clock_now_ns(options->clock) + config->startup_timeout_ms * NS_PER_MS,
        .max_redirects = (unsigned)config->http.max_redirects,
        .max_body_bytes = body_limit(config),
        .wake_fd = options->wake_fd,
        .is_over = options->is_over,
        .context = options->context,
    };
    outside->access = (struct schema_access){
        .fetch = fetch,
        .pause = pause_fetching,
        .context = outside,
        .filesystem = filesystem_system(),
        .clock = options->clock,
    };
    if (outside->http.user_agent == NULL || copy_routes(outside, &config->http.routes) < 0 ||
        name_cache(config, &outside->arena, &outside->access.cache_directory) < 0) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    return 0;
}

void outside_deinit(struct outside *outside)
{
    http_fetch_free(outside->fetch);
    arena_deinit(&outside->arena);
    *outside = (struct outside){ 0 };
}
