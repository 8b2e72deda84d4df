/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines, however the reads cut them. Each input goes through with every pair of cuts, byte by byte, and
 * whole, in batches that are handed over early or late; what comes out must always be the same text:
 *
 *     0-8 {"a":1}         an event: where its line begins, where the next one does, its bytes
 *     8-40 too large: 31  a line above max_event_size, and its length
 *     40-50 done          an event in a restored done range
 */
#include "source/lines.h"

#include "../../support/cunit_main.h"
#include "../../support/random.h"

enum { MAX_EVENT_SIZE = 10, FAR = 100 };

/* How a rig reads: where it cuts, and when it hands a batch over. */
struct cutting {
    /* Up to two cuts; a step of so many bytes instead, where step is not 0. */
    size_t first;
    size_t second;
    size_t step;
    size_t max_events;
    /* A batch is handed over as soon as it holds an event. */
    bool is_eager;
};

struct rig {
    struct batch_pool *pool;
    struct budget budget;
    struct batch *batch;
    struct lines lines;
    struct cutting cutting;
    uint64_t n_events;
    /* The most that lines held back between two batches. */
    size_t most_rest;
    struct buffer text;
};

static void rig_init(struct rig *rig, const struct partition_state *start, size_t max_event_size)
{
    *rig = (struct rig){ .lines.max_event_size = max_event_size };
    budget_init(&rig->budget, 1 << 20);
    struct batch_pool_options options = { 1, 4096, &rig->budget };
    CU_ASSERT_EQUAL_FATAL(batch_pool_new(&options, &rig->pool), 0);
    lines_start(&rig->lines, 3, start, start->watermark);
}

static void rig_deinit(struct rig *rig)
{
    lines_deinit(&rig->lines);
    batch_pool_free(rig->pool);
    buffer_deinit(&rig->text);
}

/* Appends what an event is to the text. */
static void describe(struct rig *rig, const struct batch_event *event)
{
    const struct position *position = &event->position;
    CU_ASSERT_EQUAL(position->partition, 3);
    CU_ASSERT_EQUAL(position->sequence, rig->n_events);
    rig->n_events++;
    CU_ASSERT_EQUAL_FATAL(buffer_printf(&rig->text, "%lld-%lld ", (long long)position->offset,
                                        (long long)position->next_offset),
                          0);
    long long offset = -1;
    long long len = -1;
    switch (event->kind) {
    case BATCH_EVENT_FAULTY:
        CU_ASSERT_STRING_EQUAL(event->fault_type, "EventTooLarge");
        CU_ASSERT_EQUAL(
            sscanf(event->fault_message, "the line at byte %lld is %lld bytes long", &offset, &len),
            2);
        CU_ASSERT_EQUAL(offset, position->offset);
        CU_ASSERT_EQUAL(event->len, 0);
        buffer_printf(&rig->text, "too large: %lld\n", len);
        break;
    case BATCH_EVENT_SKIPPED:
        buffer_printf(&rig->text, "done\n");
        break;
    default:
        CU_ASSERT_EQUAL(event->kind, BATCH_EVENT_DOCUMENT);
        buffer_printf(&rig->text, "%.*s\n", (int)event->len,
                      rig->batch->bytes.data + event->offset);
        break;
    }
}

static void begin_batch(struct rig *rig)
{
    rig->batch = batch_pool_take(rig->pool);
    CU_ASSERT_EQUAL(lines_begin(&rig->lines, rig->batch), 0);
}

static void end_batch(struct rig *rig)
{
    CU_ASSERT_EQUAL(lines_end(&rig->lines, rig->batch), 0);
    if (rig->lines.rest.len > rig->most_rest) {
        rig->most_rest = rig->lines.rest.len;
    }
    for (size_t i = 0; i < rig->batch->n_events; i++) {
        describe(rig, &rig->batch->events[i]);
    }
    CU_ASSERT(rig->batch->n_events <= rig->cutting.max_events);
    batch_pool_put(rig->pool, rig->batch);
}

/* Cuts what was read, in as many batches as it takes. */
static void cut(struct rig *rig)
{
    CU_ASSERT_EQUAL(lines_cut(&rig->lines, rig->batch, rig->cutting.max_events), 0);
    while (rig->batch->n_events == rig->cutting.max_events ||
           (rig->cutting.is_eager && rig->batch->n_events > 0)) {
        end_batch(rig);
        begin_batch(rig);
        CU_ASSERT_EQUAL(lines_cut(&rig->lines, rig->batch, rig->cutting.max_events), 0);
    }
}

