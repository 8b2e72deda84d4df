/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdarg.h>
#include <unistd.h>

int problem_set(struct problem *problem, int err, enum exit_code exit_code, const char *format, ...)
{
    if (problem != NULL) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(problem->text, sizeof(problem->text), format, arguments);
        va_end(arguments);
        problem->exit_code = exit_code;
    }
    return -err;
}

_Noreturn void require_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "weir: broken contract: %s (%s:%d)\n", condition, file, line);
    abort();
}

void close_auto(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}
