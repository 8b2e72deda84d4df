/* SPDX-License-Identifier: Apache-2.0 */
/* Violations in words: where in the event, what, and where in the schema. */
#include <errno.h>
#include <stdarg.h>

#include "schema/checker_private.h"
#include "json/text.h"

/* A name from an event may be long; a complaint is for people. */
enum { NAME_SHOWN = 128, TEXT_SIZE = 256 };

/* Of work: of a complaint, and how many of its bytes are another. */
enum { COMPLAINT_STEPS = 32, COMPLAINT_BYTES = 4 };

/* The length of at most most bytes of text that does not end inside a character. */
static size_t cut(const char *text, size_t len, size_t most)
{
    if (len <= most) {
        return len;
    }
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80) {
        most--;
    }
    return most;
}

static int append_step(struct buffer *text, const struct frame *frame)
{
    if (frame->name == NULL) {
        return buffer_printf(text, "/%u", (unsigned)frame->index);
    }
    size_t len = cut(frame->name, frame->name_len, NAME_SHOWN);
    int r = buffer_append_byte(text, '/');
    for (size_t i = 0; r == 0 && i < len; i++) {
        char byte = shown_byte(frame->name, len, i);
        r = byte == '~'   ? buffer_append(text, "~0", 2)
            : byte == '/' ? buffer_append(text, "~1", 2)
                          : buffer_append_byte(text, byte);
    }
    return r;
}

/* The way to a value as a JSON Pointer. Recursion: as deep as an event. */
static int append_way(struct buffer *text, const struct frame *frame)
{
    if (frame->up == NULL) {
        return 0;
    }
    int r = append_way(text, frame->up);
    return r < 0 ? r : append_step(text, frame);
}

static int append_violation(struct buffer *text, const struct frame *frame, const struct rule *rule,
                            const char *keyword, const char *what)
{
    int r = text->len > 0 ? buffer_append(text, "; ", 2) : 0;
    if (r == 0) {
        r = append_way(text, frame);
    }
    if (r == 0) {
        r = buffer_printf(text, "%s%s (schema %s%s%s)", frame->up == NULL ? "the event: " : ": ",
                          what, rule->place, keyword == NULL ? "" : "/",
                          keyword == NULL ? "" : keyword);
    }
    return r;
}

bool complain(struct schema_checker *checker, const struct frame *frame, const struct rule *rule,
              const char *keyword, const char *format, ...)
{
    char what[TEXT_SIZE];
    va_list arguments;
    if (checker->is_quiet > 0 || checker->n_violations == SCHEMA_MAX_VIOLATIONS ||
        checker->error != 0) {
        return false;
    }
    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    checker->n_violations++;
    size_t before = checker->complaint.len;
    if (append_violation(&checker->complaint, frame, rule, keyword, what) < 0) {
        return out_of_memory(checker);
    }
    /* What is wrong with a member that does not count is noted and forgotten: any number of times. */
    (void)spend(checker, COMPLAINT_STEPS + (checker->complaint.len - before) / COMPLAINT_BYTES);
    return false;
}

bool give_up(struct schema_checker *checker, const struct frame *frame, const struct rule *rule,
             const char *keyword, const char *what)
{
    unsigned before = checker->n_violations;
    complain(checker, frame, rule, keyword, "%s", what);
    if (checker->error == 0) {
        checker->error = SCHEMA_INVALID;
        checker->given_up = checker->n_violations > before ? NULL : what;
    }
    return false;
}

bool complain_of_unknown(struct schema_checker *checker, const struct rule *rule,
                         const struct frame *member)
{
    return complain(checker, member, rule, "additionalProperties", "is not a field of the schema");
}
