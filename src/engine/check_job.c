/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/check_job.h"

#include "engine/requests.h"
#include "engine/steps.h"

int check_job(const struct config *config, const struct weir_app *app, struct problem *problem)
{
    struct job_requests requests = { 0 };
    struct job_steps steps = { 0 };
    const struct requests_options options = { .config = config, .app = app, .n_workers = 1 };
    int r = requests_open(&requests, &options, problem);
    if (r == 0) {
        r = job_steps_open(&steps, config, &requests.content, problem);
    }
    job_steps_close(&steps);
    requests_close(&requests);
    return r;
}
