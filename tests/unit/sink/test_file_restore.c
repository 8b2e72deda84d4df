/* SPDX-License-Identifier: Apache-2.0 */
/* The start of a file sink: what a checkpoint says of it, and what lies in the directory. */
#include <errno.h>

#include "base/decompress.h"
#include "sink_rig.h"

static void test_a_first_start_goes_on_behind_what_is_there(void)
{
    struct rig rig;
    rig_init(&rig);
    rig_put(&rig, "out.000001.ndjson", "old\n");
    rig_put(&rig, "out.000007.ndjson.zst", "old");
    rig_put(&rig, "out.000099", "no part");
    rig_put(&rig, "out.b.000050.ndjson", "another instance\n");
    rig_put(&rig, "other.000060.ndjson", "another stream\n");
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, NULL), 0);
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT_EQUAL(rig.state.part, 8);
    CU_ASSERT_EQUAL(rig_write(&rig, "1\n"), 0);
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", "old\n"));
    CU_ASSERT(file_holds(rig.directory, "out.000007.ndjson.zst", "old"));
    CU_ASSERT(file_holds(rig.directory, "out.000008.ndjson", "1\n"));
    CU_ASSERT_EQUAL(rig_count(&rig), 6);
    rig_deinit(&rig);
}

static void test_the_open_part_is_cut_to_what_was_recorded(void)
{
    struct rig rig;
    rig_init(&rig);
    rig_put(&rig, "out.000003.ndjson", "1\n2\n3\n4");
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, &(struct sink_state){ 3, 4 }), 0);
    CU_ASSERT_EQUAL(file_sink_cut_bytes(rig.sink), 3);
    CU_ASSERT(file_holds(rig.directory, "out.000003.ndjson", "1\n2\n"));
    /* The cut is made durable before it is counted on. */
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT_EQUAL(rig.fs.counts[FS_DATASYNC], 1);
    CU_ASSERT_EQUAL(rig.state.part, 3);
    CU_ASSERT_EQUAL(rig.state.length, 4);
    CU_ASSERT_EQUAL(rig_write(&rig, "5\n"), 0);
    CU_ASSERT(file_holds(rig.directory, "out.000003.ndjson", "1\n2\n5\n"));
    rig_deinit(&rig);
}

static void test_what_fits_is_not_cut(void)
{
    struct rig rig;
    rig_init(&rig);
    rig_put(&rig, "out.000001.ndjson", "1\n2\n");
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, &(struct sink_state){ 1, 4 }), 0);
    CU_ASSERT_EQUAL(file_sink_cut_bytes(rig.sink), 0);
    CU_ASSERT_EQUAL(rig.fs.counts[FS_TRUNCATE], 0);
    /* A restored part needs no other checkpoint to be written to. */
    CU_ASSERT_EQUAL(rig_write(&rig, "3\n"), 0);
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", "1\n2\n3\n"));
    rig_deinit(&rig);
}

/* The crash came between the checkpoint that names a part and its first line, or after that line. */
static void test_a_part_that_was_only_named_is_begun(void)
{
    struct rig rig;
    rig_init(&rig);
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, &(struct sink_state){ 2, 0 }), 0);
    CU_ASSERT_EQUAL(rig_count(&rig), 0);
    CU_ASSERT_EQUAL(rig_write(&rig, "1\n"), 0);
    CU_ASSERT(file_holds(rig.directory, "out.000002.ndjson", "1\n"));
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, &(struct sink_state){ 2, 0 }), 0);
    CU_ASSERT_EQUAL(file_sink_cut_bytes(rig.sink), 2);
    CU_ASSERT_EQUAL(rig_write(&rig, "2\n"), 0);
    CU_ASSERT(file_holds(rig.directory, "out.000002.ndjson", "2\n"));
    rig_deinit(&rig);
}

