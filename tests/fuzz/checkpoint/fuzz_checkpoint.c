/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The readers of what a restart begins with, fed with anything: the checkpoint, as it is and with its
 * checksum made right (or else hardly anything would come past it), and the records of the file source.
 * What must hold, besides that nothing crashes or is read outside the input:
 *
 *     - what is taken is written again as exactly the bytes that were read
 *     - what is not taken is -EBADMSG with a reason and exit code 65, and leaves nothing behind
 *     - a checkpoint that was taken can be compared with offsets without leaving its ranges
 */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "checkpoint/checkpoint_format.h"
#include "source/file_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_partition(const struct partition_state *state)
{
    int64_t before = state->watermark;
    for (size_t i = 0; i < state->n_ranges; i++) {
        const struct offset_range *range = &state->ranges[i];
        require(range->first >= before && range->end > range->first);
        require(partition_state_has_done(state, range->first) == 1);
        require(partition_state_has_done(state, range->end - 1) == 1);
        before = range->end;
    }
    require(partition_state_has_done(state, before) == 0);
}

static void check_checkpoint(const char *text, size_t len)
{
    struct checkpoint checkpoint;
    struct problem problem = { 0 };
    int r = checkpoint_format_read(text, len, &checkpoint, &problem);
    if (r < 0) {
        require(r == -EBADMSG && problem.exit_code == EXIT_DATA && problem.text[0] != '\0');
        return;
    }
    struct buffer again = { 0 };
    require(checkpoint_format_write(&checkpoint, &again) == 0);
    require(again.len == len && memcmp(again.data, text, len) == 0);
    size_t n_ranges = 0;
    for (size_t i = 0; i < checkpoint.ledger.n_partitions; i++) {
        check_partition(&checkpoint.ledger.partitions[i]);
        n_ranges += checkpoint.ledger.partitions[i].n_ranges;
    }
    require(n_ranges == checkpoint.ledger.n_ranges);
    require(checkpoint.n_sinks <= CHECKPOINT_SINKS_MAX);
    buffer_deinit(&again);
    checkpoint_deinit(&checkpoint);
}

/* The last line is replaced by the right checksum of all before it. */
static void check_with_checksum(const char *text, size_t len)
{
    size_t word = strlen(CHECKPOINT_CHECKSUM_WORD);
    const char *last = len > 1 ? memrchr(text, '\n', len - 1) : NULL;
    size_t body = last == NULL ? 0 : (size_t)(last + 1 - text);
    if (len - body < word || memcmp(text + body, CHECKPOINT_CHECKSUM_WORD, word) != 0) {
        body = len;
    }
    struct buffer whole = { 0 };
    require(buffer_append(&whole, text, body) == 0);
    uint64_t checksum = hash_bytes(whole.data, whole.len);
    require(buffer_printf(&whole, "%s%016" PRIx64 "\n", CHECKPOINT_CHECKSUM_WORD, checksum) == 0);
    /* Of exactly its length, so that a sanitizer sees a read beyond. */
    char *exact = malloc(whole.len);
    require(exact != NULL);
    memcpy(exact, whole.data, whole.len);
    check_checkpoint(exact, whole.len);
    free(exact);
    buffer_deinit(&whole);
}

static void check_records(const char *text, size_t len)
{
    const char *at = text;
    int r = 1;
    while (r == 1) {
        const char *before = at;
        struct file_record record;
        struct buffer again = { 0 };
        r = file_record_read(&at, text + len, &record);
        require(r == 1 || r == 0 || r == -EBADMSG);
        require((r == 1) == (at > before) && at <= text + len);
        require(r != 0 || at == text + len);
        if (r == 1) {
            require(file_record_write(&record, &again) == 0);
            require(again.len == (size_t)(at - before));
            require(memcmp(again.data, before, again.len) == 0);
            require(record.fingerprint_len <= FINGERPRINT_MAX);
            file_record_deinit(&record);
        }
        buffer_deinit(&again);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *text = (const char *)data;
    check_checkpoint(text, len);
    check_with_checksum(text, len);
    check_records(text, len);
    return 0;
}
