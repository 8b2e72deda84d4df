/* SPDX-License-Identifier: Apache-2.0 */
#include "output_check.h"

#include "../../support/cunit_main.h"

#define KEY(wiki, page) ",\"key\":{\"wiki_id\":\"" wiki "\",\"page_id\":" page "}}"
#define META(number)    "\"meta\":{\"request_id\":\"weir-00000000000" number "\""
#define SLOT(body)      "\"revision\":{\"content_slots\":{\"main\":{\"size\":5" body "}}}"
#define BODY            ",\"content_body\":\"content body\""

/* Two events of one page, a canary, one of another page, one without a slot, one that is no JSON. */
#define ONE     "{" META("1") KEY("a", "1") "," SLOT("") "}"
#define TWO     "{" SLOT("") "," META("2") KEY("a", "1") "}"
#define CANARY  "{" SLOT("") "," META("3") ",\"domain\":\"canary\"" KEY("a", "9") "}"
#define FOUR    "{" META("4") KEY("b", "1") "," SLOT("") "}"
#define NO_SLOT "{" META("5") KEY("a", "1") "}"
#define BROKEN  "{" META("6") "}"

static const char input[] = ONE "\n" TWO "\n" CANARY "\n" FOUR "\n" NO_SLOT "\n" BROKEN;

#define GOOD_ONE  "{" META("1") KEY("a", "1") "," SLOT(BODY) "}\n"
#define GOOD_TWO  "{" SLOT(BODY) "," META("2") KEY("a", "1") "}\n"
#define GOOD_FOUR "{" META("4") KEY("b", "1") "," SLOT(BODY) "}\n"

#define RAW(text) "{\"message\":\"m\",\"raw_event\":\"" text "\"}\n"
#define GOOD_FIVE                                                                           \
    RAW("{\\\"meta\\\":{\\\"request_id\\\":\\\"weir-000000000005\\\",\\\"key\\\":{\\\"wiki" \
        "_id\\\":\\\"a\\\",\\\"page_id\\\":1}}}")
/* BROKEN in base64. */
#define GOOD_SIX                                                                        \
    RAW("data:application/octet-stream;base64,eyJtZXRhIjp7InJlcXVlc3RfaWQiOiJ3ZWlyLTAw" \
        "MDAwMDAwMDAwNiJ9")

static struct output_counts run_check(const char *sink, const char *errors)
{
    struct output_counts counts = { 0 };
    struct output_check *check = output_check_new(input, sizeof(input) - 1, "\"content body\"");
    CU_ASSERT_PTR_NOT_NULL_FATAL(check);
    output_check_sink(check, sink, strlen(sink));
    output_check_errors(check, errors, strlen(errors));
    output_check_finish(check, &counts);
    output_check_free(check);
    return counts;
}

static void test_good_output_has_no_fault(void)
{
    /* The other page may overtake. */
    struct output_counts counts = run_check(GOOD_FOUR GOOD_ONE GOOD_TWO, GOOD_SIX GOOD_FIVE);
    CU_ASSERT_EQUAL(output_counts_faults(&counts), 0);
    CU_ASSERT_EQUAL(counts.read, 6);
    CU_ASSERT_EQUAL(counts.delivered, 3);
    CU_ASSERT_EQUAL(counts.errored, 2);
    CU_ASSERT_EQUAL(counts.canaries, 1);
}