/* Later parts are never ours: they are stepped over, not deleted. */
static void test_other_files_are_not_touched(void)
{
    struct rig rig;
    rig_init(&rig);
    rig_put(&rig, "out.000002.ndjson", "1\n2\n");
    rig_put(&rig, "out.000003.ndjson", "theirs\n");
    rig_put(&rig, "out.000004.ndjson.zst", "theirs");
    rig_put(&rig, "out.000005.ndjson.zst.tmp", "theirs");
    rig_put(&rig, "notes.txt", "theirs\n");
    rig.options.roll_bytes = 1;
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, &(struct sink_state){ 2, 2 }), 0);
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT_EQUAL(rig.state.part, 6);
    CU_ASSERT_EQUAL(rig_write(&rig, "3\n"), 0);
    CU_ASSERT(file_holds(rig.directory, "out.000002.ndjson", "1\n"));
    CU_ASSERT(file_holds(rig.directory, "out.000003.ndjson", "theirs\n"));
    CU_ASSERT(file_holds(rig.directory, "out.000004.ndjson.zst", "theirs"));
    CU_ASSERT(file_holds(rig.directory, "out.000005.ndjson.zst.tmp", "theirs"));
    CU_ASSERT(file_holds(rig.directory, "out.000006.ndjson", "3\n"));
    CU_ASSERT_EQUAL(rig_count(&rig), 6);
    CU_ASSERT_EQUAL(rig.fs.counts[FS_UNLINK], 0);
    rig_deinit(&rig);
}

static void check_refused(struct rig *rig, struct sink_state state, const char *complaint)
{
    int n_cut = rig->fs.counts[FS_TRUNCATE];
    CU_ASSERT(rig_open(rig, &state) < 0);
    CU_ASSERT_EQUAL(rig->problem.exit_code, EXIT_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(rig->problem.text, complaint));
    CU_ASSERT_EQUAL(rig->fs.counts[FS_TRUNCATE], n_cut);
}

static void test_an_open_part_that_is_not_as_recorded_stops(void)
{
    struct rig rig;
    char path[512];
    rig_init(&rig);
    check_refused(&rig, (struct sink_state){ 1, 2 }, "No such file");
    rig_put(&rig, "out.000001.ndjson", "1\n22\n");
    check_refused(&rig, (struct sink_state){ 1, 6 }, "it has only 5");
    check_refused(&rig, (struct sink_state){ 1, 3 }, "no line ends there");
    check_refused(&rig, (struct sink_state){ 1, UINT64_MAX }, "names no part");
    check_refused(&rig, (struct sink_state){ 0, 0 }, "names no part");
    rig_path(&rig, "out.000002.ndjson", path);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    check_refused(&rig, (struct sink_state){ 2, 0 }, "irectory");
    rig_path(&rig, "out.000003.ndjson", path);
    CU_ASSERT_EQUAL(symlink("out.000001.ndjson", path), 0);
    check_refused(&rig, (struct sink_state){ 3, 2 }, "out.000003");
    rig_path(&rig, "out.000004.ndjson", path);
    CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
    check_refused(&rig, (struct sink_state){ 4, 0 }, "not a regular file");
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", "1\n22\n"));
    rig_deinit(&rig);
}

static void test_cutting_that_fails_is_an_io_error(void)
{
    struct rig rig;
    rig_init(&rig);
    rig_put(&rig, "out.000001.ndjson", "1\n2\n");
    scripted_fs_fail(&rig.fs, FS_TRUNCATE, 1, EIO);
    CU_ASSERT_EQUAL(rig_open(&rig, &(struct sink_state){ 1, 2 }), -EIO);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_IO);
    rig_deinit(&rig);
}

static void test_closed_parts_that_are_missing_are_normal(void)
{
    struct rig rig;
    rig_init(&rig);
    rig.options.compress_zstd = true;
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, &(struct sink_state){ 1000, 0 }), 0);
    CU_ASSERT_EQUAL(rig_write(&rig, "1\n"), 0);
    CU_ASSERT_EQUAL(rig_count(&rig), 1);
    rig_deinit(&rig);
}

