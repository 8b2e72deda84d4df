/* SPDX-License-Identifier: Apache-2.0 */
#include "scripted_sink.h"

#include "base/error.h"

static struct scripted_sink *from(struct sink *sink)
{
    return (struct scripted_sink *)sink;
}

/* Counts the call. Returns 0 when it is to happen, SINK_PAUSED, or -errno. */
static int begin(struct scripted_sink *scripted, enum sink_call call, struct problem *problem)
{
    if (scripted->hook != NULL) {
        scripted->hook(scripted->hook_context, scripted, call);
    }
    scripted->counts[call]++;
    if (scripted->failing[call] == 0) {
        return 0;
    }
    if (scripted->failing[call] > 0) {
        scripted->failing[call]--;
    }
    int error = scripted->errors[call];
    problem_set(problem, error, EXIT_IO, "scripted: %s", error == 0 ? "paused" : "failed");
    return error == 0 ? SINK_PAUSED : -error;
}

static void take_locked(struct scripted_sink *scripted, const char *lines, size_t len)
    REQUIRES(scripted->lock)
{
    while (scripted->is_blocked) {
        scripted->is_waiting = true;
        condition_broadcast(&scripted->changed);
        condition_wait(&scripted->changed, &scripted->lock);
    }
    scripted->is_waiting = false;
    require(buffer_append(&scripted->lines, lines, len) == 0);
    for (size_t i = 0; i < len; i++) {
        scripted->n_lines += lines[i] == '\n';
    }
}

static int scripted_write(struct sink *sink, const char *lines, size_t len, struct problem *problem)
{
    struct scripted_sink *scripted = from(sink);
    int r = begin(scripted, SINK_WRITE, problem);
    if (r != 0) {
        return r;
    }
    require(len > 0 && lines[len - 1] == '\n');
    mutex_lock(&scripted->lock);
    take_locked(scripted, lines, len);
    mutex_unlock(&scripted->lock);
    return 0;
}

static bool scripted_wants_roll(struct sink *sink, int64_t monotonic_ns)
{
    struct scripted_sink *scripted = from(sink);
    (void)monotonic_ns;
    return scripted->roll_lines > 0 &&
           scripted_sink_count(scripted) - scripted->n_lines_at_roll >= scripted->roll_lines;
}

static void scripted_freeze(struct sink *sink, struct sink_state *ret_state)
{
    struct scripted_sink *scripted = from(sink);
    (void)begin(scripted, SINK_FREEZE, NULL);
    if (scripted_wants_roll(sink, 0)) {
        scripted->part++;
        scripted->n_lines_at_roll = scripted_sink_count(scripted);
    }
    mutex_lock(&scripted->lock);
    *ret_state = (struct sink_state){ scripted->part, scripted->lines.len };
    mutex_unlock(&scripted->lock);
}

static int scripted_sync(struct sink *sink, struct problem *problem)
{
    return begin(from(sink), SINK_SYNC, problem);
}

static void scripted_checkpointed(struct sink *sink)
{
    (void)begin(from(sink), SINK_CHECKPOINTED, NULL);
}

static void scripted_close(struct sink *sink)
{
    (void)sink;
}

static const struct sink_ops scripted_ops = {
    .connector = "scripted",
    .write = scripted_write,
    .wants_roll = scripted_wants_roll,
    .freeze = scripted_freeze,
    .sync = scripted_sync,
    .checkpointed = scripted_checkpointed,
    .close = scripted_close,
};

void scripted_sink_init(struct scripted_sink *scripted, const char *identity)
{
    *scripted = (struct scripted_sink){
        .sink = { .ops = &scripted_ops, .identity = (char *)(uintptr_t)identity },
        .part = 1,
    };
    require(mutex_init(&scripted->lock) == 0 && condition_init(&scripted->changed) == 0);
}

void scripted_sink_deinit(struct scripted_sink *scripted)
{
    buffer_deinit(&scripted->lines);
    condition_deinit(&scripted->changed);
    mutex_deinit(&scripted->lock);
}

void scripted_sink_fail(struct scripted_sink *scripted, enum sink_call call, int n, int errno_value)
{
    scripted->failing[call] = n;
    scripted->errors[call] = errno_value;
}

void scripted_sink_block(struct scripted_sink *scripted, bool is_blocked)
{
    mutex_lock(&scripted->lock);
    scripted->is_blocked = is_blocked;
    condition_broadcast(&scripted->changed);
    mutex_unlock(&scripted->lock);
}

void scripted_sink_wait_blocked(struct scripted_sink *scripted)
{
    mutex_lock(&scripted->lock);
    while (!scripted->is_waiting) {
        condition_wait(&scripted->changed, &scripted->lock);
    }
    mutex_unlock(&scripted->lock);
}

size_t scripted_sink_count(struct scripted_sink *scripted)
{
    mutex_lock(&scripted->lock);
    size_t n_lines = scripted->n_lines;
    mutex_unlock(&scripted->lock);
    return n_lines;
}
