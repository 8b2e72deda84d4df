/* SPDX-License-Identifier: Apache-2.0 */
/* What a file source reads, and how it goes on after a restart. Following: test_file_follow.c. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "file_rig.h"

static void test_a_file_is_read_to_its_end(void)
{
    struct rig rig;
    rig_init(&rig, "a");
    rig_put(&rig, "a", "\xef\xbb\xbf{\"a\":1}\r\n\n{\"a\":2}");
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    CU_ASSERT_PTR_NULL(rig.source->not_replayable);
    CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
    expect(&rig, "a@0 {\"a\":1}\na@13 {\"a\":2}\n");
    int64_t done;
    int64_t total;
    rig.source->ops->progress(rig.source, &done, &total);
    CU_ASSERT_EQUAL(done, 20);
    CU_ASSERT_EQUAL(total, 20);
    rig_deinit(&rig);
}

static void test_files_are_read_in_byte_order_and_are_partitions(void)
{
    struct rig rig;
    rig_init(&rig, "");
    rig_put(&rig, "b", "3\n");
    rig_put(&rig, "a9", "2\n");
    rig_put(&rig, "a10", "1");
    rig_put(&rig, ".hidden", "0\n");
    rig_put(&rig, "empty", "");
    char path[512];
    snprintf(path, sizeof(path), "%s/directory", rig.directory);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
    expect(&rig, "a10@0 1\na9@0 2\nb@0 3\n");
    CU_ASSERT_EQUAL(partition_table_count(rig.partitions), 4);

    snprintf(rig.uri, sizeof(rig.uri), "%s/a*", rig.directory);
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
    expect(&rig, "a10@0 1\na9@0 2\n");
    rig_deinit(&rig);
}

static void test_nothing_to_read_is_a_mistake_of_the_configuration(void)
{
    static const char *const names[] = { "missing", "no*match", "[", "directory" };
    struct rig rig;
    rig_init(&rig, "");
    rig_put(&rig, ".hidden", "0\n");
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        snprintf(rig.uri, sizeof(rig.uri), "%s/%s", rig.directory, names[i]);
        if (i == 3) {
            CU_ASSERT_EQUAL(mkdir(rig.uri, 0700), 0);
        }
        CU_ASSERT_EQUAL(rig_open(&rig), -ENOENT);
        CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_CONFIG);
        CU_ASSERT_PTR_NOT_NULL(strstr(rig.problem.text, rig.uri));
    }
    rig_deinit(&rig);
}

static void test_a_batch_ends_where_it_is_full(void)
{
    struct rig rig;
    rig_init(&rig, "a");
    rig_put(&rig, "a", "1\n2\n3\n4\n5\n");
    rig.options.common.batch_max_events = 2;
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    size_t n_events;
    CU_ASSERT_EQUAL(rig_read(&rig, &n_events), SOURCE_MORE);
    CU_ASSERT_EQUAL(n_events, 2);
    CU_ASSERT_EQUAL(rig_read(&rig, &n_events), SOURCE_MORE);
    CU_ASSERT_EQUAL(n_events, 2);
    CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
    expect(&rig, "a@0 1\na@2 2\na@4 3\na@6 4\na@8 5\n");
    rig_deinit(&rig);
}

static void test_a_large_line_is_charged_and_given_back(void)
{
    struct rig rig;
    rig_init(&rig, "a");
    static char line[300000];
    memset(line, 'x', sizeof(line) - 2);
    line[sizeof(line) - 2] = '\n';
    rig_put(&rig, "a", line);
    rig_append(&rig, "a", "{}\n");
    rig.options.common.max_event_size = sizeof(line);
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    struct batch *batch = batch_pool_take(rig.pool);
    CU_ASSERT_EQUAL(rig.source->ops->read(rig.source, batch, &rig.problem), SOURCE_MORE);
    CU_ASSERT_EQUAL(batch->n_events, 2);
    CU_ASSERT_EQUAL(batch->events[0].len, sizeof(line) - 2);
    size_t usual = 2 * rig.options.common.batch_max_bytes;
    CU_ASSERT(batch->charged + usual >= sizeof(line) - 2);
    CU_ASSERT_EQUAL(budget_charged(&rig.budget), batch->charged);
    batch_pool_put(rig.pool, batch);
    CU_ASSERT_EQUAL(budget_charged(&rig.budget), 0);
    CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
    rig_deinit(&rig);
}

static void test_a_line_above_the_limit_does_not_stop_the_file(void)
{
    struct rig rig;
    rig_init(&rig, "a");
    rig_put(&rig, "a", "1\n0123456789\n2\n");
    rig.options.common.max_event_size = 5;
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
    expect(&rig, "a@0 1\na@2 EventTooLarge\na@13 2\n");
    rig_deinit(&rig);
}

static void test_a_restart_goes_on_in_the_middle(void)
{
    struct rig rig;
    rig_init(&rig, "");
    rig_put(&rig, "a", "1\n2\n3\n4\n5\n6\n");
    rig_put(&rig, "b", "7\n");
    rig.options.common.batch_max_events = 2;
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    size_t n_events;
    CU_ASSERT_EQUAL(rig_read(&rig, &n_events), SOURCE_MORE);
    /* The third is not done, the fourth is. */
    struct batch *batch = batch_pool_take(rig.pool);
    CU_ASSERT_EQUAL(rig.source->ops->read(rig.source, batch, &rig.problem), SOURCE_MORE);
    CU_ASSERT_EQUAL_FATAL(batch->n_events, 2);
    CU_ASSERT_EQUAL(ledger_done(rig.ledger, &batch->events[1].position), 0);
    batch_pool_put(rig.pool, batch);
    rig_save(&rig);
    CU_ASSERT_EQUAL(rig.snapshot.n_ranges, 1);
    rig_text(&rig);
    for (int i = 0; i < 2; i++) {
        /* A restart without progress, too. */
        CU_ASSERT_EQUAL_FATAL(rig_reopen(&rig), 0);
        rig_save(&rig);
    }
    CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
    expect(&rig, "a@4 3\na@6 done\na@8 5\na@10 6\nb@0 7\n");
    rig_deinit(&rig);
}

