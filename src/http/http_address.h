/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that are not gone to, looked at once the name is resolved, so that no spelling of a URL
 * gets past. Pure.
 */
#ifndef WEIR_HTTP_HTTP_ADDRESS_H
#define WEIR_HTTP_HTTP_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * Link-local addresses (169.254.0.0/16, fe80::/10: where clouds serve their secrets) never are; with
 * denies_private neither are loopback, private, shared and unspecified ones (RFC 1918, 4193, 6598).
 */
bool http_address_is_allowed(const struct sockaddr *address, bool denies_private);

#endif