static void test_each_fault_is_found(void)
{
    static const struct {
        const char *sink;
        const char *errors;
        uint64_t missing, doubled, out_of_order, changed, torn;
    } cases[] = {
        { "", "", .missing = 5 },
        { GOOD_ONE GOOD_TWO, GOOD_FIVE GOOD_SIX, .missing = 1 },
        { GOOD_ONE GOOD_TWO GOOD_FOUR, GOOD_SIX, .missing = 1 },
        { GOOD_ONE GOOD_TWO GOOD_FOUR GOOD_FOUR, GOOD_FIVE GOOD_SIX, .doubled = 1 },
        { GOOD_ONE GOOD_TWO GOOD_FOUR, GOOD_FIVE GOOD_SIX GOOD_SIX, .doubled = 1 },
        /* A canary that was not dropped. */
        { GOOD_ONE GOOD_TWO GOOD_FOUR
          "{" SLOT(BODY) "," META("3") ",\"domain\":\"canary\"" KEY("a", "9") "}\n",
          GOOD_FIVE GOOD_SIX, .doubled = 1 },
        { GOOD_TWO GOOD_ONE GOOD_FOUR, GOOD_FIVE GOOD_SIX, .out_of_order = 1 },
        /* A byte more, a byte less, another value, the value in another place, no value. */
        { "{" META("1") " " KEY("a", "1") "," SLOT(BODY) "}\n" GOOD_TWO GOOD_FOUR,
          GOOD_FIVE GOOD_SIX, .changed = 1 },
        { "{" META("1") "}," SLOT(BODY) "}\n" GOOD_TWO GOOD_FOUR, GOOD_FIVE GOOD_SIX,
          .changed = 1 },
        { "{" META("1")
              KEY("a", "1") "," SLOT(",\"content_body\":\"else\"") "}\n" GOOD_TWO GOOD_FOUR,
          GOOD_FIVE GOOD_SIX, .missing = 1, .changed = 1 },
        { "{" META("1") KEY("a", "1") "," SLOT("") BODY "}\n" GOOD_TWO GOOD_FOUR,
          GOOD_FIVE GOOD_SIX, .missing = 1, .changed = 1 },
        { ONE "\n" GOOD_TWO GOOD_FOUR, GOOD_FIVE GOOD_SIX, .missing = 1, .changed = 1 },
        /* A number that was never read; an error event with other raw bytes, and with none. */
        { GOOD_ONE GOOD_TWO GOOD_FOUR "{" META("7") "}," SLOT(BODY) "}\n", GOOD_FIVE GOOD_SIX,
          .changed = 1 },
        { GOOD_ONE GOOD_TWO GOOD_FOUR,
          GOOD_FIVE RAW("{\\\"meta\\\":{\\\"request_id\\\":\\\"weir-000000000006\\\"} "),
          .changed = 1 },
        { GOOD_ONE GOOD_TWO GOOD_FOUR, GOOD_FIVE "{\"message\":\"m\"}\n", .missing = 1,
          .changed = 1 },
        /* A good event in the error sink. */
        { GOOD_ONE GOOD_TWO,
          GOOD_FIVE GOOD_SIX RAW("{\\\"meta\\\":{\\\"request_id\\\":\\\"weir-000000000004\\\",\\\""
                                 "key\\\":{\\\"wiki_id\\\":\\\"b\\\",\\\"page_id\\\":1}},"
                                 "\\\"revision\\\":{\\\"content_sl"
                                 "ots\\\":{\\\"main\\\":{\\\"size\\\":5}}}}"),
          .changed = 1 },
        /* Half a line at the end, half a line inside, an empty line, two lines in one. */
        { GOOD_ONE GOOD_TWO GOOD_FOUR "{" META("1"), GOOD_FIVE GOOD_SIX, .torn = 1 },
        { GOOD_ONE GOOD_TWO "{\"meta\"\n" GOOD_FOUR, GOOD_FIVE GOOD_SIX, .torn = 1 },
        { GOOD_ONE "\n" GOOD_TWO GOOD_FOUR, GOOD_FIVE GOOD_SIX, .torn = 1 },
        { GOOD_ONE GOOD_TWO "{" META("4") KEY("b", "1") "," SLOT(BODY) "}", GOOD_FIVE GOOD_SIX,
          .missing = 1, .torn = 1 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct output_counts counts = run_check(cases[i].sink, cases[i].errors);
        CU_ASSERT_EQUAL(counts.missing, cases[i].missing);
        CU_ASSERT_EQUAL(counts.doubled, cases[i].doubled);
        CU_ASSERT_EQUAL(counts.out_of_order, cases[i].out_of_order);
        CU_ASSERT_EQUAL(counts.changed, cases[i].changed);
        CU_ASSERT_EQUAL(counts.torn, cases[i].torn);
    }
}

static void test_input_needs_numbers(void)
{
    static const char *const inputs[] = { "{}\n", ONE "\n" ONE "\n", TWO "\n" };
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        CU_ASSERT_PTR_NULL(output_check_new(inputs[i], strlen(inputs[i]), "1"));
    }
}

static const struct test_case cases[] = {
    { "good output has no fault", test_good_output_has_no_fault },
    { "each kind of fault is found", test_each_fault_is_found },
    { "input without its numbers is refused", test_input_needs_numbers },
};

CUNIT_MAIN("support/output_check", cases)
