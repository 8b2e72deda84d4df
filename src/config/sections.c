/* SPDX-License-Identifier: Apache-2.0 */
#include "config/sections.h"

#include <string.h>

#include "base/error.h"
#include "config/keys.h"

/* logging.config.dictConfig's keys, the ones that make such a document recognisable first. */
static const char *const logging_keys[] = { "formatters", "handlers",   "loggers",
                                            "root",       "version",    "disable_existing_loggers",
                                            "filters",    "incremental" };
enum { N_TELLING_KEYS = 4 };

static bool is_logging_document(const struct yaml_node *root)
{
    size_t n_telling = 0;
    for (size_t i = 0; i < N_TELLING_KEYS; i++) {
        n_telling += yaml_map_find(root, logging_keys[i]) != NULL;
    }
    return n_telling > 0 && yaml_map_find(root, "version") != NULL;
}

enum section_kind section_kind(const struct yaml_node *root, const char *key)
{
    if (config_key_is_section(key)) {
        return SECTION_OURS;
    }
    for (size_t i = 0; i < ARRAY_SIZE(logging_keys); i++) {
        if (strcmp(key, logging_keys[i]) == 0 && is_logging_document(root)) {
            return SECTION_LOGGING;
        }
    }
    return SECTION_APPLICATION;
}
