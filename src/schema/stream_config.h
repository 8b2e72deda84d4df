/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stream configuration: settings by the names of streams, from files (JSON or YAML, a map of names
 * to settings) and from EventStreamConfig APIs, which are the URIs that contain "/api.php". For
 * each stream the first configuration that knows it counts, whole; the later ones are not asked for
 * what is known. So a local file may come before an API to override it, or behind it to add
 * streams.
 *
 * One that does not answer is passed over, and asked again while there is time and a stream is not
 * known (schema/search.h). What came over the network is kept as a copy, a stream each.
 *
 * Thread: one owner. Blocks: yes.
 */
#ifndef WEIR_SCHEMA_STREAM_CONFIG_H
#define WEIR_SCHEMA_STREAM_CONFIG_H

#include "schema/access.h"
#include "schema/stream_settings.h"

struct stream_config {
    const struct schema_access *access;
    const char *const *uris;
    size_t n_uris;
};

/*
 * Finds the settings of n_names streams; ret_settings has room for as many, which live in arena.
 * Returns 0, or -errno with problem filled: -ENOENT (a stream that no configuration knows;
 * EXIT_UNAVAILABLE where one did not answer), -EINVAL (settings that are wrong; EXIT_CONFIG),
 * -ECANCELED, -ENOMEM.
 */
int stream_config_find(const struct stream_config *config, const char *const *names, size_t n_names,
                       struct arena *arena, struct stream_settings *ret_settings,
                       struct problem *problem);

#endif
