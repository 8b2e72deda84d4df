/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/connect.h"

#include <errno.h>
#include <string.h>

#include "base/filesystem.h"
#include "base/log.h"
#include "sink/file.h"
#include "sink/stdout.h"
#include "source/file.h"
#include "source/sse.h"

const char *connect_role(enum result_lane lane)
{
    return lane == RESULT_SINK ? "sink" : "error_sink";
}

static const struct config_sink *sink_config(const struct job *job, enum result_lane lane)
{
    return lane == RESULT_SINK ? &job->config->sink : &job->config->error_sink;
}

/* Beside the first file sink, else where the system keeps state (design of the checkpoint). */
static int state_base(const struct job *job, struct buffer *path)
{
    for (int lane = 0; lane < RESULT_LANES; lane++) {
        const struct config_sink *sink = sink_config(job, (enum result_lane)lane);
        if (sink->connector == CONNECTOR_FILE) {
            return buffer_printf(path, "%s/.weir", sink->uri);
        }
    }
    const char *state = getenv("STATE_DIRECTORY");
    if (state != NULL && state[0] != '\0') {
        return buffer_append_text(path, state);
    }
    state = getenv("XDG_STATE_HOME");
    if (state != NULL && state[0] != '\0') {
        return buffer_printf(path, "%s/weir", state);
    }
    const char *home = getenv("HOME");
    return buffer_printf(path, "%s/.local/state/weir", home == NULL ? "" : home);
}

static int name_state_directory(struct job *job)
{
    if (job->config->checkpoint.dir != NULL) {
        job->state_directory = strdup(job->config->checkpoint.dir);
        return job->state_directory == NULL ? -ENOMEM : 0;
    }
    AUTO_BUFFER path = { 0 };
    int r = state_base(job, &path);
    if (r == 0) {
        r = buffer_printf(&path, "/%s/%s", job->config->job_name, job->config->instance);
    }
    if (r < 0 || buffer_text(&path) == NULL) {
        return -ENOMEM;
    }
    job->state_directory = strdup(path.data);
    return job->state_directory == NULL ? -ENOMEM : 0;
}