static void test_a_finished_file_is_read_no_more(void)
{
    struct rig rig;
    rig_init(&rig, "");
    rig_put(&rig, "a", "1\n\n \n");
    rig_put(&rig, "b", "2");
    rig_put(&rig, "c", "");
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
    rig_save(&rig);
    rig_text(&rig);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL_FATAL(rig_reopen(&rig), 0);
        CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
        expect(&rig, "");
        int64_t done;
        int64_t total;
        rig.source->ops->progress(rig.source, &done, &total);
        CU_ASSERT_EQUAL(done, 6);
        CU_ASSERT_EQUAL(total, 6);
        rig_save(&rig);
    }
    /* What was added since is read. */
    rig_append(&rig, "a", "3\n");
    CU_ASSERT_EQUAL_FATAL(rig_reopen(&rig), 0);
    CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
    expect(&rig, "a@5 3\n");
    /* And so is a file that is new. */
    rig_save(&rig);
    rig_put(&rig, "d", "4\n");
    CU_ASSERT_EQUAL_FATAL(rig_reopen(&rig), 0);
    CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
    expect(&rig, "d@0 4\n");
    rig_deinit(&rig);
}

/* Saves when undone events and those behind them are left, changes the file, and starts again. */
static void check_changed(const char *content, size_t undone, const char *changed,
                          const char *complaint)
{
    struct rig rig;
    rig_init(&rig, "");
    rig_put(&rig, "a", content);
    rig_put(&rig, "z", "9\n");
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    rig.undone = undone;
    CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
    rig_save(&rig);
    if (changed == NULL) {
        rig_remove(&rig, "a");
    } else {
        rig_put(&rig, "a", changed);
    }
    int r = rig_reopen(&rig);
    if (complaint == NULL) {
        CU_ASSERT_EQUAL(r, 0);
    } else {
        CU_ASSERT_EQUAL(r, -EBADMSG);
        CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_DATA);
        CU_ASSERT_PTR_NOT_NULL(strstr(rig.problem.text, complaint));
        CU_ASSERT_PTR_NOT_NULL(strstr(rig.problem.text, "--fresh"));
    }
    rig_deinit(&rig);
}