static size_t next_cut(const struct cutting *cutting, size_t at, size_t len)
{
    size_t next = len;
    if (cutting->step > 0) {
        next = at + cutting->step;
    } else if (at < cutting->first) {
        next = cutting->first;
    } else if (at < cutting->second) {
        next = cutting->second;
    }
    return next < len ? next : len;
}

static void feed(struct rig *rig, const char *input, size_t len)
{
    begin_batch(rig);
    for (size_t at = 0; at < len;) {
        size_t next = next_cut(&rig->cutting, at, len);
        CU_ASSERT_EQUAL_FATAL(buffer_append(&rig->batch->bytes, input + at, next - at), 0);
        at = next;
        cut(rig);
    }
    CU_ASSERT_EQUAL(lines_finish(&rig->lines, rig->batch), 0);
    end_batch(rig);
}

/* What comes out, compared; true when it is the expected text. */
static bool comes_out(const struct partition_state *start, const char *input, size_t len,
                      const struct cutting *cutting, const char *expected)
{
    struct rig rig;
    rig_init(&rig, start, MAX_EVENT_SIZE);
    rig.cutting = *cutting;
    feed(&rig, input, len);
    const char *text = buffer_text(&rig.text);
    bool is_same = text != NULL && strcmp(text, expected) == 0;
    if (!is_same) {
        printf("\n    cuts %zu %zu step %zu max %zu eager %d:\n%s    instead of:\n%s",
               cutting->first, cutting->second, cutting->step, cutting->max_events,
               cutting->is_eager, text, expected);
    }
    rig_deinit(&rig);
    return is_same;
}

/* Every cutting of one input. */
static void check(const struct partition_state *start, const char *input, size_t len,
                  const char *expected)
{
    static const size_t max_events[] = { 1, 2, FAR };
    bool is_good = true;
    for (size_t variant = 0; is_good && variant < 6; variant++) {
        struct cutting cutting = { .max_events = max_events[variant % 3],
                                   .is_eager = variant >= 3 };
        for (size_t step = 1; is_good && step < 4; step++) {
            cutting.step = step;
            is_good = comes_out(start, input, len, &cutting, expected);
        }
        cutting.step = 0;
        for (size_t first = 0; is_good && first <= len; first++) {
            for (size_t second = first; is_good && second <= len; second++) {
                cutting.first = first;
                cutting.second = second;
                is_good = comes_out(start, input, len, &cutting, expected);
            }
        }
    }
    CU_ASSERT_TRUE(is_good);
}

static struct partition_state from_start = { .watermark = 0 };

static void check_text(const char *input, const char *expected)
{
    check(&from_start, input, strlen(input), expected);
}

static void test_every_cutting_gives_the_same_events(void)
{
    check_text("", "");
    check_text("\n", "");
    check_text("{}", "0-2 {}\n");
    check_text("{}\n", "0-3 {}\n");
    check_text("{\"a\":1}\n{}\n[3]\n", "0-8 {\"a\":1}\n8-11 {}\n11-15 [3]\n");
    check_text("{\"a\":1}\n{}\nlast", "0-8 {\"a\":1}\n8-11 {}\n11-15 last\n");
}

static void test_ends_of_lines(void)
{
    check_text("a\r\nb\r\n", "0-3 a\n3-6 b\n");
    check_text("a\rb\r\r\nc\r", "0-6 a\rb\r\n6-8 c\n");
    check_text("\r\n\r\na\n\r", "4-6 a\n");
}

static void test_blank_lines_are_no_events(void)
{
    check_text("\n\na\n \t \n\nb\n  \n", "2-4 a\n9-11 b\n");
    check_text("  a \n", "0-5   a \n");
    check_text(" \r \n", "0-4  \r \n");
    /* However long they are. */
    check_text("a\n                 \t\nb", "0-2 a\n21-22 b\n");
    check_text("a\n                 \t\r\nb", "0-2 a\n22-23 b\n");
    check_text("a\n                 \t", "0-2 a\n");
}

static void test_a_mark_at_the_start_goes(void)
{
    check_text("\xef\xbb\xbf{}\n\xef\xbb\xbf{}\n", "0-6 {}\n6-12 \xef\xbb\xbf{}\n");
    check_text("\xef\xbb\xbf\n{}\n", "4-7 {}\n");
    check_text("\xef\xbb\n{}\n", "0-3 \xef\xbb\n3-6 {}\n");
    check_text("\xef\xbb\xbf", "");
    check_text("\n\xef\xbb\xbf{}", "1-6 \xef\xbb\xbf{}\n");
}

