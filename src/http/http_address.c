/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

struct range {
    uint32_t network;
    unsigned n_bits;
};

static bool is_within(uint32_t address, const struct range *ranges, size_t n_ranges)
{
    for (size_t i = 0; i < n_ranges; i++) {
        uint32_t mask = UINT32_MAX << (32 - ranges[i].n_bits);
        if ((address & mask) == ranges[i].network) {
            return true;
        }
    }
    return false;
}

static bool is_v4_allowed(uint32_t address, bool denies_private)
{
    static const struct range link_local[] = { { 0xa9fe0000, 16 } };
    static const struct range private[] = {
        { 0x00000000, 8 },  { 0x0a000000, 8 },  { 0x64400000, 10 }, { 0x7f000000, 8 },
        { 0xac100000, 12 }, { 0xc0000000, 24 }, { 0xc0a80000, 16 }, { 0xc6120000, 15 },
        { 0xe0000000, 4 },  { 0xf0000000, 4 },
    };
    return !is_within(address, link_local, ARRAY_SIZE(link_local)) &&
           !(denies_private && is_within(address, private, ARRAY_SIZE(private)));
}

static bool is_v6_allowed(const struct in6_addr *address, bool denies_private)
{
    const uint8_t *bytes = address->s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(address)) {
        uint32_t v4 = (uint32_t)bytes[12] << 24 | (uint32_t)bytes[13] << 16 |
                      (uint32_t)bytes[14] << 8 | bytes[15];
        return is_v4_allowed(v4, denies_private);
    }
    if (IN6_IS_ADDR_LINKLOCAL(address)) {
        return false;
    }
    bool is_private = IN6_IS_ADDR_LOOPBACK(address) || IN6_IS_ADDR_UNSPECIFIED(address) ||
                      IN6_IS_ADDR_SITELOCAL(address) || IN6_IS_ADDR_MULTICAST(address) ||
                      (bytes[0] & 0xfe) == 0xfc;
    return !(denies_private && is_private);
}

bool http_address_is_allowed(const struct sockaddr *address, bool denies_private)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        return is_v4_allowed(ntohl(v4.sin_addr.s_addr), denies_private);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        return is_v6_allowed(&v6.sin6_addr, denies_private);
    }
    return false;
}
