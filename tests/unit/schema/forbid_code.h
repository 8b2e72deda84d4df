/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs something where memory cannot be made executable, as systemd's MemoryDenyWriteExecute does.
 * Call it before PCRE2 has compiled anything: it keeps executable memory for later.
 */
#ifndef WEIR_TESTS_FORBID_CODE_H
#define WEIR_TESTS_FORBID_CODE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* PR_SET_MDWE and PR_MDWE_REFUSE_EXEC_GAIN of Linux 6.3, which older headers lack. */
enum { FORBID_CODE_SET = 65, FORBID_CODE_REFUSE = 1, FORBID_CODE_UNKNOWN = 77 };

/* Whether this process has memory that is both writable and executable. */
static inline bool has_writable_code(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    bool is_found = false;
    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
        is_found |= strstr(line, " rwx") != NULL;
    }
    if (maps != NULL) {
        fclose(maps);
    }
    return is_found;
}

/* Returns what run returns; true with a message where that cannot be tried. */
static inline bool run_without_code(bool (*run)(void))
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (prctl(FORBID_CODE_SET, FORBID_CODE_REFUSE, 0, 0, 0) < 0) {
            _exit(FORBID_CODE_UNKNOWN);
        }
        _exit(run() ? 0 : 1);
    }
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
        return false;
    }
    if (WEXITSTATUS(status) == FORBID_CODE_UNKNOWN) {
        fprintf(stderr, "skipped: the kernel cannot forbid executable memory\n");
        return true;
    }
    return WEXITSTATUS(status) == 0;
}

#endif
