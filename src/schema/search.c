/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/search.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/log.h"

static int pause_round(const struct schema_search *search, unsigned n)
{
    const struct schema_access *access = search->access;
    return access->pause == NULL ? ACCESS_LATE : access->pause(access->context, n);
}

static void say_again(struct schema_search *search)
{
    log_warning("no answer, asking again", LOG_TEXT("tried", buffer_text(&search->tried)));
}

/* One round after the other. Returns as search_run(). */
static int run_rounds(struct schema_search *search, struct problem *problem)
{
    for (unsigned n = 0;; n++) {
        buffer_clear(&search->tried);
        search->is_silent = false;
        search->is_unavailable = false;
        int r = search->round(search, problem);
        if (r != SEARCH_NOT_FOUND || !search->is_unavailable) {
            return r;
        }
        if (!search->is_silent || n + 1 >= SEARCH_ROUNDS) {
            r = search->copy(search);
        }
        if (r != SEARCH_NOT_FOUND || !search->is_silent) {
            return r;
        }
        if (n == 0) {
            say_again(search);
        }
        r = pause_round(search, n);
        if (r < 0) {
            return problem_set(problem, -r, EXIT_SOFTWARE, "cannot wait: %s", strerror(-r));
        }
        if (r == ACCESS_LATE) {
            return search->copy(search);
        }
    }
}

int search_run(struct schema_search *search, struct problem *problem)
{
    int r = run_rounds(search, problem);
    if (r == -ECANCELED) {
        return problem_set(problem, ECANCELED, EXIT_DONE, "called off");
    }
    if (r == -ENOMEM) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    return r;
}

void search_deinit(struct schema_search *search)
{
    buffer_deinit(&search->tried);
}

int search_note(struct schema_search *search, const char *uri, int outcome, const char *said)
{
    struct buffer *tried = &search->tried;
    search->is_silent |= outcome == ACCESS_SILENT;
    search->is_unavailable |= outcome == ACCESS_SILENT || outcome == ACCESS_UNTRUSTED;
    int r = tried->len == 0 ? 0 : buffer_append_text(tried, "; ");
    r = r < 0 ? r : access_show(uri, tried);
    return r < 0 ? r : buffer_printf(tried, ": %s", said);
}

int search_complain(struct schema_search *search, struct problem *problem, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    const char *tried = search->tried.len == 0 ? NULL : buffer_text(&search->tried);
    return problem_set(problem, ENOENT, search->is_unavailable ? EXIT_UNAVAILABLE : EXIT_CONFIG,
                       "%s; tried %s", text, tried == NULL ? "nothing" : tried);
}