static void test_a_line_above_the_limit_is_told_with_place_and_length(void)
{
    check_text("0123456789\n", "0-11 0123456789\n");
    check_text("0123456789A\n", "0-12 too large: 11\n");
    check_text("a\n0123456789ABCDEFGHIJ\nb\n", "0-2 a\n2-23 too large: 20\n23-25 b\n");
    check_text("0123456789ABCDEFGHIJ\n0123456789ABCDEF\nb", "0-21 too large: 20\n"
                                                            "21-38 too large: 16\n38-39 b\n");
    check_text("a\n0123456789ABCDEFGHIJ", "0-2 a\n2-22 too large: 20\n");
}

/* Neither a CR before the newline nor the mark at a file's start counts. */
static void test_what_does_not_belong_to_a_line_does_not_make_it_too_large(void)
{
    check_text("0123456789\r\nb\n", "0-12 0123456789\n12-14 b\n");
    check_text("0123456789\r", "0-11 0123456789\n");
    check_text("0123456789A\r\nb\n", "0-13 too large: 11\n13-15 b\n");
    check_text("0123456789ABCDEFGH\r\nb\n", "0-20 too large: 18\n20-22 b\n");
    check_text("0123456789ABCDEF\rGH\r\n", "0-21 too large: 19\n");
    check_text("\xef\xbb\xbf"
               "0123456789\r\nb\n",
               "0-15 0123456789\n15-17 b\n");
    check_text("\xef\xbb\xbf"
               "0123456789ABCDEF\r\nb\n",
               "0-21 too large: 16\n21-23 b\n");
    check_text("\xef\xbb\xbf"
               "           \nb\n",
               "15-17 b\n");
}

static void test_bytes_of_any_kind_go_through(void)
{
    static const char input[] = "a\0b\n\xff\xfe\n\0";
    struct rig rig;
    rig_init(&rig, &from_start, MAX_EVENT_SIZE);
    rig.cutting = (struct cutting){ .step = 1, .max_events = FAR };
    feed(&rig, input, sizeof(input) - 1);
    CU_ASSERT_EQUAL(rig.n_events, 3);
    rig_deinit(&rig);
}

static void test_restored_lines_go_on_where_they_were(void)
{
    struct offset_range ranges[] = { { 103, 109 }, { 112, 115 } };
    struct partition_state start = { .watermark = 100, .ranges = ranges, .n_ranges = 2 };
    static const char input[] = "{}\n{}\n{}\n{}\n{}\n{}\n";
    check(&start, input, sizeof(input) - 1,
          "100-103 {}\n103-106 done\n106-109 done\n109-112 {}\n112-115 done\n115-118 {}\n");
}

static void test_a_large_line_in_a_done_range_is_done(void)
{
    struct offset_range ranges[] = { { 3, 24 } };
    struct partition_state start = { .ranges = ranges, .n_ranges = 1 };
    static const char input[] = "{}\n0123456789ABCDEFGHIJ\n{}\n";
    check(&start, input, sizeof(input) - 1, "0-3 {}\n3-24 done\n24-27 {}\n");
}

static void test_no_mark_is_looked_for_behind_the_start(void)
{
    struct partition_state start = { .watermark = 1 };
    check(&start, "\xef\xbb\xbfx\n", 5, "1-6 \xef\xbb\xbfx\n");
}

static void test_a_large_line_is_not_kept(void)
{
    struct rig rig;
    char piece[1000];
    memset(piece, 'x', sizeof(piece));
    rig_init(&rig, &from_start, 4000);
    rig.cutting = (struct cutting){ .max_events = FAR };
    begin_batch(&rig);
    for (int i = 0; i < 5000; i++) {
        CU_ASSERT_EQUAL(buffer_append(&rig.batch->bytes, piece, sizeof(piece)), 0);
        CU_ASSERT_EQUAL(lines_cut(&rig.lines, rig.batch, FAR), 0);
        CU_ASSERT_FATAL(rig.batch->bytes.len < 6000);
        if (i % 3 == 0) {
            end_batch(&rig);
            begin_batch(&rig);
        }
    }
    CU_ASSERT(rig.most_rest < 6000);
    CU_ASSERT_EQUAL(buffer_append_text(&rig.batch->bytes, "\n{}\n"), 0);
    CU_ASSERT_EQUAL(lines_cut(&rig.lines, rig.batch, FAR), 0);
    end_batch(&rig);
    CU_ASSERT_STRING_EQUAL(buffer_text(&rig.text),
                           "0-5000001 too large: 5000000\n5000001-5000004 {}\n");
    rig_deinit(&rig);
}

