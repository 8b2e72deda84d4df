/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_output INPUT SINK ERRORS: compares the numbered events of the file INPUT with what a job
 * made of them. SINK and ERRORS are what the sinks' parts are called up to the part number:
 * <directory>/<stream>. Prints the counts; exits 1 on any fault.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "output_check.h"

struct mapping {
    char *bytes;
    size_t len;
};

static int map_file(const char *path, struct mapping *ret_mapping)
{
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        return -errno;
    }
    struct mapping mapping = { .len = (size_t)st.st_size };
    if (mapping.len > 0) {
        mapping.bytes = mmap(NULL, mapping.len, PROT_READ, MAP_PRIVATE, fd, 0);
        if (mapping.bytes == MAP_FAILED) {
            return -errno;
        }
    }
    *ret_mapping = mapping;
    return 0;
}

static void unmap_file(struct mapping *mapping)
{
    if (mapping->len > 0) {
        munmap(mapping->bytes, mapping->len);
    }
}

/* Gives the parts of one sink, in the order of their numbers, to add. */
static int add_parts(struct output_check *check, const char *name,
                     void (*add)(struct output_check *check, const char *bytes, size_t len))
{
    char pattern[4096];
    glob_t found;
    int n = snprintf(pattern, sizeof(pattern), "%s.[0-9][0-9][0-9][0-9][0-9][0-9].ndjson", name);
    if (n < 0 || (size_t)n >= sizeof(pattern)) {
        return -ENAMETOOLONG;
    }
    int r = glob(pattern, 0, NULL, &found);
    if (r != 0) {
        return r == GLOB_NOMATCH ? 0 : -EIO;
    }
    for (size_t i = 0; i < found.gl_pathc && r == 0; i++) {
        struct mapping part = { 0 };
        r = map_file(found.gl_pathv[i], &part);
        if (r == 0) {
            add(check, part.bytes, part.len);
            unmap_file(&part);
        }
    }
    globfree(&found);
    return r;
}

static int run(const struct mapping *input, const char *sink, const char *errors)
{
    struct output_counts counts;
    struct output_check *check = output_check_new(input->bytes, input->len, "\"content body\"");
    if (check == NULL) {
        return EXIT_DATA;
    }
    int r = add_parts(check, sink, output_check_sink);
    if (r == 0) {
        r = add_parts(check, errors, output_check_errors);
    }
    output_check_finish(check, &counts);
    output_check_free(check);
    if (r < 0) {
        fprintf(stderr, "check_output: cannot read the parts: %s\n", strerror(-r));
        return EXIT_IO;
    }
    printf("read=%" PRIu64 " missing=%" PRIu64 " doubled=%" PRIu64 " out_of_order=%" PRIu64
           " changed=%" PRIu64 " torn=%" PRIu64 " delivered=%" PRIu64 " errored=%" PRIu64
           " canaries=%" PRIu64 "\n",
           counts.read, counts.missing, counts.doubled, counts.out_of_order, counts.changed,
           counts.torn, counts.delivered, counts.errored, counts.canaries);
    return output_counts_faults(&counts) == 0 ? EXIT_DONE : EXIT_MISMATCH;
}

int main(int argc, char **argv)
{
    struct mapping input = { 0 };
    if (argc != 4) {
        fprintf(stderr, "usage: check_output INPUT SINK_DIR/STREAM ERRORS_DIR/STREAM\n");
        return EXIT_USAGE;
    }
    int r = map_file(argv[1], &input);
    if (r < 0) {
        fprintf(stderr, "check_output: %s: %s\n", argv[1], strerror(-r));
        return EXIT_IO;
    }
    int exit_code = run(&input, argv[2], argv[3]);
    unmap_file(&input);
    return exit_code;
}
