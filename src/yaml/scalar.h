/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a scalar means, by the core schema of YAML 1.2: `yes`, `on` and `010` are a text, a text and
 * ten, whatever YAML 1.1 thought. Quoted scalars are texts. Pure.
 */
#ifndef WEIR_YAML_SCALAR_H
#define WEIR_YAML_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

#include "yaml/tree.h"

enum yaml_type { YAML_NULL, YAML_BOOL, YAML_INTEGER, YAML_FLOAT, YAML_STRING };

/* The type of a scalar node. */
enum yaml_type yaml_scalar_type(const struct yaml_node *scalar);

/* Whether there is no value: node is NULL, or a plain null, `~` or nothing at all. */
bool yaml_is_null(const struct yaml_node *node);

/* The value of a YAML_BOOL. */
bool yaml_scalar_bool(const struct yaml_node *scalar);

/* The value of a YAML_INTEGER. Returns 0 or -ERANGE beyond 64 bits. */
int yaml_scalar_int64(const struct yaml_node *scalar, int64_t *ret_value);

/* The value of a YAML_FLOAT or YAML_INTEGER; infinities and NaN included. */
double yaml_scalar_double(const struct yaml_node *scalar);

#endif
