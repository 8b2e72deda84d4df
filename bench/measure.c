/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure [--until FILE LINES] FIGURES COMMAND...: runs a command and writes "WALL CPU RSS" (seconds, seconds,
 * bytes) to FIGURES: the CPU of all its descendants, the peak of the largest of them.
 *
 * A program of its own, because a child's peak memory begins with that of the process it was forked
 * from: next to an interpreter every small program would look as large as the interpreter. Exits as the
 * command does. With --until the command is one that does not end by itself: it is told to when FILE has
 * LINES lines, which is where the wall time ends, and the exit is 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { POLL_NS = 1000 * 1000 };

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static pid_t start(char **command)
{
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    return child;
}

static int write_figures(const char *path, double wall)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return -1;
    }
    fprintf(file, "%.6f %.6f %ld\n", wall, seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
            usage.ru_maxrss * 1024);
    return fclose(file);
}

/* Counts the lines that the file has got since. */
static long long count_more(const char *path, int *fd)
{
    static char block[1 << 20];
    if (*fd < 0) {
        *fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    long long n_lines = 0;
    ssize_t n;
    while (*fd >= 0 && (n = read(*fd, block, sizeof(block))) > 0) {
        for (const char *at = block; (at = memchr(at, '\n', (size_t)(block + n - at))) != NULL;
             at++) {
            n_lines++;
        }
    }
    return n_lines;
}

/* True once the file has so many lines; false when the command has ended before. */
static bool wait_until(const char *path, long long n_lines, pid_t child)
{
    int fd = -1;
    bool has_ended = false;
    while ((n_lines -= count_more(path, &fd)) > 0 && !has_ended) {
        siginfo_t ended = { 0 };
        has_ended = waitid(P_PID, (id_t)child, &ended, WEXITED | WNOHANG | WNOWAIT) < 0 ||
                    ended.si_pid == child;
        nanosleep(&(struct timespec){ .tv_nsec = POLL_NS }, NULL);
    }
    if (fd >= 0) {
        close(fd);
    }
    return n_lines <= 0;
}

/* How the command ended, once all that it started have. */
static int wait_all(pid_t child)
{
    int status = 0;
    for (;;) {
        int one;
        pid_t pid = wait(&one);
        if (pid == child) {
            status = one;
        } else if (pid < 0 && errno == ECHILD) {
            return status;
        }
    }
}

static int usage(void)
{
    fprintf(stderr, "usage: measure [--until FILE LINES] FIGURES COMMAND [ARGUMENT ...]\n");
    return 64;
}

int main(int argc, char **argv)
{
    const char *until = NULL;
    long long n_lines = 0;
    if (argc > 3 && strcmp(argv[1], "--until") == 0) {
        until = argv[2];
        n_lines = strtoll(argv[3], NULL, 10);
        argv += 3;
        argc -= 3;
    }
    if (argc < 3) {
        return usage();
    }
    /* What the command leaves behind becomes ours, and its CPU is counted. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    double begin = now();
    pid_t child = start(argv + 2);
    if (child < 0) {
        perror("measure");
        return 74;
    }
    bool is_reached = false;
    double end = 0;
    if (until != NULL) {
        is_reached = wait_until(until, n_lines, child);
        end = now();
        kill(child, SIGTERM);
    }
    int status = wait_all(child);
    if (until == NULL) {
        end = now();
    }
    if (write_figures(argv[1], end - begin) != 0) {
        perror(argv[1]);
        return 74;
    }
    if (until != NULL) {
        return is_reached ? 0 : 70;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
