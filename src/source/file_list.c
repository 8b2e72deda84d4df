/* SPDX-License-Identifier: Apache-2.0 */
#include "source/file_list.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int add(struct file_list *list, char *path)
{
    char **grown =
        path == NULL ? NULL : realloc(list->paths, (list->n_paths + 1) * sizeof(*list->paths));
    if (grown == NULL) {
        free(path);
        return -ENOMEM;
    }
    list->paths = grown;
    list->paths[list->n_paths++] = path;
    return 0;
}

static bool is_regular(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static int add_directory(struct file_list *list, const char *uri)
{
    DIR *directory = opendir(uri);
    if (directory == NULL) {
        return -errno;
    }
    int r = 0;
    const struct dirent *entry;
    while (r == 0 && (entry = readdir(directory)) != NULL) {
        char *path;
        if (entry->d_name[0] == '.') {
            continue;
        }
        if (asprintf(&path, "%s/%s", uri, entry->d_name) < 0) {
            r = -ENOMEM;
        } else if (is_regular(path)) {
            r = add(list, path);
        } else {
            free(path);
        }
    }
    closedir(directory);
    return r;
}

static int add_glob(struct file_list *list, const char *pattern)
{
    glob_t matches;
    int result = glob(pattern, GLOB_NOSORT, NULL, &matches);
    if (result != 0) {
        return result == GLOB_NOSPACE ? -ENOMEM : -ENODATA;
    }
    int r = 0;
    for (size_t i = 0; r == 0 && i < matches.gl_pathc; i++) {
        if (is_regular(matches.gl_pathv[i])) {
            r = add(list, strdup(matches.gl_pathv[i]));
        }
    }
    globfree(&matches);
    return r;
}

static int compare(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

int file_list_make(const char *uri, struct file_list *ret_list, struct problem *problem)
{
    struct file_list list = { 0 };
    struct stat info;
    int r;
    if (stat(uri, &info) < 0) {
        int error = errno;
        r = strpbrk(uri, "*?[") != NULL ? add_glob(&list, uri) : -error;
    } else if (S_ISDIR(info.st_mode)) {
        r = add_directory(&list, uri);
    } else {
        r = add(&list, strdup(uri));
    }
    if (r == -ENODATA || (r == 0 && list.n_paths == 0)) {
        file_list_deinit(&list);
        return problem_set(problem, ENOENT, EXIT_CONFIG, "source: %s: there is no file", uri);
    }
    if (r < 0) {
        file_list_deinit(&list);
        return problem_set(problem, -r, EXIT_CONFIG, "source: cannot read %s: %s", uri,
                           strerror(-r));
    }
    qsort(list.paths, list.n_paths, sizeof(*list.paths), compare);
    *ret_list = list;
    return 0;
}

void file_list_deinit(struct file_list *list)
{
    for (size_t i = 0; i < list->n_paths; i++) {
        free(list->paths[i]);
    }
    free(list->paths);
    *list = (struct file_list){ 0 };
}
