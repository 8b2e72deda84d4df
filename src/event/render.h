/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a value with its patches. Pure, but for the buffer. */
#ifndef WEIR_EVENT_RENDER_H
#define WEIR_EVENT_RENDER_H

#include "base/buffer.h"
#include "event/node.h"

/* Appends the value of node, its children included. Returns 0 or -ENOMEM. */
int event_node_render(const struct event_node *node, struct buffer *buffer);

#endif
