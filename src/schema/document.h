/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document of a repository or a stream configuration: JSON or YAML, told by its content, as
 * walked JSON. What begins with `{` is read as JSON and, where it is none, as YAML; everything else
 * as YAML, and rendered as JSON. Of members of one name the last counts. One owner.
 */
#ifndef WEIR_SCHEMA_DOCUMENT_H
#define WEIR_SCHEMA_DOCUMENT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "json/document.h"

/* Brackets nested deeper are refused; YAML_MAX_DEPTH of src/yaml is the same. */
enum { DOCUMENT_MAX_DEPTH = 64 };

/* Zero-initialised is empty. */
struct schema_document {
    /* The text as JSON. */
    struct buffer json;
    /* Of json; token 0 is an object. */
    struct json_document tree;
    struct json_indexer *indexer;
};

/*
 * Reads bytes, which are not needed after. shown names them in messages. Returns 0, -EINVAL with
 * problem filled ("shown:line:column: what", EXIT_CONFIG; also where the whole is no object), or
 * -ENOMEM; document_deinit() either way.
 */
int document_parse(struct schema_document *document, const char *shown, const char *bytes,
                   size_t len, struct problem *problem);
void document_deinit(struct schema_document *document);

#define AUTO_DOCUMENT __attribute__((cleanup(document_deinit))) struct schema_document

/* The value of a member of the object at token, JSON_END where there is none, or it is null. */
uint32_t document_member(const struct json_document *tree, uint32_t object, const char *name);

/*
 * The text at token (a value or a key), in arena, without NULs. Returns 0, -EPROTOTYPE where it is
 * no such text, or -ENOMEM.
 */
int document_text(const struct json_document *tree, uint32_t token, struct arena *arena,
                  const char **ret_text);

#endif
