/* SPDX-License-Identifier: Apache-2.0 */
/* What carries this mark is part of the library's interface; all else stays inside. */
#ifndef WEIR_EXPORT_H
#define WEIR_EXPORT_H

#ifndef WEIR_EXPORT
#define WEIR_EXPORT __attribute__((visibility("default")))
#endif

#endif