static void test_a_file_that_is_not_what_it_was_stops(void)
{
    static const char content[] = "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n";
    check_changed(content, SIZE_MAX, content, NULL);
    check_changed(content, 1, content, NULL);
    /* Shorter than what was read of it. */
    check_changed(content, SIZE_MAX, "{\"a\":1}\n{\"a\":2}\n", "shorter");
    check_changed(content, 2, "{\"a\":1}\n", "shorter");
    check_changed(content, 2, "", "shorter");
    /* Another one. */
    check_changed(content, 1, "{\"b\":1}\n{\"a\":2}\n{\"a\":3}\n", "is not the file");
    check_changed(content, SIZE_MAX, "{\"b\":1}\n{\"a\":2}\n{\"a\":3}\n", "is not the file");
    /* Gone: normal when all of it was done. */
    check_changed(content, 1, NULL, "is gone");
    check_changed(content, SIZE_MAX, NULL, NULL);
}

static void test_a_damaged_state_stops(void)
{
    struct rig rig;
    rig_init(&rig, "");
    rig_put(&rig, "a", "1\n");
    rig_put(&rig, "b", "2\n");
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
    rig_save(&rig);
    size_t whole = rig.state.len;
    for (size_t len = 1; len < whole; len++) {
        rig.state.len = len;
        bool is_border = rig.state.data[len - 1] == '\n';
        CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
        CU_ASSERT_EQUAL(rig_restore(&rig), is_border ? 0 : -EBADMSG);
        CU_ASSERT(is_border || rig.problem.exit_code == EXIT_DATA);
    }
    /* A record of a partition that the ledger does not know. */
    rig.state.len = whole;
    rig.snapshot.partitions[1].name[0] = '#';
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    CU_ASSERT_EQUAL(rig_restore(&rig), -EBADMSG);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_DATA);
    rig_deinit(&rig);
}

static void test_a_file_that_shrinks_while_it_is_read_stops(void)
{
    struct rig rig;
    rig_init(&rig, "a");
    static char content[400001];
    for (size_t i = 0; i + 2 < sizeof(content); i += 2) {
        memcpy(content + i, "1\n", 2);
    }
    rig_put(&rig, "a", content);
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    size_t n_events;
    CU_ASSERT_EQUAL(rig_read(&rig, &n_events), SOURCE_MORE);
    rig_put(&rig, "a", "1\n");
    CU_ASSERT_EQUAL(rig_read_all(&rig), -ENODATA);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_DATA);
    rig_deinit(&rig);
}

static void put_gzip(struct rig *rig, const char *name, const char *text, size_t cut_off)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", rig->directory, name);
    gzFile file = gzopen(path, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(gzwrite(file, text, (unsigned)strlen(text)), (int)strlen(text));
    CU_ASSERT_EQUAL(gzclose(file), Z_OK);
    struct stat info;
    CU_ASSERT_EQUAL(stat(path, &info), 0);
    CU_ASSERT_EQUAL(truncate(path, info.st_size - (off_t)cut_off), 0);
}

static void test_a_compressed_file_goes_on_in_the_middle(void)
{
    struct rig rig;
    rig_init(&rig, "a.gz");
    put_gzip(&rig, "a.gz", "1\n2\n3\n4\n", 0);
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    rig.undone = 2;
    CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
    rig_save(&rig);
    rig_text(&rig);
    CU_ASSERT_EQUAL_FATAL(rig_reopen(&rig), 0);
    rig.undone = SIZE_MAX;
    CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
    expect(&rig, "a.gz@4 3\na.gz@6 4\n");
    rig_save(&rig);
    CU_ASSERT_EQUAL_FATAL(rig_reopen(&rig), 0);
    CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
    expect(&rig, "");
    rig_deinit(&rig);
}

/* What came before the damage is handed over first. */
static void test_compressed_data_cut_short_stops_behind_what_is_whole(void)
{
    struct rig rig;
    rig_init(&rig, "a.gz");
    put_gzip(&rig, "a.gz", "1\n2\n3", 6);
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    CU_ASSERT_EQUAL(rig_read_all(&rig), -EBADMSG);
    CU_ASSERT_EQUAL(rig.problem.exit_code, EXIT_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(rig.problem.text, "a.gz"));
    expect(&rig, "a.gz@0 1\na.gz@2 2\n");
    rig_deinit(&rig);
}

