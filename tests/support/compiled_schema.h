/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled schema with its checker, for tests, and the questions to it about JSON text. */
#ifndef WEIR_TESTS_COMPILED_SCHEMA_H
#define WEIR_TESTS_COMPILED_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/tally.h"
#include "json_parsed.h"
#include "opened_event.h"
#include "schema/checker.h"

struct compiled {
    struct schema *schema;
    struct schema_checker *checker;
    /* For projections with this checker. */
    struct tally *drops;
    struct problem problem;
};

static inline void compiled_deinit(struct compiled *compiled)
{
    schema_checker_free(compiled->checker);
    tally_free(compiled->drops);
    schema_free(compiled->schema);
    *compiled = (struct compiled){ .schema = NULL };
}

#define AUTO_COMPILED __attribute__((cleanup(compiled_deinit))) struct compiled

/*
 * Compiles; *ret_compiled, which is due for compiled_deinit() in any case, is overwritten. Returns what
 * schema_compile() returned.
 */
static inline int compiled_init(struct compiled *ret_compiled, const struct schema_options *options)
{
    *ret_compiled = (struct compiled){ .schema = NULL };
    int r = schema_compile(options, &ret_compiled->schema, &ret_compiled->problem);
    require((r == 0) == (ret_compiled->schema != NULL));
    require(r == 0 || (r < 0 && ret_compiled->problem.text[0] != '\0'));
    if (r == 0) {
        require(schema_checker_new(ret_compiled->schema, &ret_compiled->checker) == 0);
        require(tally_new(&ret_compiled->drops) == 0);
    }
    return r;
}

/* How many fields projections with this checker have removed. */
static inline size_t compiled_n_dropped(const struct compiled *compiled)
{
    size_t total = 0;
    schema_checker_flush(compiled->checker);
    const char *field = NULL;
    uint64_t count = 0;
    for (size_t i = 0; tally_get(compiled->drops, i, &field, &count); i++) {
        total += count;
    }
    return total;
}

/* schema_project(); *ret_n_dropped is how many fields it removed. */
static inline int compiled_project(struct compiled *compiled, enum schema_unknown unknown,
                                   struct weir_event *event, size_t *ret_n_dropped)
{
    const struct schema_projection projection = { unknown, compiled->drops };
    size_t before = compiled_n_dropped(compiled);
    int r = schema_project(compiled->checker, &projection, event);
    require(r == 0 || r == SCHEMA_INVALID);
    require(r == 0 || schema_checker_complaint(compiled->checker)[0] != '\0');
    *ret_n_dropped = compiled_n_dropped(compiled) - before;
    return r;
}

/*
 * Whether JSON text, which is well-formed, is valid; checked as a document and, where it is an object,
 * as an event too: they must agree, and who refuses says why.
 */
static inline bool compiled_accepts(struct compiled *compiled, const char *json, size_t json_len)
{
    AUTO_PARSED parsed;
    require(parsed_init(&parsed, json, json_len) == 0);
    int r = schema_check_document(compiled->checker, &parsed.document);
    require(r == 0 || r == SCHEMA_INVALID);
    require(r == 0 || schema_checker_complaint(compiled->checker)[0] != '\0');
    if (json_kind(&parsed.document, 0) == JSON_OBJECT) {
        AUTO_OPENED opened;
        require(opened_init_len(&opened, json, json_len) == 0);
        require(schema_check_event(compiled->checker, &opened.event) == r);
        require(r == 0 || schema_checker_complaint(compiled->checker)[0] != '\0');
    }
    return r == 0;
}

#endif
