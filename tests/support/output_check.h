/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares what a job wrote with the numbered events (gen_events) that it read.
 *
 * Every input event is to be found exactly once: enriched in the sink, or as raw_event of an error
 * event where it is faulty; canaries nowhere. In the sink an event is its input line, byte for byte,
 * once revision.content_slots.main.content_body (of the expected value) is taken out again. Within
 * one sink the events of one key come in input order. Thread: one owner.
 */
#ifndef WEIR_TESTS_OUTPUT_CHECK_H
#define WEIR_TESTS_OUTPUT_CHECK_H

#include <stddef.h>
#include <stdint.h>

struct output_check;

struct output_counts {
    /* Input events, and among them those found in the sink, in the error sink, and canaries. */
    uint64_t read, delivered, errored, canaries;
    /* Faults. Missing: found nowhere. Doubled: once for each time too many, or a canary. */
    uint64_t missing, doubled, out_of_order;
    /* Other bytes than expected, an unknown number, or an event in the wrong sink. */
    uint64_t changed;
    /* A line that is no whole object, or a file that does not end with a newline. */
    uint64_t torn;
};

/*
 * Reads the input, which is lent until output_check_free(). value is the JSON text that enrichment
 * puts in, lent too. Exits the program without memory; returns NULL, with a message on stderr, where
 * a line has no number.
 */
struct output_check *output_check_new(const char *input, size_t len, const char *value);

/* Adds the next part of the sink, or of the error sink; parts come in their order. */
void output_check_sink(struct output_check *check, const char *bytes, size_t len);
void output_check_errors(struct output_check *check, const char *bytes, size_t len);

/* What was found. Explains the first few faults on stderr as they are met. */
void output_check_finish(struct output_check *check, struct output_counts *ret_counts);

/* How many faults counts holds. */
uint64_t output_counts_faults(const struct output_counts *counts);

void output_check_free(struct output_check *check);

#endif
