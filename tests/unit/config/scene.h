/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration from texts: files a.yaml, b.yaml, ... in a directory of their own, and the rest. */
#ifndef WEIR_TESTS_CONFIG_SCENE_H
#define WEIR_TESTS_CONFIG_SCENE_H

#include "config/config.h"

enum { SCENE_MAX = 6 };

/* Each list ends with its first NULL. */
struct scene {
    const char *files[SCENE_MAX];
    const char *sets[SCENE_MAX];
    /* "NAME=value" */
    const char *environment[SCENE_MAX];
    /* NULL: "weir". */
    const char *job_name;
    const char *const *partition_by;
    bool has_application_sections;
    /* Without a name, whatever job_name says. */
    bool is_nameless;
};

/* The least that a job needs: `head` opens stream_manager, so that a line below it may follow. */
#define MINIMAL                                              \
    "stream_manager:\n"                                      \
    "  source: {stream: 'mediawiki.page_change.v1:1.1.0'}\n" \
    "  sink: {connector: stdout, stream: 's:1.0.0'}\n"

/* Without a look at streams: as --set says it, and as lines behind MINIMAL. */
#define NO_RULES_SET \
    "stream_manager.project=false", "stream_manager.validate=false", "stream_manager.stamp=false"
#define NO_RULES "  project: false\n  validate: false\n  stamp: false\n"

/*
 * Loads it, as config_load(). errors gets all error lines; files are called a.yaml, b.yaml, ... in
 * messages.
 */
int scene_load(const struct scene *scene, struct config **ret_config, struct buffer *errors,
               struct problem *problem);

/* Loads what must load: otherwise the errors are shown and the test ends. */
struct config *scene_config(const struct scene *scene);

/* The effective configuration as text; the caller frees it. */
char *scene_print(const struct scene *scene);

#endif
