/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema compiler, fed with anything. It must neither crash nor hang nor use up the stack; who is
 * refused is told why; and what compiles, checks and projects a few documents, one of them deep, the
 * same way each time. A reference to another document gets the schema itself, or a short one.
 */
#include <errno.h>
#include <stdint.h>

#include "../../support/compiled_schema.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const documents[] = {
    "{}",
    "{\"a\":1,\"b\":null,\"c\":\"a\"}",
    "{\"a\":{\"a\":{\"b\":[]}},\"b\":[1,1.0,{\"a\":\"2024-02-30\"}],\"\":-0.5e-3,\"x\":true}",
    "{\"a\":[[[[[]]]]],\"b\":{\"b\":{\"b\":{\"b\":{\"b\":{}}}}}}",
    "{\"a\":true,\"b\":1,\"a\":18446744073709551616}",
    "[]",
    "[null,\"\\ud800\",[{\"a\":0}]]",
    "\"a\"",
    "12345678901234567890e-1",
    "null",
};

struct fetching {
    const char *json;
    size_t json_len;
    /* A schema that refers to ever other documents ends somewhere. */
    unsigned left;
};

static int fetch(void *context, const char *uri, struct buffer *ret_json, struct problem *problem)
{
    struct fetching *fetching = context;
    require(strchr(uri, '#') == NULL);
    if (fetching->left == 0) {
        return problem_set(problem, EHOSTUNREACH, EXIT_UNAVAILABLE, "no more documents");
    }
    fetching->left--;
    return fetching->left % 2 == 0 ? buffer_append_text(ret_json, "{\"definitions\":{\"a\":true}}")
                                   : buffer_append(ret_json, fetching->json, fetching->json_len);
}

static void project(struct compiled *compiled, const char *document, enum schema_unknown unknown)
{
    AUTO_OPENED opened;
    if (opened_init(&opened, document) != 0) {
        return;
    }
    size_t n_dropped = 0;
    compiled_project(compiled, unknown, &opened.event, &n_dropped);
    const char *line = opened_line(&opened);
    AUTO_PARSED parsed;
    require(parsed_init(&parsed, line, strlen(line)) == 0);
    int r = schema_check_event(compiled->checker, &opened.event);
    bool is_valid = compiled_accepts(compiled, line, strlen(line));
    require(is_valid == (r == 0));
}

static void use(struct compiled *compiled)
{
    for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
        bool is_valid = compiled_accepts(compiled, documents[i], strlen(documents[i]));
        require(compiled_accepts(compiled, documents[i], strlen(documents[i])) == is_valid);
        project(compiled, documents[i], SCHEMA_UNKNOWN_DROP);
        project(compiled, documents[i], SCHEMA_UNKNOWN_ERROR);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    log_setup(LOG_ERROR, LOG_LOGFMT);
    struct fetching fetching = { (const char *)data, len, 8 };
    const struct schema_options options = {
        .uri = "http://example.org/schema",
        .json = (const char *)data,
        .json_len = len,
        .asserts_format = true,
        .fetch = fetch,
        .context = &fetching,
    };
    /* Memory of exactly its length is the sanitizer's concern; libFuzzer gives it already. */
    struct compiled compiled;
    if (compiled_init(&compiled, &options) == 0) {
        use(&compiled);
    }
    compiled_deinit(&compiled);
    return 0;
}
