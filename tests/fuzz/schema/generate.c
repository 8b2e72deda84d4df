/* SPDX-License-Identifier: Apache-2.0 */
#include "../../support/fuzz_replay.h"
#include "../../support/random_schema.h"

void fuzz_generate(struct buffer *out, struct random *random)
{
    random_schema(out, random);
}
