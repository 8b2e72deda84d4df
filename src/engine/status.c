/* SPDX-License-Identifier: Apache-2.0 */
/* The live line on a terminal: rate, what is in flight, errors, and how far the source is. */
#include "engine/job.h"

#include <string.h>
#include <unistd.h>

enum { BAR_WIDTH = 20 };

/* "\r" to the line's begin, and erase to its end (ECMA-48 EL). */
#define LINE_START "\r\033[K"

static void put_progress(char *text, size_t size, const struct job *job, double seconds)
{
    int64_t done = 0, total = -1;
    job->source->ops->progress(job->source, &done, &total);
    text[0] = '\0';
    if (total <= 0 || done <= 0) {
        return;
    }
    double share = done > total ? 1 : (double)done / (double)total;
    char bar[BAR_WIDTH + 1];
    size_t filled = (size_t)(share * BAR_WIDTH);
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', filled);
    bar[BAR_WIDTH] = '\0';
    snprintf(text, size, "  [%s] %3.0f%%  %.0f s left", bar, share * 100,
             share > 0 ? seconds * (1 - share) / share : 0);
}

void status_draw(struct status *status, const struct job *job)
{
    const struct accounting *accounting = &job->accounting;
    int64_t now = clock_now_ns(job->clock);
    uint64_t done = count_read(&accounting->delivered) + count_read(&accounting->errored) +
                    count_read(&accounting->dropped);
    uint64_t bytes = count_read(&accounting->bytes_in);
    int64_t since = status->last_ns == 0 ? job->started_ns : status->last_ns;
    double span = (double)(now - since) / (double)NS_PER_S;
    if (span <= 0) {
        return;
    }
    char progress[96];
    put_progress(progress, sizeof(progress), job,
                 (double)(now - job->started_ns) / (double)NS_PER_S);
    char line[256];
    int n = snprintf(line, sizeof(line),
                     LINE_START "%.0f events/s  %.1f MB/s  %llu in flight  %llu errors%s",
                     (double)(done - status->last_delivered) / span,
                     (double)(bytes - status->last_bytes) / span / 1e6,
                     (unsigned long long)accounting_in_flight(accounting),
                     (unsigned long long)count_read(&accounting->errored), progress);
    *status = (struct status){ done, bytes, now };
    ssize_t written = write(STDERR_FILENO, line, (size_t)n < sizeof(line) ? (size_t)n : 0);
    (void)written;
}

void status_clear(void)
{
    ssize_t written = write(STDERR_FILENO, LINE_START, strlen(LINE_START));
    (void)written;
}
