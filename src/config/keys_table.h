/* SPDX-License-Identifier: Apache-2.0 */
/* The rows behind config/keys.h, which is how all others reach them. */
#ifndef WEIR_CONFIG_KEYS_TABLE_H
#define WEIR_CONFIG_KEYS_TABLE_H

#include "config/keys.h"

extern const struct config_key config_key_rows[];
extern const size_t config_n_key_rows;

#endif
