/* SPDX-License-Identifier: Apache-2.0 */
/* The accounting line and the JSON report at the end of a run. */
#include "engine/job.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "json/text.h"

struct figures {
    uint64_t read;
    uint64_t delivered;
    uint64_t dropped;
    uint64_t errored;
    uint64_t returned;
    uint64_t in_flight;
    double seconds;
};

static struct figures take_figures(struct job *job)
{
    struct accounting *accounting = &job->accounting;
    /* Reader and writer have ended: this thread is the only one left to write. */
    count_add(&accounting->returned, count_read(&job->n_discarded));
    atomic_store_explicit(&job->n_discarded, 0, memory_order_relaxed);
    int64_t elapsed_ns = job->ended_ns - job->started_ns;
    return (struct figures){
        .read = count_read(&accounting->read),
        .delivered = count_read(&accounting->delivered),
        .dropped = count_read(&accounting->dropped),
        .errored = count_read(&accounting->errored),
        .returned = count_read(&accounting->returned),
        .in_flight = accounting_in_flight(accounting),
        .seconds = (double)elapsed_ns / (double)NS_PER_S,
    };
}

static void print_accounting(const struct figures *figures)
{
    fprintf(stderr,
            "accounting read=%llu delivered=%llu dropped=%llu errored=%llu returned=%llu "
            "in_flight=%llu seconds=%.3f\n",
            (unsigned long long)figures->read, (unsigned long long)figures->delivered,
            (unsigned long long)figures->dropped, (unsigned long long)figures->errored,
            (unsigned long long)figures->returned, (unsigned long long)figures->in_flight,
            figures->seconds);
}

/*
 * The peak of this program. The kernel's rusage begins with the peak of whoever started it, which may
 * be a large shell or test; the peak of the memory map does not.
 */
static long long peak_rss_bytes(void)
{
    AUTO_FREE char *text = NULL;
    size_t len;
    long long kibibytes;
    if (file_read_all("/proc/self/status", 64 * 1024, &text, &len) == 0) {
        const char *line = strstr(text, "\nVmHWM:");
        if (line != NULL && sscanf(line, "\nVmHWM: %lld kB", &kibibytes) == 1) {
            return kibibytes * 1024;
        }
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (long long)usage.ru_maxrss * 1024;
}

/* `,"name":{"one":1,"two":2}` */
static int append_tally(struct buffer *text, const char *name, struct tally *tally)
{
    const char *key;
    uint64_t count;
    int r = buffer_printf(text, ",\"%s\":{", name);
    for (size_t n = 0; r == 0 && tally != NULL && tally_get(tally, n, &key, &count); n++) {
        r = n == 0 ? 0 : buffer_append_byte(text, ',');
        if (r == 0) {
            r = json_quote(text, key, strlen(key));
            /* An application's words, or half a surrogate pair. */
            r = r == -EILSEQ ? buffer_append_text(text, "\"?\"") : r;
        }
        if (r == 0) {
            r = buffer_printf(text, ":%llu", (unsigned long long)count);
        }
    }
    return r < 0 ? r : buffer_append_byte(text, '}');
}

/* `"name":{"p50":1.0,...}`, in milliseconds. */
static int append_quantiles(struct buffer *text, const char *name,
                            const struct histogram *histogram)
{
    return buffer_printf(text, "\"%s\":{\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f},", name,
                         (double)histogram_quantile(histogram, 0.5) / 1e6,
                         (double)histogram_quantile(histogram, 0.99) / 1e6,
                         (double)histogram_quantile(histogram, 0.999) / 1e6);
}

static int render_report(struct job *job, const struct figures *figures, struct buffer *text)
{
    static const struct histogram none = { 0 };
    double per_second = figures->seconds > 0 ? (double)figures->read / figures->seconds : 0;
    int r = buffer_printf(
        text,
        "{\"read\":%llu,\"delivered\":%llu,\"dropped\":%llu,\"errored\":%llu,\"returned\":%llu,"
        "\"in_flight\":%llu,\"bytes_in\":%llu,\"bytes_out\":%llu,\"seconds\":%.6f,"
        "\"events_per_second\":%.1f,\"rss_peak_bytes\":%lld,",
        (unsigned long long)figures->read, (unsigned long long)figures->delivered,
        (unsigned long long)figures->dropped, (unsigned long long)figures->errored,
        (unsigned long long)figures->returned, (unsigned long long)figures->in_flight,
        (unsigned long long)count_read(&job->accounting.bytes_in),
        (unsigned long long)count_read(&job->accounting.bytes_out), figures->seconds, per_second,
        peak_rss_bytes());
    const struct writer *writer = job->writer;
    if (r == 0) {
        r = append_quantiles(text, "delivery_ms", writer == NULL ? &none : writer_delivery(writer));
    }
    if (r == 0) {
        r = append_quantiles(text, "latency_ms", writer == NULL ? &none : writer_latency(writer));
    }
    if (r == 0) {
        r = requests_report(&job->requests, text);
    }
    if (r == 0) {
        r = append_tally(text, "errors", job->production.errors);
    }
    if (r == 0) {
        r = append_tally(text, "dropped_fields", job->production.dropped);
    }
    return r < 0 ? r : buffer_append_text(text, "}\n");
}

/* What the errors were, a line each. */
static void log_errors(const struct job *job)
{
    const char *type;
    uint64_t count;
    for (size_t n = 0;
         job->production.errors != NULL && tally_get(job->production.errors, n, &type, &count);
         n++) {
        log_info("error events", LOG_TEXT("type", type), LOG_INTEGER("count", (int64_t)count));
    }
}

/* A terminal, a pipe: what cannot be replaced. */
static bool is_device(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

int job_report_check(const char *path, struct problem *problem)
{
    AUTO_FREE char *copy = strdup(path);
    if (copy == NULL) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    if (is_device(path)) {
        return access(path, W_OK) == 0
                   ? 0
                   : problem_set(problem, errno, EXIT_CONFIG, "--report %s: cannot write to it: %s",
                                 path, strerror(errno));
    }
    const char *directory = dirname(copy);
    if (access(directory, W_OK | X_OK) < 0) {
        return problem_set(problem, errno, EXIT_CONFIG, "--report %s: cannot write to %s: %s", path,
                           directory, strerror(errno));
    }
    return 0;
}

static int write_report(const char *path, const struct buffer *text)
{
    if (is_device(path)) {
        AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
        return fd < 0 ? -errno
                      : filesystem_write_all(filesystem_system(), fd, text->data, text->len);
    }
    AUTO_FREE char *for_directory = strdup(path);
    AUTO_FREE char *for_name = strdup(path);
    if (for_directory == NULL || for_name == NULL) {
        return -ENOMEM;
    }
    AUTO_CLOSE int dir_fd = open(dirname(for_directory), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0) {
        return -errno;
    }
    return filesystem_replace(filesystem_system(), dir_fd, basename(for_name), text->data,
                              text->len, 0644);
}

int job_report(struct job *job, struct problem *problem)
{
    struct figures figures = take_figures(job);
    int r = 0;
    if (job->options.report_path != NULL) {
        AUTO_BUFFER text = { 0 };
        r = render_report(job, &figures, &text);
        if (r == 0) {
            r = write_report(job->options.report_path, &text);
        }
        if (r < 0) {
            problem_set(problem, -r, EXIT_IO, "cannot write the report %s: %s",
                        job->options.report_path, strerror(-r));
        }
    }
    if (r < 0) {
        fprintf(stderr, "weir: %s\n", problem->text);
    }
    log_errors(job);
    print_accounting(&figures);
    return r;
}
