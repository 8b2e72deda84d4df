/* SPDX-License-Identifier: Apache-2.0 */
/* The application of the tutorial, as README.md has it. */
#include <weir/weir.h>

static int enrich(struct weir_event *event, struct weir_http *http, void *context)
{
    (void)http;
    (void)context;
    return weir_event_set_string(event, "/revision/content_slots/main/content_body",
                                 "content body");
}

int main(int argc, char **argv)
{
    return weir_main(argc, argv,
                     &(struct weir_app){
                         .size = sizeof(struct weir_app),
                         .name = "event_platform_app",
                         .partition_by = (const char *[]){ "/wiki_id", "/page/page_id", NULL },
                         .enrich = enrich,
                     });
}
