/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the configuration knows and this version has not got. Saying so, instead of going on without
 * it, is what keeps a job from doing something else than it was told.
 */
#include <errno.h>
#include <string.h>

#include "config/loading.h"

/* One thing that may be wanted. */
struct missing_part {
    /* The key that asks for it. */
    const char *path;
    /* What it asks for, in a message: "... is not built yet". */
    const char *what;
    /* What to write instead, or NULL. */
    const char *instead;
    bool is_wanted;
};

/* Appends a line; the first ones count where the text is full. */
static void say_not_built(const struct config *config, const struct missing_part *part,
                          struct problem *problem)
{
    struct loading loading = { .root = config->private->root };
    const struct yaml_node *value = loading_find(&loading, part->path);
    struct yaml_origin origin =
        value != NULL ? value->origin : loading_origin(&loading, part->path);
    char place[48] = "";
    if (origin.line > 0) {
        snprintf(place, sizeof(place), ":%u:%u", (unsigned)origin.line, (unsigned)origin.column);
    }
    size_t len = strlen(problem->text);
    snprintf(problem->text + len, sizeof(problem->text) - len,
             "%s%.200s%s: %s: %s is not built yet%s%s", len > 0 ? "\n" : "", origin.source, place,
             part->path, part->what, part->instead != NULL ? "; expected " : "",
             part->instead != NULL ? part->instead : "");
}

int config_check_built(const struct config *config, struct problem *problem)
{
    static const char source_kinds[] = "sse or file";
    static const char sink_kinds[] = "file or stdout";
    static const char kafka[] = "connector kafka";
    const struct missing_part parts[] = {
        { "stream_manager.source.connector", kafka, source_kinds,
          config->source.connector == CONNECTOR_KAFKA },
        { "stream_manager.sink.connector", kafka, sink_kinds,
          config->sink.connector == CONNECTOR_KAFKA },
        { "stream_manager.error_sink.connector", kafka, sink_kinds,
          config->error_sink.connector == CONNECTOR_KAFKA },
    };
    struct problem lines = { .exit_code = EXIT_CONFIG };
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        if (parts[i].is_wanted) {
            say_not_built(config, &parts[i], &lines);
        }
    }
    return lines.text[0] == '\0' ? 0 : problem_set(problem, ENOTSUP, EXIT_CONFIG, "%s", lines.text);
}
