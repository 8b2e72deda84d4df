/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_easy.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <strings.h>

#include "base/clock.h"
#include "base/error.h"

static pthread_once_t ready_once = PTHREAD_ONCE_INIT;
static CURLcode ready;

static void make_ready(void)
{
    ready = curl_global_init(CURL_GLOBAL_DEFAULT);
}

int http_easy_ready(void)
{
    pthread_once(&ready_once, make_ready);
    return ready == CURLE_OK ? 0 : -EIO;
}

static CURLcode set_longs(CURL *easy, const struct http_easy_options *options)
{
    const struct {
        CURLoption option;
        long value;
    } values[] = {
        { CURLOPT_NOSIGNAL, 1 },
        { CURLOPT_SSL_VERIFYPEER, options->skips_verify ? 0 : 1 },
        { CURLOPT_SSL_VERIFYHOST, options->skips_verify ? 0 : 2 },
        { CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
        { CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS },
        { CURLOPT_NETRC, CURL_NETRC_IGNORED },
        { CURLOPT_UNRESTRICTED_AUTH, 0 },
        { CURLOPT_FOLLOWLOCATION, options->max_redirects > 0 },
        { CURLOPT_MAXREDIRS, (long)options->max_redirects },
        { CURLOPT_CONNECTTIMEOUT_MS, (long)(options->connect_timeout_ns / NS_PER_MS) },
        { CURLOPT_TCP_KEEPALIVE, 1 },
        { CURLOPT_SUPPRESS_CONNECT_HEADERS, 1 },
    };
    CURLcode code = CURLE_OK;
    for (size_t i = 0; code == CURLE_OK && i < ARRAY_SIZE(values); i++) {
        code = curl_easy_setopt(easy, values[i].option, values[i].value);
    }
    return code;
}

static CURLcode set_texts(CURL *easy, const struct http_easy_options *options)
{
    bool is_https = options->url != NULL && strncasecmp(options->url, "https:", 6) == 0;
    const struct {
        CURLoption option;
        const char *value;
    } values[] = {
        { CURLOPT_URL, options->url },
        { CURLOPT_USERAGENT, options->user_agent },
        { CURLOPT_PROTOCOLS_STR, "http,https" },
        { CURLOPT_REDIR_PROTOCOLS_STR, is_https ? "https" : "http,https" },
        /* An empty text also keeps the environment's proxies out. */
        { CURLOPT_PROXY, options->proxy == NULL ? "" : options->proxy },
        { CURLOPT_CAINFO, options->ca_file },
    };
    CURLcode code = CURLE_OK;
    for (size_t i = 0; code == CURLE_OK && i < ARRAY_SIZE(values); i++) {
        if (values[i].value != NULL) {
            code = curl_easy_setopt(easy, values[i].option, values[i].value);
        }
    }
    return code;
}

int http_easy_setup(CURL *easy, const struct http_easy_options *options)
{
    CURLcode code = set_longs(easy, options);
    if (code == CURLE_OK) {
        code = set_texts(easy, options);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(easy, CURLOPT_HTTPHEADER, options->headers);
    }
    if (code == CURLE_OK) {
        code = curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, options->error_text);
    }
    if (code == CURLE_OK) {
        return 0;
    }
    return code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
}
