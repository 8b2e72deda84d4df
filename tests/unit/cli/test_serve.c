/* SPDX-License-Identifier: Apache-2.0 */
/* `weir serve` in a child process: options, the line on stdout, signals. */
#include "cli/command.h"
#include "cli/serve.h"

#include "../../support/http_client.h"
#include "../serve/recorded.h"

#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>

/* Stands in for the one of the program (cli/main.c), which knows all commands. */
enum exit_code usage_error(const char *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", command);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

enum { MAX_ARGUMENTS = 8 };

/* Runs the command in a child; its stdout and stderr come through *ret_out. */
static pid_t child_start(const char *const *arguments, int *ret_out)
{
    char *argv[MAX_ARGUMENTS + 2] = { (char *)"serve" };
    int argc = 1;
    while (argc <= MAX_ARGUMENTS && arguments[argc - 1] != NULL) {
        argv[argc] = (char *)arguments[argc - 1];
        argc++;
    }
    int pipe_fds[2];
    CU_ASSERT_EQUAL_FATAL(pipe(pipe_fds), 0);
    fflush(NULL);
    pid_t pid = fork();
    CU_ASSERT_FATAL(pid >= 0);
    if (pid == 0) {
        dup2(pipe_fds[1], STDOUT_FILENO);
        dup2(pipe_fds[1], STDERR_FILENO);
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        enum exit_code code = cli_serve(NULL, argc, argv);
        fflush(NULL);
        _exit(code);
    }
    close(pipe_fds[1]);
    *ret_out = pipe_fds[0];
    return pid;
}

/* Reads until the text holds `part` and a line end behind it, or the child has closed its side. */
static void child_read(int out, const char *part, struct buffer *text)
{
    for (;;) {
        const char *found = strstr(buffer_text(text), part);
        if (found != NULL && strchr(found, '\n') != NULL) {
            return;
        }
        struct pollfd pollfd = { .fd = out, .events = POLLIN };
        CU_ASSERT_EQUAL_FATAL(poll(&pollfd, 1, HTTP_PATIENCE_MS), 1);
        CU_ASSERT_EQUAL_FATAL(buffer_reserve(text, 4096), 0);
        ssize_t n = read(out, text->data + text->len, 4095);
        if (n <= 0) {
            return;
        }
        text->len += (size_t)n;
    }
}

/* The exit code, or -1 where it did not exit. */
static int child_wait(pid_t pid, int out)
{
    int status = 0;
    close(out);
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_serves_until_a_signal(void)
{
    static const int signals[] = { SIGTERM, SIGINT };
    char path[RECORDED_PATH_SIZE];
    recorded_write(path, RECORDED_EVENT("eqiad", 1, "01"));
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
        AUTO_BUFFER text = { 0 };
        struct http_client client;
        int out = -1;
        pid_t pid = child_start(
            (const char *const[]){ path, "--listen", "127.0.0.1:0", "--stay", NULL }, &out);
        child_read(out, "listening url=", &text);
        char *url = strstr(text.data, "listening url=http://127.0.0.1:");
        CU_ASSERT_PTR_NOT_NULL_FATAL(url);
        CU_ASSERT(url == text.data || url[-1] == '\n');
        url += strlen("listening url=");
        url[strcspn(url, "\n")] = '\0';
        CU_ASSERT(http_get(&client, url, "/v2/stream/s", "") && http_read(&client, 5));
        CU_ASSERT_NSTRING_EQUAL(client.body.data, ":ok\n\n", 5);
        CU_ASSERT_EQUAL(kill(pid, signals[i]), 0);
        CU_ASSERT_EQUAL(child_wait(pid, out), EXIT_DONE);
        /* The connection is cut, not ended. */
        CU_ASSERT(http_read(&client, SIZE_MAX));
        CU_ASSERT(client.is_closed && !client.is_complete);
        http_close(&client);
    }
    unlink(path);
}

static void test_refusals(void)
{
    static const struct {
        const char *arguments[MAX_ARGUMENTS];
        int exit_code;
        const char *text;
    } rows[] = {
        { { NULL }, EXIT_USAGE, "serve: FILE is missing\n" },
        { { "a", "b", NULL }, EXIT_USAGE, "serve: unexpected argument b\n" },
        { { "a", "--nonsense", NULL }, EXIT_USAGE, "serve: unknown option --nonsense\n" },
        { { "a", "--rate", NULL }, EXIT_USAGE, "serve: --rate needs a value\n" },
        { { "a", "--rate", "fast", NULL }, EXIT_USAGE, "serve: fast is not a value of --rate\n" },
        { { "a", "--rate=-1", NULL }, EXIT_USAGE, "serve: -1 is not a value of --rate\n" },
        { { "a", "--cut-after", "1x", NULL }, EXIT_USAGE, "1x is not a value of --cut-after\n" },
        { { "a", "--shift-offsets", "", NULL }, EXIT_USAGE, "is not a value of --shift-offsets\n" },
        { { "a", "--status", "200", NULL }, EXIT_USAGE, "200 is not a value of --status\n" },
        { { "a", "--log-level", "loud", NULL },
          EXIT_USAGE,
          "loud is not a value of --log-level\n" },
        { { "/nonexistent", NULL }, EXIT_IO, "cannot read /nonexistent: No such file" },
        { { "/dev/null", NULL }, EXIT_IO, "not a regular file" },
        { { "/proc/self/cmdline", "--listen", "nowhere", NULL }, EXIT_USAGE, "expected HOST:PORT" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        AUTO_BUFFER text = { 0 };
        int out = -1;
        pid_t pid = child_start(rows[i].arguments, &out);
        child_read(out, "listening url=", &text);
        CU_ASSERT_EQUAL(child_wait(pid, out), rows[i].exit_code);
        CU_ASSERT_PTR_NOT_NULL(strstr(text.data, rows[i].text));
        if (strstr(text.data, rows[i].text) == NULL) {
            fprintf(stderr, "row %zu: %s\n", i, text.data);
        }
    }
}

static const struct test_case cases[] = {
    { "serves until a signal", test_serves_until_a_signal },
    { "what is refused, and how", test_refusals },
};

CUNIT_MAIN("cli/serve", cases)
