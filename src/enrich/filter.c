/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "enrich/enrich_private.h"
#include "event/event.h"
#include "json/decimal.h"
#include "json/index.h"
#include "json/text.h"
#include "json/walk.h"

static bool equals(const struct enrich_scalar *scalar, const struct weir_view *value)
{
    enum json_kind kind = (enum json_kind)json_kind_of_byte[(unsigned char)value->data[0]];
    if (kind != scalar->kind) {
        return false;
    }
    if (kind == JSON_STRING) {
        return json_string_equals(value->data + 1, value->len - 2, scalar->text, scalar->len);
    }
    if (kind == JSON_NUMBER) {
        return decimal_compare(value->data, value->len, scalar->text, scalar->len) == 0;
    }
    return value->len == scalar->len && memcmp(value->data, scalar->text, scalar->len) == 0;
}

static int run_filter(const struct enrich_step *step, struct weir_event *event,
                      struct weir_http *http)
{
    (void)http;
    struct weir_view value;
    bool matches = false;
    int r = event_get_raw_at(event, &step->pointer, &value);
    if (r < 0 && r != -ENOENT && r != -ENOTDIR) {
        return r;
    }
    for (size_t i = 0; r == 0 && !matches && i < step->n_scalars; i++) {
        matches = equals(&step->scalars[i], &value);
    }
    return matches == step->drops ? WEIR_DROP : 0;
}

static int add_scalar(struct enrich_step *step, const struct json_document *document,
                      uint32_t token)
{
    struct enrich_scalar *scalar = &step->scalars[step->n_scalars];
    const char *raw = document->bytes + document->tokens[token];
    size_t len = json_value_end(document, token) - document->tokens[token];
    scalar->kind = json_kind(document, token);
    if (scalar->kind == JSON_OBJECT || scalar->kind == JSON_ARRAY) {
        return -EINVAL;
    }
    scalar->text = malloc(len + 1);
    if (scalar->text == NULL) {
        return -ENOMEM;
    }
    step->n_scalars++;
    if (scalar->kind == JSON_STRING) {
        return json_unescape(raw + 1, len - 2, scalar->text, &scalar->len);
    }
    memcpy(scalar->text, raw, len);
    scalar->len = len;
    return 0;
}

/* Returns 0, -EINVAL where it is neither a scalar nor a list of them, or -ENOMEM. */
static int add_scalars(struct enrich_step *step, const struct json_document *document)
{
    step->scalars = calloc(document->n_tokens, sizeof(*step->scalars));
    if (step->scalars == NULL) {
        return -ENOMEM;
    }
    if (json_kind(document, 0) != JSON_ARRAY) {
        return add_scalar(step, document, 0);
    }
    for (uint32_t item = json_first(document, 0); item != JSON_END;
         item = json_sibling(document, item)) {
        int r = add_scalar(step, document, item);
        if (r < 0) {
            return r;
        }
    }
    return step->n_scalars > 0 ? 0 : -EINVAL;
}

static int read_scalars(struct enrich_step *step, const char *json, size_t json_len)
{
    struct json_indexer *indexer = json_indexer_new(json_len);
    if (indexer == NULL) {
        return -ENOMEM;
    }
    struct json_document document = { .bytes = json, .len = json_len };
    size_t n_tokens = 0;
    int r = json_index(indexer, json, json_len, &document.tokens, &n_tokens);
    document.n_tokens = (uint32_t)n_tokens;
    AUTO_FREE uint32_t *links = malloc((n_tokens + 1) * sizeof(*links));
    document.links = links;
    if (r == 0 && links == NULL) {
        r = -ENOMEM;
    }
    if (r == 0) {
        struct json_fault fault;
        r = n_tokens == 0 || json_walk(&document, 2, &fault) != 0 ? -EINVAL
                                                                  : add_scalars(step, &document);
    }
    json_indexer_free(indexer);
    return r > 0 ? -EINVAL : r;
}

int enrich_filter_new(const char *path, const char *json, size_t json_len, bool drops,
                      struct enrich_step **ret_step, struct problem *problem)
{
    struct enrich_step *step = NULL;
    int r = enrich_step_new(path, &step, problem);
    if (r < 0) {
        return r;
    }
    step->run = run_filter;
    step->drops = drops;
    r = read_scalars(step, json, json_len);
    if (r < 0) {
        enrich_step_free(step);
        return r == -ENOMEM ? problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory")
                            : problem_set(problem, -r, EXIT_CONFIG,
                                          "filter: value for \"%s\": expected a string, number, "
                                          "boolean or null, or a list of them",
                                          path);
    }
    *ret_step = step;
    return 0;
}