/* A pipe: what is there is handed over before the next read would block. */
static void test_a_pipe_is_not_waited_on_while_there_is_an_event(void)
{
    struct rig rig;
    rig_init(&rig, "pipe");
    CU_ASSERT_EQUAL_FATAL(mkfifo(rig.uri, 0600), 0);
    /* Both ends, so that opening does not wait. */
    int fd = open(rig.uri, O_RDWR | O_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    CU_ASSERT_PTR_NOT_NULL(rig.source->not_replayable);
    CU_ASSERT_EQUAL(rig_restore(&rig), 0);
    size_t n_events;
    CU_ASSERT_EQUAL(write(fd, "1\n2\n3", 5), 5);
    CU_ASSERT_EQUAL(rig_read(&rig, &n_events), SOURCE_MORE);
    CU_ASSERT_EQUAL(n_events, 2);
    /* Interrupted, it returns at once; what was read of a line is kept. */
    rig.source->ops->interrupt(rig.source);
    CU_ASSERT_EQUAL(rig_read(&rig, &n_events), SOURCE_MORE);
    CU_ASSERT_EQUAL(n_events, 0);
    CU_ASSERT_EQUAL(write(fd, "4\n", 2), 2);
    CU_ASSERT_EQUAL(rig_read(&rig, &n_events), SOURCE_MORE);
    CU_ASSERT_EQUAL(n_events, 1);
    CU_ASSERT_EQUAL(write(fd, "5", 1), 1);
    close(fd);
    CU_ASSERT_EQUAL(rig_read_all(&rig), SOURCE_END);
    CU_ASSERT_EQUAL(rig.n_events, 4);
    int64_t done;
    int64_t total;
    rig.source->ops->progress(rig.source, &done, &total);
    CU_ASSERT_EQUAL(done, 8);
    CU_ASSERT_EQUAL(total, -1);
    rig_deinit(&rig);
}

static void test_max_rate_reads_by_the_clock(void)
{
    struct rig rig;
    rig_init(&rig, "a");
    rig_put(&rig, "a", "1\n2\n3\n");
    rig.options.max_rate = 1;
    CU_ASSERT_EQUAL_FATAL(rig_open(&rig), 0);
    size_t n_events;
    CU_ASSERT_EQUAL(rig_read(&rig, &n_events), SOURCE_MORE);
    CU_ASSERT_EQUAL(n_events, 1);
    /* It would wait for a second: an interruption ends that, but gives no event. */
    rig.source->ops->interrupt(rig.source);
    CU_ASSERT_EQUAL(rig_read(&rig, &n_events), SOURCE_MORE);
    CU_ASSERT_EQUAL(n_events, 0);
    rig.clock.now_ns += NS_PER_S;
    CU_ASSERT_EQUAL(rig_read(&rig, &n_events), SOURCE_MORE);
    CU_ASSERT_EQUAL(n_events, 1);
    expect(&rig, "a@0 1\na@2 2\n");
    rig_deinit(&rig);
}

static const struct test_case cases[] = {
    { "a file is read to its end", test_a_file_is_read_to_its_end },
    { "files are read in byte order and are partitions",
      test_files_are_read_in_byte_order_and_are_partitions },
    { "nothing to read is a mistake of the configuration",
      test_nothing_to_read_is_a_mistake_of_the_configuration },
    { "a batch ends where it is full", test_a_batch_ends_where_it_is_full },
    { "a large line is charged and given back", test_a_large_line_is_charged_and_given_back },
    { "a line above the limit does not stop the file",
      test_a_line_above_the_limit_does_not_stop_the_file },
    { "a restart goes on in the middle", test_a_restart_goes_on_in_the_middle },
    { "a finished file is read no more", test_a_finished_file_is_read_no_more },
    { "a file that is not what it was stops", test_a_file_that_is_not_what_it_was_stops },
    { "a damaged state stops", test_a_damaged_state_stops },
    { "a file that shrinks while it is read stops",
      test_a_file_that_shrinks_while_it_is_read_stops },
    { "a compressed file goes on in the middle", test_a_compressed_file_goes_on_in_the_middle },
    { "compressed data cut short stops behind what is whole",
      test_compressed_data_cut_short_stops_behind_what_is_whole },
    { "a pipe is not waited on while there is an event",
      test_a_pipe_is_not_waited_on_while_there_is_an_event },
    { "max_rate reads by the clock", test_max_rate_reads_by_the_clock },
};

CUNIT_MAIN("source/file", cases)
