/* SPDX-License-Identifier: Apache-2.0 */
/* Other names of keys, and the short forms of error_sink, become what the table knows. */
#include <string.h>

#include "config/loading.h"
#include "yaml/scalar.h"

static const char sink_path[] = "stream_manager.sink";
static const char error_sink_path[] = "stream_manager.error_sink";

static void move_keys(struct loading *loading)
{
    size_t n_keys;
    const struct config_key *keys = config_keys(&n_keys);
    for (size_t i = 0; i < n_keys; i++) {
        if (keys[i].type != TYPE_MOVED) {
            continue;
        }
        struct yaml_node *value = loading_find(loading, keys[i].path);
        if (value == NULL) {
            continue;
        }
        if (loading_find(loading, keys[i].instead) != NULL) {
            diagnose_warning(loading->diagnostics, &value->origin, keys[i].path,
                             "ignored, since %s is set", keys[i].instead);
        } else {
            loading_put(loading, keys[i].instead, value);
        }
        loading_put(loading, keys[i].path, NULL);
    }
}

/* A copy of the sink with another stream; stream NULL = the default of an error sink. */
static void copy_sink(struct loading *loading, struct yaml_node *given, struct yaml_node *stream)
{
    const struct yaml_node *sink = loading_find(loading, sink_path);
    if (sink == NULL || sink->kind != YAML_MAP) {
        diagnose_error(loading->diagnostics, &given->origin, error_sink_path,
                       "the rest is copied from stream_manager.sink, which is missing");
        loading_put(loading, error_sink_path, NULL);
        return;
    }
    struct yaml_node *copy = yaml_copy(loading->arena, sink);
    struct yaml_node *null = yaml_scalar_new(loading->arena, "null", 4, true, &given->origin);
    if (copy == NULL || null == NULL ||
        yaml_map_put(loading->arena, copy, "stream", strlen("stream"), &given->origin,
                     stream != NULL ? stream : null) < 0) {
        loading->diagnostics->is_out_of_memory = true;
        return;
    }
    loading_put(loading, error_sink_path, copy);
}

static void expand_error_sink(struct loading *loading)
{
    struct yaml_node *given = loading_find(loading, error_sink_path);
    if (given == NULL || given->kind == YAML_MAP) {
        return;
    }
    enum yaml_type type = given->kind == YAML_SCALAR ? yaml_scalar_type(given) : YAML_NULL;
    if (type == YAML_BOOL && !yaml_scalar_bool(given)) {
        loading_put(loading, error_sink_path, NULL);
    } else if (type == YAML_BOOL) {
        copy_sink(loading, given, NULL);
    } else if (type == YAML_STRING) {
        copy_sink(loading, given, given);
    } else {
        diagnose_error(loading->diagnostics, &given->origin, error_sink_path,
                       "expected a map, true, or a stream's name:version");
        loading_put(loading, error_sink_path, NULL);
    }
}

void normalise(struct loading *loading)
{
    move_keys(loading);
    expand_error_sink(loading);
}
