/* SPDX-License-Identifier: Apache-2.0 */
#include "../../support/fuzz_replay.h"
#include "../../support/patch_lines.h"
#include "../../support/random_schema.h"
#include "base/error.h"

/* A schema, a document that nearly matches it, and often some patches. */
void fuzz_generate(struct buffer *out, struct random *random)
{
    size_t start = out->len;
    random_schema(out, random);
    struct json_tree *schema = json_tree_parse(out->data + start, out->len - start);
    require(buffer_append_text(out, "\n%%\n") == 0);
    random_instance_document(out, random, schema);
    json_tree_free(schema);
    require(buffer_append_text(out, "\n%%\n") == 0);
    patch_lines_random(out, random, (size_t)random_below(random, 4));
}
