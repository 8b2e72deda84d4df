/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room's own view of formats: one function a kind, for the table of format.c and for kinds that
 * hold another (a mailbox holds a host name or an address). Texts may hold any bytes. Pure.
 */
#ifndef WEIR_SCHEMA_FORMAT_KINDS_H
#define WEIR_SCHEMA_FORMAT_KINDS_H

#include <stdbool.h>
#include <stddef.h>

/* format_time.c */
bool format_is_date_time(const char *text, size_t len);
bool format_is_date(const char *text, size_t len);
bool format_is_time(const char *text, size_t len);

/* format_net.c */
bool format_is_email(const char *text, size_t len);
bool format_is_hostname(const char *text, size_t len);

/* format_address.c */
bool format_is_ipv4(const char *text, size_t len);
bool format_is_ipv6(const char *text, size_t len);
bool format_is_uuid(const char *text, size_t len);

#endif
