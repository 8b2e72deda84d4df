/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "enrich/enrich_private.h"
#include "event/event.h"

static int run_copy(const struct enrich_step *step, struct weir_event *event,
                    struct weir_http *http)
{
    (void)http;
    struct weir_view value;
    int r = event_get_raw_at(event, &step->from, &value);
    if (r < 0) {
        bool is_missing = r == -ENOENT || r == -ENOTDIR;
        return is_missing && step->skips_missing ? 0 : r;
    }
    r = enrich_open_parents(step, event);
    /* Checked, since it may stand deeper than before. */
    return r < 0 ? r : event_set_json_at(event, &step->pointer, value.data, value.len);
}

int enrich_copy_new(const char *from, const char *path, bool create_parents, bool skips_missing,
                    struct enrich_step **ret_step, struct problem *problem)
{
    struct enrich_step *step = NULL;
    int r = enrich_step_new(path, &step, problem);
    if (r < 0) {
        return r;
    }
    r = enrich_pointer(from, &step->from, problem);
    if (r < 0) {
        enrich_step_free(step);
        return r;
    }
    step->run = run_copy;
    step->is_creating_parents = create_parents;
    step->skips_missing = skips_missing;
    *ret_step = step;
    return 0;
}