static void test_a_directory_that_cannot_be_used_is_a_mistake_of_the_configuration(void)
{
    struct rig rig;
    struct problem problem = { 0 };
    char path[512];
    rig_init(&rig);
    rig_put(&rig, "file", "");
    rig_path(&rig, "file", path);
    CU_ASSERT_EQUAL(file_sink_check(path, &problem), -ENOTDIR);
    CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(problem.text, path));
    rig_path(&rig, "missing/below", path);
    CU_ASSERT_EQUAL(file_sink_check(path, &problem), -ENOENT);
    rig_path(&rig, "new", path);
    CU_ASSERT_EQUAL(file_sink_check(path, &problem), 0);
    CU_ASSERT_EQUAL(file_sink_check(path, &problem), 0);
    if (geteuid() != 0) {
        CU_ASSERT_EQUAL(chmod(path, 0500), 0);
        CU_ASSERT_EQUAL(file_sink_check(path, &problem), -EACCES);
        CU_ASSERT_EQUAL(problem.exit_code, EXIT_CONFIG);
    } else {
        printf("(as root every directory can be written to: skipped) ");
    }
    rig.options.stream_name = "a/b";
    CU_ASSERT_EQUAL(rig_open(&rig, NULL), -EINVAL);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_CONFIG);
    rig_deinit(&rig);
}

/* The way to the directory may change: it is the place that counts. */
static void test_the_identity_is_the_place(void)
{
    struct rig rig;
    char path[512];
    rig_init(&rig);
    AUTO_BUFFER plain = { 0 };
    AUTO_BUFFER dotted = { 0 };
    CU_ASSERT_EQUAL(file_sink_identity(rig.directory, "out", NULL, &plain), 0);
    rig_path(&rig, ".", path);
    CU_ASSERT_EQUAL(file_sink_identity(path, "out", NULL, &dotted), 0);
    CU_ASSERT_STRING_EQUAL(buffer_text(&plain), buffer_text(&dotted));
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, NULL), 0);
    CU_ASSERT_STRING_EQUAL(rig.sink->identity, buffer_text(&plain));
    rig_deinit(&rig);
}

/* The text of a compressed part; the caller frees it. */
static char *read_compressed(struct rig *rig, const char *name)
{
    char path[512];
    rig_path(rig, name, path);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    struct decompress *decompress;
    CU_ASSERT_EQUAL_FATAL(decompress_new(dup(fileno(file)), &decompress), 0);
    fclose(file);
    char *text = calloc(1, 1000);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT(decompress_read(decompress, text, 999) > 0);
    CU_ASSERT_FALSE(decompress_is_plain(decompress));
    decompress_free(decompress);
    return text;
}

static void test_closed_parts_are_compressed(void)
{
    struct rig rig;
    rig_init(&rig);
    rig.is_unscripted = true;
    rig.options.compress_zstd = true;
    rig.options.roll_bytes = 1;
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, NULL), 0);
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT_EQUAL(rig_write(&rig, "1\n"), 0);
    CU_ASSERT_EQUAL(rig_checkpoint(&rig), 0);
    CU_ASSERT_EQUAL(rig_write(&rig, "2\n"), 0);
    /* The end waits for the compression; the open part stays as it is. */
    rig_close(&rig);
    CU_ASSERT_EQUAL(rig_count(&rig), 2);
    AUTO_FREE char *text = read_compressed(&rig, "out.000001.ndjson.zst");
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, "1\n");
    CU_ASSERT(file_holds(rig.directory, "out.000002.ndjson", "2\n"));
    rig_deinit(&rig);
}

/* What a crash interrupted is done again: parts that the checkpoint knows as closed, and those only. */
static void test_compression_is_gone_on_with(void)
{
    struct rig rig;
    rig_init(&rig);
    rig_put(&rig, "out.000001.ndjson", "1\n");
    rig_put(&rig, "out.000001.ndjson.zst.tmp", "half");
    rig_put(&rig, "out.000002.ndjson", "2\n");
    rig_put(&rig, "out.000002.ndjson.zst", "not unlinked yet");
    rig_put(&rig, "out.000003.ndjson", "3\n");
    rig_put(&rig, "out.000009.ndjson", "theirs\n");
    rig_put(&rig, "out.000009.ndjson.zst.tmp", "theirs");
    rig.is_unscripted = true;
    rig.options.compress_zstd = true;
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, &(struct sink_state){ 3, 2 }), 0);
    rig_close(&rig);
    AUTO_FREE char *first = read_compressed(&rig, "out.000001.ndjson.zst");
    AUTO_FREE char *second = read_compressed(&rig, "out.000002.ndjson.zst");
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    CU_ASSERT_PTR_NOT_NULL_FATAL(second);
    CU_ASSERT_STRING_EQUAL(first, "1\n");
    CU_ASSERT_STRING_EQUAL(second, "2\n");
    CU_ASSERT(file_holds(rig.directory, "out.000003.ndjson", "3\n"));
    CU_ASSERT(file_holds(rig.directory, "out.000009.ndjson", "theirs\n"));
    CU_ASSERT(file_exists(rig.directory, "out.000009.ndjson.zst.tmp"));
    CU_ASSERT_EQUAL(rig_count(&rig), 5);
    rig_deinit(&rig);
}

