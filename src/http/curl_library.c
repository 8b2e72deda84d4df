/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl's functions by their own names, for this room: each loads the library when it is the first, and
 * passes the call on. Functions that are given an object of the library follow one that made it, and so
 * need not ask whether it is there.
 */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/library.h"

#define FUNCTIONS(X)            \
    X(curl_easy_cleanup)        \
    X(curl_easy_getinfo)        \
    X(curl_easy_header)         \
    X(curl_easy_init)           \
    X(curl_easy_pause)          \
    X(curl_easy_setopt)         \
    X(curl_easy_strerror)       \
    X(curl_free)                \
    X(curl_global_init)         \
    X(curl_multi_add_handle)    \
    X(curl_multi_cleanup)       \
    X(curl_multi_info_read)     \
    X(curl_multi_init)          \
    X(curl_multi_perform)       \
    X(curl_multi_poll)          \
    X(curl_multi_remove_handle) \
    X(curl_multi_setopt)        \
    X(curl_multi_socket_action) \
    X(curl_share_cleanup)       \
    X(curl_share_init)          \
    X(curl_share_setopt)        \
    X(curl_slist_append)        \
    X(curl_slist_free_all)      \
    X(curl_url)                 \
    X(curl_url_cleanup)         \
    X(curl_url_get)             \
    X(curl_url_set)

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
    is_loaded = library_load("libcurl.so.4", names, ARRAY_SIZE(names), &library) == 0;
}

static bool is_there(void)
{
    pthread_once(&load_once, load);
    return is_loaded;
}

/* Parameters have our names, not those of one version of the header. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

CURLcode curl_global_init(long flags)
{
    return is_there() ? library.curl_global_init(flags) : CURLE_FAILED_INIT;
}

CURL *curl_easy_init(void)
{
    return is_there() ? library.curl_easy_init() : NULL;
}

CURLM *curl_multi_init(void)
{
    return is_there() ? library.curl_multi_init() : NULL;
}

CURLSH *curl_share_init(void)
{
    return is_there() ? library.curl_share_init() : NULL;
}

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text)
{
    return is_there() ? library.curl_slist_append(list, text) : NULL;
}

CURLU *curl_url(void)
{
    return is_there() ? library.curl_url() : NULL;
}

const char *curl_easy_strerror(CURLcode code)
{
    return is_there() ? library.curl_easy_strerror(code) : "libcurl cannot be loaded";
}

void curl_easy_cleanup(CURL *easy)
{
    if (easy != NULL) {
        library.curl_easy_cleanup(easy);
    }
}

CURLcode(curl_easy_getinfo)(CURL *easy, CURLINFO info, ...)
{
    va_list arguments;
    va_start(arguments, info);
    void *value = va_arg(arguments, void *);
    va_end(arguments);
    return library.curl_easy_getinfo(easy, info, value);
}

CURLHcode curl_easy_header(CURL *easy, const char *name, size_t index, unsigned origin, int request,
                           struct curl_header **ret_header)
{
    return library.curl_easy_header(easy, name, index, origin, request, ret_header);
}

CURLcode curl_easy_pause(CURL *easy, int mask)
{
    return library.curl_easy_pause(easy, mask);
}

/* The type of an option's value stands in its number (curl.h, CURLOPTTYPE_*). */
#define PASS_ON(function, object, option, arguments)                                              \
    ((option) < CURLOPTTYPE_OBJECTPOINT ? function(object, option, va_arg(arguments, long))       \
     : (option) < CURLOPTTYPE_FUNCTIONPOINT || (option) >= CURLOPTTYPE_BLOB                       \
         ? function(object, option, va_arg(arguments, void *))                                    \
     : (option) < CURLOPTTYPE_OFF_T ? function(object, option, va_arg(arguments, void (*)(void))) \
                                    : function(object, option, va_arg(arguments, curl_off_t)))

CURLcode(curl_easy_setopt)(CURL *easy, CURLoption option, ...)
{
    va_list arguments;
    va_start(arguments, option);
    CURLcode code = PASS_ON(library.curl_easy_setopt, easy, option, arguments);
    va_end(arguments);
    return code;
}

CURLMcode(curl_multi_setopt)(CURLM *multi, CURLMoption option, ...)
{
    va_list arguments;
    va_start(arguments, option);
    CURLMcode code = PASS_ON(library.curl_multi_setopt, multi, option, arguments);
    va_end(arguments);
    return code;
}

CURLSHcode(curl_share_setopt)(CURLSH *share, CURLSHoption option, ...)
{
    va_list arguments;
    va_start(arguments, option);
    CURLSHcode code;
    if (option == CURLSHOPT_SHARE || option == CURLSHOPT_UNSHARE) {
        code = library.curl_share_setopt(share, option, va_arg(arguments, int));
    } else if (option == CURLSHOPT_USERDATA) {
        code = library.curl_share_setopt(share, option, va_arg(arguments, void *));
    } else {
        code = library.curl_share_setopt(share, option, va_arg(arguments, void (*)(void)));
    }
    va_end(arguments);
    return code;
}

void curl_free(void *memory)
{
    if (memory != NULL) {
        library.curl_free(memory);
    }
}

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy)
{
    return library.curl_multi_add_handle(multi, easy);
}

CURLMcode curl_multi_cleanup(CURLM *multi)
{
    return multi == NULL ? CURLM_BAD_HANDLE : library.curl_multi_cleanup(multi);
}

CURLMsg *curl_multi_info_read(CURLM *multi, int *ret_n_left)
{
    return library.curl_multi_info_read(multi, ret_n_left);
}

CURLMcode curl_multi_perform(CURLM *multi, int *ret_n_running)
{
    return library.curl_multi_perform(multi, ret_n_running);
}

CURLMcode curl_multi_poll(CURLM *multi, struct curl_waitfd *more, unsigned n_more, int timeout_ms,
                          int *ret_n_ready)
{
    return library.curl_multi_poll(multi, more, n_more, timeout_ms, ret_n_ready);
}

CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
    return library.curl_multi_remove_handle(multi, easy);
}

CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int events, int *ret_n_running)
{
    return library.curl_multi_socket_action(multi, fd, events, ret_n_running);
}

CURLSHcode curl_share_cleanup(CURLSH *share)
{
    return share == NULL ? CURLSHE_INVALID : library.curl_share_cleanup(share);
}

void curl_slist_free_all(struct curl_slist *list)
{
    if (list != NULL) {
        library.curl_slist_free_all(list);
    }
}

void curl_url_cleanup(CURLU *url)
{
    if (url != NULL) {
        library.curl_url_cleanup(url);
    }
}

CURLUcode curl_url_get(CURLU *url, CURLUPart part, char **ret_text, unsigned flags)
{
    return library.curl_url_get(url, part, ret_text, flags);
}

CURLUcode curl_url_set(CURLU *url, CURLUPart part, const char *text, unsigned flags)
{
    return library.curl_url_set(url, part, text, flags);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
