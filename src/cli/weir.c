/* SPDX-License-Identifier: Apache-2.0 */
/* The program `weir`: the application whose enrichment is described in the configuration. */
#include <weir/app.h>

int main(int argc, char **argv)
{
    return weir_main(
        argc, argv,
        &(struct weir_app){
            .size = sizeof(struct weir_app),
            .name = "weir",
            .description = "Reads a stream of events, enriches each one, writes it on.",
        });
}
