/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schema repositories: {base}/{title}/{version}, the bases in order. At each base the name is tried
 * as it is, then with .yaml, then with .json; the first document that is there is the schema,
 * whatever its name says of its form. A base that does not answer is passed over, and asked again
 * while there is time and no other has the schema (schema/search.h).
 *
 * Thread: one owner. Blocks: yes.
 */
#ifndef WEIR_SCHEMA_REPOSITORY_H
#define WEIR_SCHEMA_REPOSITORY_H

#include "base/arena.h"
#include "schema/access.h"

struct repository {
    const struct schema_access *access;
    /* The bases, as access_read() takes URIs. */
    const char *const *uris;
    size_t n_uris;
};

/* All of it lives in the arena it was made in. */
struct repository_schema {
    const char *json;
    size_t json_len;
    const char *title;
    /* As asked for; of "latest" what the last segment of its $id says. */
    const char *version;
    /* Where it came from; may hold secrets (access_show()). */
    const char *uri;
};

/*
 * Gets the schema of that title and version ("1.2.3" or "latest"). Its `title` must be title.
 * Returns 0, or -errno with problem filled: -ENOENT (no base has it; EXIT_UNAVAILABLE where one did
 * not answer), -EINVAL (it is no schema of that title; EXIT_CONFIG), -ECANCELED, -ENOMEM.
 */
int repository_find(const struct repository *repository, const char *title, const char *version,
                    struct arena *arena, struct repository_schema *ret_schema,
                    struct problem *problem);

/*
 * schema_options.fetch; context is a struct repository. A path, "/fragment/common/1.0.0" (with or without
 * .yaml or .json), is looked for in the repositories; a URI with a scheme is read as it is. Returns 0 with
 * the document as JSON in ret_json, or as repository_find().
 */
int repository_fetch(void *context, const char *uri, struct buffer *ret_json,
                     struct problem *problem);

#endif
