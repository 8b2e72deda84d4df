/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of a file sink's parts, and which of them are in a directory:
 *
 *     <stem>.000001.ndjson          a part; <stem> is the stream's name, with .<instance> where set
 *     <stem>.000001.ndjson.zst      a closed part, compressed
 *     <stem>.000001.ndjson.zst.tmp  one that is being compressed
 *
 * Numbers begin at 1 and have at least six digits. Pure, but for the scan.
 */
#ifndef WEIR_SINK_PART_H
#define WEIR_SINK_PART_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PART_NAME_SIZE = NAME_MAX + 1 };

enum part_kind { PART_PLAIN, PART_COMPRESSED, PART_TEMPORARY };

struct part {
    uint64_t number;
    enum part_kind kind;
};

/* Writes the name to name (PART_NAME_SIZE bytes). Returns 0 or -ENAMETOOLONG. */
int part_name(char *name, const char *stem, struct part part);

/* True when name is exactly what part_name() writes for some part. */
bool part_parse(const char *name, const char *stem, struct part *ret_part);

struct part_list {
    struct part *parts;
    size_t n_parts;
    size_t capacity;
};

/*
 * Lists the parts in a directory, by number. Returns 0 or -errno; the list is the caller's
 * (part_list_deinit). Blocks: for the disk.
 */
int part_scan(int dir_fd, const char *stem, struct part_list *ret_list);
void part_list_deinit(struct part_list *list);

/* True when a part of that number is there, in any kind. */
bool part_exists(int dir_fd, const char *stem, uint64_t number);

#endif
