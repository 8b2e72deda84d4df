/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmicrohttpd's functions by their own names, for this room: the first to start a daemon loads the
 * library, all others follow it.
 */
#include <microhttpd.h>

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/library.h"

#define FUNCTIONS(X)                     \
    X(MHD_add_response_header)           \
    X(MHD_create_response_from_buffer)   \
    X(MHD_create_response_from_callback) \
    X(MHD_destroy_response)              \
    X(MHD_get_connection_info)           \
    X(MHD_get_connection_values)         \
    X(MHD_lookup_connection_value)       \
    X(MHD_queue_response)                \
    X(MHD_start_daemon_va)               \
    X(MHD_stop_daemon)

#define POINTER(name) __typeof__(name) *name;
#define NAME(name)    #name,

static const char *const names[] = { FUNCTIONS(NAME) };
static struct {
    FUNCTIONS(POINTER)
} library;
static bool is_loaded;
static pthread_once_t load_once = PTHREAD_ONCE_INIT;

static void load(void)
{
    is_loaded = library_load("libmicrohttpd.so.12", names, ARRAY_SIZE(names), &library) == 0;
}

struct MHD_Daemon *MHD_start_daemon(unsigned int flags, uint16_t port,
                                    MHD_AcceptPolicyCallback accept, void *accept_context,
                                    MHD_AccessHandlerCallback handle, void *handle_context, ...)
{
    pthread_once(&load_once, load);
    if (!is_loaded) {
        errno = ELIBACC;
        return NULL;
    }
    va_list options;
    va_start(options, handle_context);
    struct MHD_Daemon *daemon = library.MHD_start_daemon_va(flags, port, accept, accept_context,
                                                            handle, handle_context, options);
    va_end(options);
    return daemon;
}

void MHD_stop_daemon(struct MHD_Daemon *daemon)
{
    library.MHD_stop_daemon(daemon);
}

enum MHD_Result MHD_add_response_header(struct MHD_Response *response, const char *name,
                                        const char *value)
{
    return library.MHD_add_response_header(response, name, value);
}

struct MHD_Response *MHD_create_response_from_buffer(size_t size, void *data,
                                                     enum MHD_ResponseMemoryMode mode)
{
    return library.MHD_create_response_from_buffer(size, data, mode);
}

struct MHD_Response *MHD_create_response_from_callback(uint64_t size, size_t block_size,
                                                       MHD_ContentReaderCallback read,
                                                       void *context,
                                                       MHD_ContentReaderFreeCallback free_context)
{
    return library.MHD_create_response_from_callback(size, block_size, read, context, free_context);
}

void MHD_destroy_response(struct MHD_Response *response)
{
    library.MHD_destroy_response(response);
}

const union MHD_ConnectionInfo *MHD_get_connection_info(struct MHD_Connection *connection,
                                                        enum MHD_ConnectionInfoType type, ...)
{
    return library.MHD_get_connection_info(connection, type);
}

int MHD_get_connection_values(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                              MHD_KeyValueIterator iterate, void *context)
{
    return library.MHD_get_connection_values(connection, kind, iterate, context);
}

const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                                        const char *key)
{
    return library.MHD_lookup_connection_value(connection, kind, key);
}

enum MHD_Result MHD_queue_response(struct MHD_Connection *connection, unsigned int status,
                                   struct MHD_Response *response)
{
    return library.MHD_queue_response(connection, status, response);
}