/* Where a finished file is done: behind its last event, not behind the blank lines after it. */
static void test_the_end_is_that_of_the_last_event(void)
{
    struct rig rig;
    rig_init(&rig, &from_start, MAX_EVENT_SIZE);
    rig.cutting = (struct cutting){ .max_events = FAR };
    feed(&rig, "{}\n{}\n\n \n", 9);
    CU_ASSERT_EQUAL(rig.lines.end, 6);
    /* The next file begins anew. */
    lines_start(&rig.lines, 3, &from_start, 0);
    CU_ASSERT_EQUAL(rig.lines.end, 0);
    CU_ASSERT_EQUAL(rig.lines.sequence, 0);
    rig_deinit(&rig);
}

static const char alphabet[] = "ab \r\n\n\t{\xef\xbb\xbf";

/* What must come out of an input, the plain way: the whole of it at hand. */
static void model(const char *input, size_t len, struct buffer *text)
{
    for (size_t at = 0; at < len;) {
        const char *newline = memchr(input + at, '\n', len - at);
        size_t next = newline == NULL ? len : (size_t)(newline - input) + 1;
        size_t first = at;
        size_t end = newline == NULL ? next : next - 1;
        end -= end > first && input[end - 1] == '\r';
        first += at == 0 && end >= 3 && memcmp(input, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        if (end - first > 0 && strspn(input + first, " \t") < end - first) {
            buffer_printf(text, "%zu-%zu ", at, next);
            if (end - first > MAX_EVENT_SIZE) {
                buffer_printf(text, "too large: %zu\n", end - first);
            } else {
                buffer_printf(text, "%.*s\n", (int)(end - first), input + first);
            }
        }
        at = next;
    }
}

static void test_random_inputs_are_cut_as_the_model_says(void)
{
    struct random random = { 7 };
    bool is_good = true;
    for (int round = 0; is_good && round < 20000; round++) {
        char input[80] = { 0 };
        size_t len = random_below(&random, sizeof(input));
        bool is_marked = round % 4 == 0 && len >= 3;
        for (size_t i = 0; i < len; i++) {
            input[i] = alphabet[random_below(&random, sizeof(alphabet) - 1)];
        }
        memcpy(input, is_marked ? "\xef\xbb\xbf" : input, is_marked ? 3 : 0);
        struct cutting cutting = {
            .first = random_below(&random, len + 1),
            .second = random_below(&random, len + 1),
            .step = round % 3 == 0 ? 1 + random_below(&random, 20) : 0,
            .max_events = 1 + random_below(&random, 5),
            .is_eager = round % 2 == 0,
        };
        AUTO_BUFFER expected = { 0 };
        model(input, len, &expected);
        is_good = comes_out(&from_start, input, len, &cutting, buffer_text(&expected));
    }
    CU_ASSERT_TRUE(is_good);
}

static const struct test_case cases[] = {
    { "every cutting gives the same events", test_every_cutting_gives_the_same_events },
    { "ends of lines", test_ends_of_lines },
    { "blank lines are no events", test_blank_lines_are_no_events },
    { "a mark at the start goes", test_a_mark_at_the_start_goes },
    { "a line above the limit is told with place and length",
      test_a_line_above_the_limit_is_told_with_place_and_length },
    { "what does not belong to a line does not make it too large",
      test_what_does_not_belong_to_a_line_does_not_make_it_too_large },
    { "bytes of any kind go through", test_bytes_of_any_kind_go_through },
    { "restored lines go on where they were", test_restored_lines_go_on_where_they_were },
    { "a large line in a done range is done", test_a_large_line_in_a_done_range_is_done },
    { "no mark is looked for behind the start", test_no_mark_is_looked_for_behind_the_start },
    { "a large line is not kept", test_a_large_line_is_not_kept },
    { "the end is that of the last event", test_the_end_is_that_of_the_last_event },
    { "random inputs are cut as the model says", test_random_inputs_are_cut_as_the_model_says },
};

CUNIT_MAIN("source/lines", cases)
