/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An application: a program that is `weir` with an enrichment function of yours in the middle.
 *
 *     #include <weir/weir.h>
 *
 *     static int enrich(struct weir_event *event, struct weir_http *http, void *context)
 *     {
 *         return weir_event_set_string(event, "/revision/content_slots/main/content_body",
 *                                      "content body");
 *     }
 *
 *     int main(int argc, char **argv)
 *     {
 *         return weir_main(argc, argv, &(struct weir_app){
 *             .size = sizeof(struct weir_app),
 *             .name = "event_platform_app",
 *             .partition_by = (const char *[]){ "/wiki_id", "/page/page_id", NULL },
 *             .enrich = enrich,
 *         });
 *     }
 *
 * Build it with `cc app.c $(pkg-config --cflags --libs weir)`; run it as `./app --config config.yaml`.
 * It takes the command line of `weir`.
 */
#ifndef WEIR_APP_H
#define WEIR_APP_H

#include <stdbool.h>
#include <stddef.h>

#include <weir/export.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weir_config;
struct weir_event;

/* An HTTP session (weir/http.h). */
struct weir_http;

/* What an application is made of. Zero is a valid value for every member but size and name. */
struct weir_app {
    /* sizeof(struct weir_app) as your program was compiled: later versions add members at the end. */
    size_t size;

    /* The default of `job_name`. Letters, digits, '.', '_' and '-'. */
    const char *name;

    /* One line for --help; may be NULL. */
    const char *description;

    /*
     * JSON Pointers to the fields of the partition key, closed by NULL: the default of `partition_by`.
     * Events of one key are enriched and written in the order in which they came.
     */
    const char *const *partition_by;

    /*
     * Enriches one event, in place. Returns 0 (the event goes to the sink), WEIR_DROP (it goes
     * nowhere, and is counted), or a negative errno (it goes to the error sink; weir_event_fail() gives
     * it a type and a message); any other positive value is a mistake, and the event an error. The event, and every view taken from it, ends with the call. Called
     * after the configured steps, by several threads at once: what context points to is each thread's
     * own. http is NULL unless uses_http is set. May be NULL.
     */
    int (*enrich)(struct weir_event *event, struct weir_http *http, void *context);

    /*
     * Called in each worker thread before its first event; what it leaves in *ret_context is passed to
     * enrich. Returns 0, or a negative errno, which ends the program with exit code 70. May be NULL.
     */
    int (*worker_start)(const struct weir_config *config, void **ret_context);

    /* Called in each worker thread after its last event. May be NULL. */
    void (*worker_stop)(void *context);

    /*
     * enrich makes HTTP requests (weir/http.h): many events are then under way at once, each call of it on a
     * stack of its own (http.stack_size).
     */
    bool uses_http;
};

/*
 * The program: reads the command line and the configuration, runs the job, and returns the exit code
 * for main() to return. Logs to stderr. Blocks SIGINT, SIGTERM and SIGHUP in the calling thread and
 * handles them. Call it once, from the main thread, before starting threads of your own.
 */
WEIR_EXPORT int weir_main(int argc, char **argv, const struct weir_app *app);

#ifdef __cplusplus
}
#endif

#endif