/* The new compression makes a file of the left-over's name, which is not to be removed with it. */
static void test_a_left_over_is_removed_before_compression_begins(void)
{
    size_t n_compressed = 0;
    for (int round = 0; round < 200; round++) {
        struct rig rig;
        rig_init(&rig);
        rig_put(&rig, "out.000001.ndjson", "1\n");
        rig_put(&rig, "out.000001.ndjson.zst.tmp", "half");
        rig.options.compress_zstd = true;
        rig.is_unscripted = true;
        CU_ASSERT_EQUAL_FATAL(rig_open(&rig, &(struct sink_state){ 2, 0 }), 0);
        rig_close(&rig);
        n_compressed += file_exists(rig.directory, "out.000001.ndjson.zst");
        rig_deinit(&rig);
    }
    CU_ASSERT_EQUAL(n_compressed, 200);
}

/* Without a checkpoint nothing that is there is ours to change. */
static void test_without_a_checkpoint_nothing_is_compressed(void)
{
    struct rig rig;
    rig_init(&rig);
    rig_put(&rig, "out.000001.ndjson", "1\n");
    rig_put(&rig, "out.000001.ndjson.zst.tmp", "half");
    rig.options.compress_zstd = true;
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, NULL), 0);
    rig_close(&rig);
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", "1\n"));
    CU_ASSERT_EQUAL(rig_count(&rig), 2);
    rig_deinit(&rig);
}

static void test_a_part_that_cannot_be_compressed_stays(void)
{
    struct rig rig;
    rig_init(&rig);
    rig_put(&rig, "out.000001.ndjson", "1\n");
    rig.options.compress_zstd = true;
    scripted_fs_fail(&rig.fs, FS_WRITE, -1, ENOSPC);
    rig.options.roll_bytes = 0;
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig, &(struct sink_state){ 2, 0 }), 0);
    rig_close(&rig);
    CU_ASSERT(file_holds(rig.directory, "out.000001.ndjson", "1\n"));
    CU_ASSERT_FALSE(file_exists(rig.directory, "out.000001.ndjson.zst"));
    rig_deinit(&rig);
}

static const struct test_case cases[] = {
    { "a first start goes on behind what is there",
      test_a_first_start_goes_on_behind_what_is_there },
    { "the open part is cut to what was recorded", test_the_open_part_is_cut_to_what_was_recorded },
    { "what fits is not cut", test_what_fits_is_not_cut },
    { "a part that was only named is begun", test_a_part_that_was_only_named_is_begun },
    { "other files are not touched", test_other_files_are_not_touched },
    { "an open part that is not as recorded stops",
      test_an_open_part_that_is_not_as_recorded_stops },
    { "cutting that fails is an I/O error", test_cutting_that_fails_is_an_io_error },
    { "closed parts that are missing are normal", test_closed_parts_that_are_missing_are_normal },
    { "a directory that cannot be used is a mistake of the configuration",
      test_a_directory_that_cannot_be_used_is_a_mistake_of_the_configuration },
    { "the identity is the place", test_the_identity_is_the_place },
    { "closed parts are compressed", test_closed_parts_are_compressed },
    { "compression is gone on with", test_compression_is_gone_on_with },
    { "a left-over is removed before compression begins",
      test_a_left_over_is_removed_before_compression_begins },
    { "without a checkpoint nothing is compressed",
      test_without_a_checkpoint_nothing_is_compressed },
    { "a part that cannot be compressed stays", test_a_part_that_cannot_be_compressed_stays },
};

CUNIT_MAIN("sink/file_restore", cases)
