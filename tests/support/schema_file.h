/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas in files, for tests. */
#ifndef WEIR_TESTS_SCHEMA_FILE_H
#define WEIR_TESTS_SCHEMA_FILE_H

#include "base/buffer.h"
#include "base/error.h"

/*
 * Appends a schema as JSON; a file whose name does not end in .json is YAML. Returns 0 or what reading
 * it returned, with problem filled.
 */
int schema_file_read(const char *path, struct buffer *ret_json, struct problem *problem);

#endif
