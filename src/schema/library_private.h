/* SPDX-License-Identifier: Apache-2.0 */
/* What library.c and library_scan.c share. */
#ifndef WEIR_SCHEMA_LIBRARY_PRIVATE_H
#define WEIR_SCHEMA_LIBRARY_PRIVATE_H

#include "schema/library.h"

/* Fills the problem; returns -ENOMEM. */
int library_no_memory(struct library *library);

/*
 * Gives a value the name that id means seen from base; *ret_base is the base URI inside it. Returns 0 or
 * -ENOMEM with the problem filled.
 */
int library_name_value(struct library *library, const char *base, const char *id,
                       const struct schema_value *value, const char **ret_base);

/* Finds every `$id` of a document. Returns 0 or -ENOMEM with the problem filled. */
int library_scan(struct library *library, struct library_document *document);

#endif
