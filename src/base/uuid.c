/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

#include <uuid/uuid.h>

/* 031d68fc-f196-4163-91ad-3685407c985e. Part of what is written: it never changes. */
UUID_DEFINE(weir_namespace, 0x03, 0x1d, 0x68, 0xfc, 0xf1, 0x96, 0x41, 0x63, 0x91, 0xad, 0x36, 0x85,
            0x40, 0x7c, 0x98, 0x5e);

void uuid_of_name(char *text, const void *name, size_t len)
{
    uuid_t uuid;
    uuid_generate_sha1(uuid, weir_namespace, name, len);
    uuid_unparse_lower(uuid, text);
}
