/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_floor URL COUNT CONCURRENCY: the least that libcurl asks for: COUNT times GET URL?N over reused
 * handles of one multi handle, bodies counted and dropped, a 503 repeated at once. What Weir does beside the
 * requests themselves is told by its distance from this.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                            \
    do {                                                            \
        if (!(condition)) {                                         \
            fprintf(stderr, "http_floor: %s failed\n", #condition); \
            exit(1);                                                \
        }                                                           \
    } while (0)

struct transfer {
    CURL *easy;
    CURLU *url;
};

static size_t n_bytes;

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    (void)bytes;
    (void)context;
    n_bytes += size * n;
    return size * n;
}

static void prepare(struct transfer *transfer, const char *url)
{
    transfer->easy = curl_easy_init();
    transfer->url = curl_url();
    CHECK(transfer->easy != NULL && transfer->url != NULL);
    CHECK(curl_url_set(transfer->url, CURLUPART_URL, url, 0) == CURLUE_OK);
    curl_easy_setopt(transfer->easy, CURLOPT_CURLU, transfer->url);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, 65000L);
    curl_easy_setopt(transfer->easy, CURLOPT_USERAGENT, "http_floor/1");
}

static void ask(CURLM *multi, struct transfer *transfer, long number)
{
    char query[32];
    snprintf(query, sizeof(query), "%ld", number);
    CHECK(curl_url_set(transfer->url, CURLUPART_QUERY, query, 0) == CURLUE_OK);
    CHECK(curl_multi_add_handle(multi, transfer->easy) == CURLM_OK);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: http_floor URL COUNT CONCURRENCY\n");
        return 64;
    }
    long count = atol(argv[2]);
    long concurrency = atol(argv[3]);
    CHECK(count > 0 && concurrency > 0 && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    CURLM *multi = curl_multi_init();
    struct transfer *transfers = calloc((size_t)concurrency, sizeof(*transfers));
    CHECK(multi != NULL && transfers != NULL);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, concurrency);
    long n_asked = 0;
    for (; n_asked < concurrency && n_asked < count; n_asked++) {
        prepare(&transfers[n_asked], argv[1]);
        ask(multi, &transfers[n_asked], n_asked);
    }
    for (long n_done = 0; n_done < count;) {
        int n_running;
        CHECK(curl_multi_perform(multi, &n_running) == CURLM_OK);
        const CURLMsg *message;
        int n_left;
        while ((message = curl_multi_info_read(multi, &n_left)) != NULL) {
            struct transfer *transfer;
            long status = 0;
            CHECK(message->data.result == CURLE_OK);
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
            curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
            curl_multi_remove_handle(multi, transfer->easy);
            CHECK(status == 200 || status == 503);
            if (status == 503) {
                ask(multi, transfer, count);
                continue;
            }
            n_done++;
            if (n_asked < count) {
                ask(multi, transfer, n_asked++);
            }
        }
        if (n_done < count) {
            CHECK(curl_multi_poll(multi, NULL, 0, 1000, NULL) == CURLM_OK);
        }
    }
    fprintf(stderr, "http_floor: %ld replies, %zu bytes\n", count, n_bytes);
    return 0;
}
