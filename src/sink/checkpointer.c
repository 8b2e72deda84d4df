/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/checkpointer.h"

#include <errno.h>
#include <stdlib.h>

struct checkpointer {
    /* Fixed after start. */
    struct checkpointer_options options;
    /* The source's own bytes; kept between calls for its memory. */
    struct buffer source_state;
};

int checkpointer_new(const struct checkpointer_options *options,
                     struct checkpointer **ret_checkpointer)
{
    require(options->n_sinks <= CHECKPOINT_SINKS_MAX);
    struct checkpointer *checkpointer = calloc(1, sizeof(*checkpointer));
    if (checkpointer == NULL) {
        return -ENOMEM;
    }
    checkpointer->options = *options;
    *ret_checkpointer = checkpointer;
    return 0;
}

void checkpointer_free(struct checkpointer *checkpointer)
{
    if (checkpointer != NULL) {
        buffer_deinit(&checkpointer->source_state);
        free(checkpointer);
    }
}

static int sync_sinks(struct checkpointer *checkpointer, struct problem *problem)
{
    for (size_t i = 0; i < checkpointer->options.n_sinks; i++) {
        struct sink *sink = checkpointer->options.sinks[i];
        int r = sink->ops->sync(sink, problem);
        if (r != 0) {
            return r;
        }
    }
    return 0;
}

static void freeze_sinks(struct checkpointer *checkpointer, struct checkpoint *checkpoint)
{
    const struct checkpointer_options *options = &checkpointer->options;
    checkpoint->n_sinks = options->n_sinks;
    for (size_t i = 0; i < options->n_sinks; i++) {
        struct sink_state state;
        options->sinks[i]->ops->freeze(options->sinks[i], &state);
        checkpoint->sinks[i] = (struct checkpoint_sink){
            .role = (char *)options->roles[i],
            .identity = options->sinks[i]->identity,
            .part = state.part,
            .length = state.length,
        };
    }
}

static int save_source(struct checkpointer *checkpointer, struct checkpoint *checkpoint)
{
    const struct checkpoint_source *source = &checkpointer->options.source;
    buffer_clear(&checkpointer->source_state);
    int r = source->save(source->source, &checkpoint->ledger, &checkpointer->source_state);
    checkpoint->source_state = checkpointer->source_state.data;
    checkpoint->source_state_len = checkpointer->source_state.len;
    return r;
}

static void tell(struct checkpointer *checkpointer, const struct ledger_snapshot *snapshot)
{
    const struct checkpointer_options *options = &checkpointer->options;
    options->source.committed(options->source.source, snapshot);
    for (size_t i = 0; i < options->n_sinks; i++) {
        options->sinks[i]->ops->checkpointed(options->sinks[i]);
    }
}

/* ledger is the frozen state; the checkpoint borrows all it points to. */
static int store(struct checkpointer *checkpointer, const struct ledger_snapshot *ledger,
                 struct problem *problem)
{
    struct checkpoint checkpoint = {
        .job_name = (char *)checkpointer->options.job_name,
        .instance = (char *)checkpointer->options.instance,
        .source_identity = (char *)checkpointer->options.source.identity,
        .ledger = *ledger,
    };
    freeze_sinks(checkpointer, &checkpoint);
    int r = sync_sinks(checkpointer, problem);
    if (r != 0) {
        return r;
    }
    r = save_source(checkpointer, &checkpoint);
    if (r < 0) {
        return problem_set(problem, -r, EXIT_SOFTWARE, "cannot take the source's state: %s",
                           strerror(-r));
    }
    r = checkpoint_store_save(checkpointer->options.store, &checkpoint, problem);
    if (r == -ENOSPC || r == -EDQUOT) {
        return SINK_PAUSED;
    }
    if (r == 0) {
        tell(checkpointer, ledger);
    }
    return r;
}

int checkpointer_take(struct checkpointer *checkpointer, struct problem *problem)
{
    struct ledger_snapshot ledger;
    int r = ledger_freeze(checkpointer->options.ledger, &ledger);
    if (r < 0) {
        return problem_set(problem, -r, EXIT_SOFTWARE, "cannot freeze the ledger: %s",
                           strerror(-r));
    }
    r = store(checkpointer, &ledger, problem);
    ledger_snapshot_deinit(&ledger);
    return r;
}
