/* SPDX-License-Identifier: Apache-2.0 */
/* From "host:port" to a listening socket, and back to a URL. */
#ifndef WEIR_HTTPD_ADDRESS_H
#define WEIR_HTTPD_ADDRESS_H

#include "base/error.h"

/* Room for "http://[" an IPv6 address "]:65535" and a NUL. */
enum { ADDRESS_URL_SIZE = 80 };

/*
 * Binds and listens on text ("host:port", "[v6]:port"). Returns the socket (close-on-exec) or -errno
 * with problem filled. Blocks: for a name that must be looked up. Thread: any.
 */
int address_listen(const char *text, struct problem *problem);

/* Writes the URL of the address a socket is bound to. Returns 0 or -errno. */
int address_url(int fd, char url[ADDRESS_URL_SIZE]);

#endif
