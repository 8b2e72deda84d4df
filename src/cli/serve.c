/* SPDX-License-Identifier: Apache-2.0 */
/* `weir serve`: options, the line that says where it listens, waiting for a signal. */
#include "cli/serve.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/command.h"
#include "serve/serve.h"

struct serve_arguments {
    struct serve_options serve;
    enum log_level level;
};

enum serve_option {
    OPTION_LISTEN = 256,
    OPTION_RATE,
    OPTION_CUT_AFTER,
    OPTION_LOOP,
    OPTION_STAY,
    OPTION_SHIFT_OFFSETS,
    OPTION_RENUMBER,
    OPTION_STATUS,
    OPTION_TIMES,
    OPTION_RETRY_AFTER,
    OPTION_MAX_CONNECTIONS,
    OPTION_LOG,
    OPTION_LOG_LEVEL,
};

static const struct option long_options[] = {
    { "listen", required_argument, NULL, OPTION_LISTEN },
    { "rate", required_argument, NULL, OPTION_RATE },
    { "cut-after", required_argument, NULL, OPTION_CUT_AFTER },
    { "loop", no_argument, NULL, OPTION_LOOP },
    { "stay", no_argument, NULL, OPTION_STAY },
    { "shift-offsets", required_argument, NULL, OPTION_SHIFT_OFFSETS },
    { "renumber", no_argument, NULL, OPTION_RENUMBER },
    { "status", required_argument, NULL, OPTION_STATUS },
    { "times", required_argument, NULL, OPTION_TIMES },
    { "retry-after", required_argument, NULL, OPTION_RETRY_AFTER },
    { "max-connections", required_argument, NULL, OPTION_MAX_CONNECTIONS },
    { "log", required_argument, NULL, OPTION_LOG },
    { "log-level", required_argument, NULL, OPTION_LOG_LEVEL },
    { 0 },
};

/* Reads a whole number within bounds. Returns 0 or -EINVAL. */
static int parse_number(const char *text, int64_t least, int64_t most, int64_t *ret_number)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < least || number > most) {
        return -EINVAL;
    }
    *ret_number = number;
    return 0;
}

static int parse_unsigned(const char *text, unsigned least, unsigned most, unsigned *ret_number)
{
    int64_t number = 0;
    int r = parse_number(text, least, most, &number);
    if (r == 0) {
        *ret_number = (unsigned)number;
    }
    return r;
}

static int parse_count(const char *text, uint64_t *ret_number)
{
    int64_t number = 0;
    int r = parse_number(text, 0, INT64_C(1000000000), &number);
    if (r == 0) {
        *ret_number = (uint64_t)number;
    }
    return r;
}

static int parse_log_level(const char *text, enum log_level *ret_level)
{
    static const char *const names[] = { "debug", "info", "warning", "error" };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret_level = (enum log_level)i;
            return 0;
        }
    }
    return -EINVAL;
}

/* Returns 0, or -EINVAL for a value that cannot be. */
static int take_value(struct serve_arguments *arguments, int code, const char *value)
{
    struct serve_options *serve = &arguments->serve;
    switch (code) {
    case OPTION_LISTEN:
        serve->listen = value;
        return 0;
    case OPTION_RATE:
        return parse_count(value, &serve->rate);
    case OPTION_CUT_AFTER:
        return parse_count(value, &serve->cut_after);
    case OPTION_SHIFT_OFFSETS:
        return parse_number(value, -INT64_C(1000000000000), INT64_C(1000000000000),
                            &serve->shift_offsets);
    case OPTION_STATUS:
        return parse_unsigned(value, 400, 599, &serve->status);
    case OPTION_TIMES:
        return parse_unsigned(value, 0, 1000000000, &serve->times);
    case OPTION_RETRY_AFTER:
        return parse_unsigned(value, 1, 86400, &serve->retry_after_s);
    case OPTION_MAX_CONNECTIONS:
        return parse_unsigned(value, 1, 1000000, &serve->max_connections);
    case OPTION_LOG:
        serve->log_path = value;
        return 0;
    default:
        return parse_log_level(value, &arguments->level);
    }
}

static bool take_flag(struct serve_options *serve, int code)
{
    switch (code) {
    case OPTION_LOOP:
        serve->loop = true;
        return true;
    case OPTION_STAY:
        serve->stay = true;
        return true;
    case OPTION_RENUMBER:
        serve->renumber = true;
        return true;
    default:
        return false;
    }
}

static const char *option_name(int code)
{
    for (const struct option *option = long_options; option->name != NULL; option++) {
        if (option->val == code) {
            return option->name;
        }
    }
    return "";
}

static enum exit_code parse(struct serve_arguments *arguments, int argc, char **argv)
{
    opterr = 0;
    optind = 1;
    int code;
    while ((code = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if (code == ':') {
            return usage_error("serve", "%s needs a value", argv[optind - 1]);
        }
        if (code == '?') {
            return usage_error("serve", "unknown option %s", argv[optind - 1]);
        }
        if (!take_flag(&arguments->serve, code) && take_value(arguments, code, optarg) < 0) {
            return usage_error("serve", "%s is not a value of --%s", optarg, option_name(code));
        }
    }
    if (optind == argc) {
        return usage_error("serve", "FILE is missing");
    }
    if (optind + 1 < argc) {
        return usage_error("serve", "unexpected argument %s", argv[optind + 1]);
    }
    arguments->serve.path = argv[optind];
    return EXIT_DONE;
}

/* Blocks until a signal of the set has come. Returns 0 or -errno. */
static int signals_wait(const sigset_t *signals)
{
    AUTO_CLOSE int fd = signalfd(-1, signals, SFD_CLOEXEC);
    struct signalfd_siginfo info;
    ssize_t n = -1;
    while (fd >= 0 && (n = read(fd, &info, sizeof(info))) < 0 && errno == EINTR) {
    }
    return n == (ssize_t)sizeof(info) ? 0 : -errno;
}

static enum exit_code serve_until(const struct serve_options *options, const sigset_t *signals)
{
    struct problem problem = { 0 };
    AUTO(serve) serve = NULL;
    if (serve_start(options, &problem, &serve) < 0) {
        log_error("cannot serve", LOG_TEXT("reason", problem.text));
        return problem.exit_code;
    }
    log_info("serving", LOG_TEXT("file", options->path),
             LOG_INTEGER("events", (int64_t)serve_events(serve)));
    printf("listening url=%s\n", serve_url(serve));
    if (fflush(stdout) != 0) {
        log_error("cannot write to stdout", LOG_TEXT("reason", strerror(errno)));
        return EXIT_IO;
    }
    int r = signals_wait(signals);
    if (r < 0) {
        log_error("cannot wait for signals", LOG_TEXT("reason", strerror(-r)));
        return EXIT_SOFTWARE;
    }
    return EXIT_DONE;
}

enum exit_code cli_serve(const struct weir_app *app, int argc, char **argv)
{
    struct serve_arguments arguments = {
        .serve = { .listen = "127.0.0.1:0", .times = 1 },
        .level = LOG_INFO,
    };
    (void)app;
    enum exit_code code = parse(&arguments, argc, argv);
    if (code != EXIT_DONE) {
        return code;
    }
    log_setup(arguments.level, LOG_LOGFMT);
    sigset_t signals;
    sigset_t before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    code = serve_until(&arguments.serve, &signals);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}
