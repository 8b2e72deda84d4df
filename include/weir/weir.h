/* SPDX-License-Identifier: Apache-2.0 */
/* All of Weir's interface for applications. */
#ifndef WEIR_WEIR_H
#define WEIR_WEIR_H

#include <weir/app.h>
#include <weir/config.h>
#include <weir/event.h>
#include <weir/http.h>
#include <weir/version.h>

#endif
