/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/part.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const endings[] = {
    [PART_PLAIN] = ".ndjson",
    [PART_COMPRESSED] = ".ndjson.zst",
    [PART_TEMPORARY] = ".ndjson.zst.tmp",
};

enum { KINDS = sizeof(endings) / sizeof(endings[0]) };

int part_name(char *name, const char *stem, struct part part)
{
    int n =
        snprintf(name, PART_NAME_SIZE, "%s.%06" PRIu64 "%s", stem, part.number, endings[part.kind]);
    return n < 0 || n >= PART_NAME_SIZE ? -ENAMETOOLONG : 0;
}

bool part_parse(const char *name, const char *stem, struct part *ret_part)
{
    size_t stem_len = strlen(stem);
    if (strncmp(name, stem, stem_len) != 0 || name[stem_len] != '.') {
        return false;
    }
    struct part part = { 0 };
    for (const char *digit = name + stem_len + 1; *digit >= '0' && *digit <= '9'; digit++) {
        if (part.number > (UINT64_MAX - 9) / 10) {
            return false;
        }
        part.number = part.number * 10 + (uint64_t)(*digit - '0');
    }
    /* The one spelling that we write: no 0, no further zeros, no fewer digits. */
    for (int kind = 0; part.number > 0 && kind < KINDS; kind++) {
        char expected[PART_NAME_SIZE];
        part.kind = (enum part_kind)kind;
        if (part_name(expected, stem, part) == 0 && strcmp(expected, name) == 0) {
            *ret_part = part;
            return true;
        }
    }
    return false;
}

static int list_add(struct part_list *list, struct part part)
{
    if (list->n_parts == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        struct part *parts = realloc(list->parts, capacity * sizeof(*parts));
        if (parts == NULL) {
            return -ENOMEM;
        }
        list->parts = parts;
        list->capacity = capacity;
    }
    list->parts[list->n_parts++] = part;
    return 0;
}

static int compare_parts(const void *left, const void *right)
{
    const struct part *a = left;
    const struct part *b = right;
    if (a->number != b->number) {
        return a->number < b->number ? -1 : 1;
    }
    return (int)a->kind - (int)b->kind;
}

static int scan(DIR *directory, const char *stem, struct part_list *list)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (entry == NULL) {
            return -errno;
        }
        struct part part;
        int r = part_parse(entry->d_name, stem, &part) ? list_add(list, part) : 0;
        if (r < 0) {
            return r;
        }
    }
}

int part_scan(int dir_fd, const char *stem, struct part_list *ret_list)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    DIR *directory = fdopendir(fd);
    if (directory == NULL) {
        int r = -errno;
        close(fd);
        return r;
    }
    struct part_list list = { 0 };
    int r = scan(directory, stem, &list);
    closedir(directory);
    if (r < 0) {
        part_list_deinit(&list);
        return r;
    }
    if (list.n_parts > 1) {
        qsort(list.parts, list.n_parts, sizeof(*list.parts), compare_parts);
    }
    *ret_list = list;
    return 0;
}

void part_list_deinit(struct part_list *list)
{
    free(list->parts);
    *list = (struct part_list){ 0 };
}

bool part_exists(int dir_fd, const char *stem, uint64_t number)
{
    for (int kind = 0; kind < KINDS; kind++) {
        char name[PART_NAME_SIZE];
        struct stat status;
        struct part part = { number, (enum part_kind)kind };
        if (part_name(name, stem, part) == 0 &&
            fstatat(dir_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
            return true;
        }
    }
    return false;
}
