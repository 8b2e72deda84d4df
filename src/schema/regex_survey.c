/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "schema/regex_reader.h"

/* Behind the `(`. */
static bool survey_group(struct regex_reader *reader)
{
    size_t left = (size_t)(reader->end - reader->at);
    bool is_plain = left == 0 || reader->at[0] != '?';
    bool is_named = left > 2 && memcmp(reader->at, "?<", 2) == 0 && reader->at[2] != '=' &&
                    reader->at[2] != '!';
    if (!is_plain && !is_named) {
        return true;
    }
    reader->n_groups++;
    if (is_plain) {
        return true;
    }
    if (reader->n_names == REGEX_MAX_NAMES) {
        return regex_fail(reader, -EINVAL, "too many named groups");
    }
    reader->at += 2;
    struct regex_name name = { .number = reader->n_groups };
    if (!regex_read_name(reader, &name.text, &name.len)) {
        return false;
    }
    for (uint32_t i = 0; i < reader->n_names; i++) {
        if (reader->names[i].len == name.len &&
            memcmp(reader->names[i].text, name.text, name.len) == 0) {
            return regex_fail(reader, -EINVAL, "two groups of one name");
        }
    }
    reader->names[reader->n_names++] = name;
    return true;
}

bool regex_survey(struct regex_reader *reader)
{
    const char *start = reader->at;
    bool is_in_class = false;
    while (reader->at < reader->end) {
        char byte = *reader->at++;
        if (byte == '\\' && reader->at < reader->end) {
            char letter = *reader->at++;
            reader->has_references |=
                !is_in_class && (letter == 'k' || (letter >= '1' && letter <= '9'));
        } else if (byte == '[' || byte == ']') {
            is_in_class = byte == '[';
        } else if (byte == '(' && !is_in_class && !survey_group(reader)) {
            return false;
        }
    }
    reader->at = start;
    return true;
}
