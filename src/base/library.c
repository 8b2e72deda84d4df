/* SPDX-License-Identifier: Apache-2.0 */
#include "base/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"

static int look_up(void *library, const char *const *names, size_t n, void **addresses)
{
    for (size_t i = 0; i < n; i++) {
        addresses[i] = dlsym(library, names[i]);
        if (addresses[i] == NULL) {
            return -ENOENT;
        }
    }
    return 0;
}

int library_load(const char *file, const char *const *names, size_t n, void *ret_functions)
{
    AUTO_FREE void **addresses = calloc(n, sizeof(*addresses));
    if (addresses == NULL) {
        return -ENOMEM;
    }
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    int r = library == NULL ? -ENOENT : look_up(library, names, n, addresses);
    if (r < 0) {
        log_error("a library cannot be loaded", LOG_TEXT("file", file),
                  LOG_TEXT("reason", dlerror()));
        return r;
    }
    /* POSIX gives pointers to data and to functions one size. */
    memcpy(ret_functions, addresses, n * sizeof(*addresses));
    return 0;
}