/* The sink directory is checked before the state directory is made inside it. */
static int check_sink_directories(struct job *job, struct problem *problem)
{
    for (int lane = 0; lane < RESULT_LANES; lane++) {
        const struct config_sink *sink = sink_config(job, (enum result_lane)lane);
        if (sink->connector != CONNECTOR_FILE) {
            continue;
        }
        int r = file_sink_check(sink->uri, problem);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

static int load(struct job *job, struct problem *problem)
{
    int r = checkpoint_store_load(job->store, &job->restored, problem);
    if (r == CHECKPOINT_PREVIOUS) {
        log_warning("the newest checkpoint is damaged, going on from the one before",
                    LOG_TEXT("directory", job->state_directory));
    }
    job->is_restored = r == CHECKPOINT_LOADED || r == CHECKPOINT_PREVIOUS;
    return r < 0 ? r : 0;
}

int connect_state(struct job *job, struct problem *problem)
{
    int r = check_sink_directories(job, problem);
    if (r < 0) {
        return r;
    }
    if (name_state_directory(job) < 0) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    struct checkpoint_store_options options = {
        .directory = job->state_directory,
        .filesystem = filesystem_system(),
    };
    r = checkpoint_store_open(&options, &job->store, problem);
    if (r < 0) {
        return r;
    }
    return job->options.is_fresh ? checkpoint_store_clear(job->store, problem) : load(job, problem);
}

/* What the checkpoint recorded of a lane's sink, or NULL. */
static const struct checkpoint_sink *restored_sink(const struct job *job, enum result_lane lane)
{
    for (size_t i = 0; job->is_restored && i < job->restored.n_sinks; i++) {
        if (strcmp(job->restored.sinks[i].role, connect_role(lane)) == 0) {
            return &job->restored.sinks[i];
        }
    }
    return NULL;
}

static int mismatch(struct problem *problem, const char *what, const char *stored, const char *now)
{
    return problem_set(problem, EINVAL, EXIT_CONFIG,
                       "the checkpoint belongs to another %s (\"%s\", now \"%s\"); --fresh begins "
                       "anew and deletes no output",
                       what, stored, now);
}

static int open_file_sink(struct job *job, enum result_lane lane, const struct sink_state *restored,
                          struct problem *problem)
{
    const struct config_sink *config = sink_config(job, lane);
    AUTO_BUFFER owner = { 0 };
    if (buffer_printf(&owner, "%s/%s", job->config->job_name, job->config->instance) < 0 ||
        buffer_text(&owner) == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    struct file_sink_options options = {
        .uri = config->uri,
        .stream_name = config->stream.name,
        .owner = owner.data,
        .instance = job->config->is_instance_set ? job->config->instance : NULL,
        .roll_bytes = config->roll_bytes,
        .roll_age_ns = config->roll_age_ms * NS_PER_MS,
        .compress_zstd = config->compress == COMPRESS_ZSTD,
        .filesystem = filesystem_system(),
        .clock = job->clock,
        .restored = restored,
    };
    return file_sink_open(&options, &job->sinks[lane], problem);
}

static int open_sink(struct job *job, enum result_lane lane, struct problem *problem)
{
    const struct checkpoint_sink *stored = restored_sink(job, lane);
    struct sink_state state = { 0 };
    if (stored != NULL) {
        state = (struct sink_state){ stored->part, stored->length };
    }
    int r = 0;
    if (sink_config(job, lane)->connector == CONNECTOR_FILE) {
        /* What the state describes must be the same sink before anything in it is cut. */
        AUTO_BUFFER identity = { 0 };
        const struct config_sink *config = sink_config(job, lane);
        r = file_sink_identity(config->uri, config->stream.name,
                               job->config->is_instance_set ? job->config->instance : NULL,
                               &identity);
        if (r < 0 || buffer_text(&identity) == NULL) {
            return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
        }
        if (stored != NULL && strcmp(stored->identity, identity.data) != 0) {
            return mismatch(problem, connect_role(lane), stored->identity, identity.data);
        }
        return open_file_sink(job, lane, stored == NULL ? NULL : &state, problem);
    }
    r = stdout_sink_open(&job->sinks[lane], problem);
    if (r == 0 && stored != NULL && strcmp(stored->identity, job->sinks[lane]->identity) != 0) {
        return mismatch(problem, connect_role(lane), stored->identity, job->sinks[lane]->identity);
    }
    return r;
}

int connect_sinks(struct job *job, struct problem *problem)
{
    for (int lane = 0; lane < RESULT_LANES; lane++) {
        bool is_set = sink_config(job, (enum result_lane)lane)->connector != CONNECTOR_NONE;
        bool was_set = restored_sink(job, (enum result_lane)lane) != NULL;
        if (job->is_restored && is_set != was_set) {
            return mismatch(problem, connect_role((enum result_lane)lane), was_set ? "one" : "none",
                            is_set ? "one" : "none");
        }
        int r = is_set ? open_sink(job, (enum result_lane)lane, problem) : 0;
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

static struct source_options common_options(struct job *job)
{
    const struct config_batch *batch = &job->config->batch;
    return (struct source_options){
        .partitions = job->partitions,
        .clock = job->clock,
        .batch_max_events = (size_t)batch->max_events,
        .batch_max_bytes = (size_t)batch->max_bytes,
        .linger_ns = batch->linger_ms * NS_PER_MS,
        .max_event_size = (size_t)job->config->max_event_size,
        .budget = &job->budget,
    };
}

static int open_file_source(struct job *job, struct problem *problem)
{
    const struct config_source *config = &job->config->source;
    struct file_source_options options = {
        .common = common_options(job),
        .uri = config->uri,
        .follow = config->follow,
        .max_rate = config->max_rate,
    };
    return file_source_open(&options, &job->source, problem);
}

static int open_sse_source(struct job *job, struct problem *problem)
{
    const struct config_source *config = &job->config->source;
    struct sse_source_options options = {
        .common = common_options(job),
        .url = config->url,
        .since_ms = config->since_ms,
        .until_ms = config->until_ms,
        .contact = config->contact,
        .user_agent = config->user_agent,
        .idle_timeout_ns = config->idle_timeout_ms * NS_PER_MS,
        .startup_timeout_ns = job->config->startup_timeout_ms * NS_PER_MS,
        .max_rate = config->max_rate,
        .ca_file = job->config->http.ca_file,
        .proxy = job->config->http.proxy,
        .skips_verify = job->config->http.insecure_skip_verify,
    };
    return sse_source_open(&options, &job->source, problem);
}

static int restore_source(struct job *job, struct problem *problem)
{
    const struct checkpoint *restored = &job->restored;
    if (strcmp(restored->source_identity, job->source->identity) != 0) {
        return mismatch(problem, "source", restored->source_identity, job->source->identity);
    }
    return job->source->ops->restore(job->source, &restored->ledger, restored->source_state,
                                     restored->source_state_len, problem);
}

int connect_source(struct job *job, struct problem *problem)
{
    int r = job->config->source.connector == CONNECTOR_FILE ? open_file_source(job, problem)
                                                            : open_sse_source(job, problem);
    if (r < 0) {
        return r;
    }
    return job->is_restored ? restore_source(job, problem) : 0;
}

static void announce_restored(const struct job *job)
{
    int64_t watermark = 0;
    for (size_t i = 0; i < job->restored.ledger.n_partitions; i++) {
        watermark += job->restored.ledger.partitions[i].watermark;
    }
    uint64_t cut = 0;
    for (int lane = 0; lane < RESULT_LANES; lane++) {
        if (sink_config(job, (enum result_lane)lane)->connector == CONNECTOR_FILE) {
            cut += file_sink_cut_bytes(job->sinks[lane]);
        }
    }
    log_info("checkpoint restored", LOG_TEXT("directory", job->state_directory),
             LOG_INTEGER("partitions", (int64_t)job->restored.ledger.n_partitions),
             LOG_INTEGER("watermark", watermark),
             LOG_INTEGER("done_ranges", (int64_t)job->restored.ledger.n_ranges),
             LOG_INTEGER("cut_bytes", (int64_t)cut));
}

void connect_announce(const struct job *job)
{
    if (job->is_restored) {
        announce_restored(job);
    }
    if (job->source->not_replayable != NULL) {
        log_warning("the source cannot be replayed: a crash loses what is in flight",
                    LOG_TEXT("reason", job->source->not_replayable));
    }
    if (!job->sinks[RESULT_SINK]->is_truncatable) {
        log_warning("the sink cannot be cut: after a crash events may be written twice",
                    LOG_TEXT("sink", job->sinks[RESULT_SINK]->identity));
    }
    log_info("started", LOG_TEXT("job", job->config->job_name),
             LOG_TEXT("source", job->source->identity),
             LOG_TEXT("sink", job->sinks[RESULT_SINK]->identity),
             LOG_INTEGER("workers", (int64_t)job->n_workers),
             LOG_TEXT("state", job->state_directory));
}
