/* SPDX-License-Identifier: Apache-2.0 */
/* Which files a file source reads, in which order. */
#ifndef WEIR_SOURCE_FILE_LIST_H
#define WEIR_SOURCE_FILE_LIST_H

#include <stddef.h>

#include "base/error.h"

/* Paths, each from malloc. Zero-initialised is empty. */
struct file_list {
    char **paths;
    size_t n_paths;
};

/*
 * The regular files that uri names: the file itself, the files of a directory but for those whose names
 * begin with a dot, or the matches of a glob; in byte order. Returns 0, or -errno with problem filled
 * (exit code 78), also when there is none.
 */
int file_list_make(const char *uri, struct file_list *ret_list, struct problem *problem);
void file_list_deinit(struct file_list *list);

#endif
