/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_cause.h"

#include <errno.h>
#include <string.h>

static const struct {
    const char *name;
    int result;
    enum http_again again;
} causes[HTTP_CAUSES] = {
    [HTTP_CAUSE_NONE] = { "none", 0, HTTP_AGAIN_NEVER },
    [HTTP_CAUSE_STATUS] = { "status", -EREMOTEIO, HTTP_AGAIN_IDEMPOTENT },
    [HTTP_CAUSE_MISSING] = { "missing", -EREMOTEIO, HTTP_AGAIN_YOUNG },
    [HTTP_CAUSE_API_BUSY] = { "api_error", -EREMOTEIO, HTTP_AGAIN_IDEMPOTENT },
    [HTTP_CAUSE_API_ERROR] = { "api_error", -EREMOTEIO, HTTP_AGAIN_NEVER },
    [HTTP_CAUSE_CONNECT] = { "connect", -ECONNREFUSED, HTTP_AGAIN_ALWAYS },
    [HTTP_CAUSE_RESOLVE] = { "resolve", -EHOSTUNREACH, HTTP_AGAIN_ALWAYS },
    [HTTP_CAUSE_RESET] = { "reset", -ECONNREFUSED, HTTP_AGAIN_ALWAYS },
    [HTTP_CAUSE_CUT] = { "reset", -ECONNREFUSED, HTTP_AGAIN_IDEMPOTENT },
    [HTTP_CAUSE_TIMEOUT] = { "timeout", -ETIMEDOUT, HTTP_AGAIN_IDEMPOTENT },
    [HTTP_CAUSE_DEADLINE] = { "deadline", -ETIMEDOUT, HTTP_AGAIN_NEVER },
    [HTTP_CAUSE_LOW_SPEED] = { "low_speed", -ETIMEDOUT, HTTP_AGAIN_IDEMPOTENT },
    [HTTP_CAUSE_TLS_VERIFY] = { "tls_verify", -EACCES, HTTP_AGAIN_NEVER },
    [HTTP_CAUSE_TLS] = { "tls", -EACCES, HTTP_AGAIN_NEVER },
    [HTTP_CAUSE_REDIRECT] = { "redirect", -EREMOTEIO, HTTP_AGAIN_NEVER },
    [HTTP_CAUSE_BODY_TOO_LARGE] = { "body_too_large", -EMSGSIZE, HTTP_AGAIN_NEVER },
    [HTTP_CAUSE_HEADERS_TOO_LARGE] = { "headers_too_large", -EMSGSIZE, HTTP_AGAIN_NEVER },
    [HTTP_CAUSE_ENCODING] = { "encoding", -EBADMSG, HTTP_AGAIN_IDEMPOTENT },
    [HTTP_CAUSE_ENCODING_UNKNOWN] = { "encoding", -EBADMSG, HTTP_AGAIN_NEVER },
    [HTTP_CAUSE_PROTOCOL] = { "protocol", -EBADMSG, HTTP_AGAIN_ONCE },
    [HTTP_CAUSE_GARBAGE] = { "garbage", -EBADMSG, HTTP_AGAIN_ONCE },
    [HTTP_CAUSE_RETRY_AFTER] = { "retry_after_exceeds_deadline", -EBUSY, HTTP_AGAIN_NEVER },
    [HTTP_CAUSE_BUDGET] = { "retry_budget_exhausted", -EBUSY, HTTP_AGAIN_NEVER },
    [HTTP_CAUSE_ADDRESS] = { "address", -EHOSTUNREACH, HTTP_AGAIN_NEVER },
    [HTTP_CAUSE_ARGUMENT] = { "argument", -EINVAL, HTTP_AGAIN_NEVER },
    [HTTP_CAUSE_MEMORY] = { "memory", -ENOMEM, HTTP_AGAIN_NEVER },
    [HTTP_CAUSE_ROOM] = { "memory", -ENOMEM, HTTP_AGAIN_NEVER },
    [HTTP_CAUSE_CANCELLED] = { "cancelled", -ECANCELED, HTTP_AGAIN_NEVER },
};

const char *http_cause_name(enum http_cause cause)
{
    return causes[cause].name;
}

int http_cause_errno(enum http_cause cause)
{
    return causes[cause].result;
}

enum http_again http_cause_again(enum http_cause cause)
{
    return causes[cause].again;
}

bool http_cause_is_of_host(enum http_cause cause, int status)
{
    switch (cause) {
    case HTTP_CAUSE_STATUS:
        return status >= 500 && status != 501 && status != 505;
    case HTTP_CAUSE_API_BUSY:
    case HTTP_CAUSE_CONNECT:
    case HTTP_CAUSE_RESOLVE:
    case HTTP_CAUSE_RESET:
    case HTTP_CAUSE_CUT:
    case HTTP_CAUSE_TIMEOUT:
    case HTTP_CAUSE_LOW_SPEED:
    case HTTP_CAUSE_TLS_VERIFY:
    case HTTP_CAUSE_TLS:
        return true;
    default:
        return false;
    }
}

/* A handshake that the network broke is no matter of certificates or versions. */
static enum http_cause cause_of_handshake(const struct http_ending *ending)
{
    bool is_broken = strstr(ending->text, "SYSCALL") != NULL ||
                     strstr(ending->text, "reset by peer") != NULL ||
                     strstr(ending->text, "unexpected eof") != NULL;
    return is_broken ? HTTP_CAUSE_CONNECT : HTTP_CAUSE_TLS_VERIFY;
}

enum http_cause http_cause_of(const struct http_ending *ending)
{
    if (ending->aborted != HTTP_CAUSE_NONE && ending->code != CURLE_OK) {
        return ending->aborted;
    }
    switch (ending->code) {
    case CURLE_OK:
        return HTTP_CAUSE_NONE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return HTTP_CAUSE_RESOLVE;
    case CURLE_COULDNT_CONNECT:
        return HTTP_CAUSE_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return ending->is_connected ? HTTP_CAUSE_TIMEOUT : HTTP_CAUSE_CONNECT;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return HTTP_CAUSE_TLS_VERIFY;
    case CURLE_SSL_CONNECT_ERROR:
        return cause_of_handshake(ending);
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_SHUTDOWN_FAILED:
        return HTTP_CAUSE_TLS;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_PARTIAL_FILE:
        return ending->has_head ? HTTP_CAUSE_CUT : HTTP_CAUSE_RESET;
    case CURLE_BAD_CONTENT_ENCODING:
        return HTTP_CAUSE_ENCODING;
    case CURLE_OUT_OF_MEMORY:
        /* Also what a line of a head above libcurl's limit is called. */
        return ending->is_connected ? HTTP_CAUSE_HEADERS_TOO_LARGE : HTTP_CAUSE_MEMORY;
    case CURLE_URL_MALFORMAT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
        return HTTP_CAUSE_ARGUMENT;
    default:
        return HTTP_CAUSE_PROTOCOL;
    }
}
