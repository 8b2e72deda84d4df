/* SPDX-License-Identifier: Apache-2.0 */
/* The version of the interface that these headers describe, and of the library that is loaded. */
#ifndef WEIR_VERSION_H
#define WEIR_VERSION_H

#include <weir/export.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_VERSION_MAJOR 0
#define WEIR_VERSION_MINOR 1
#define WEIR_VERSION_PATCH 0

/* "MAJOR.MINOR.PATCH" of the library that the program runs with; constant. Thread: any. */
WEIR_EXPORT const char *weir_version(void);

#ifdef __cplusplus
}
#endif

#endif
