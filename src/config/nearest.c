/* SPDX-License-Identifier: Apache-2.0 */
#include "config/nearest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool is_same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Optimal string alignment, three rows at a time. */
size_t name_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][NEAREST_MAX + 1];
    if (a_len > NEAREST_MAX || b_len > NEAREST_MAX) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= b_len; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = above[j - 1] + !is_same(a[i - 1], b[j - 1]);
            row[j] = least(replaced, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) && is_same(a[i - 2], b[j - 1])) {
                row[j] = least(row[j], rows[(i - 2) % 3][j - 2] + 1);
            }
        }
    }
    return rows[a_len % 3][b_len];
}

/* How many letters of a name may be wrong. */
static size_t allowance(size_t len, bool is_strict)
{
    size_t allowed = is_strict ? len / 4 : (len + 2) / 3;
    return allowed > 0 ? allowed : 1;
}

const char *nearest_child(const char *section, const char *name, bool is_strict, size_t *ret_len)
{
    const char *best = NULL;
    size_t best_len = 0;
    size_t name_len = strlen(name);
    size_t best_distance = SIZE_MAX;
    size_t position = 0;
    size_t len;
    const char *child;
    while ((child = config_key_next_child(section, &position, &len)) != NULL) {
        size_t distance = name_distance(name, name_len, child, len);
        if (distance < best_distance && distance <= allowance(least(len, name_len), is_strict)) {
            best = child;
            best_len = len;
            best_distance = distance;
        }
    }
    *ret_len = best_len;
    return best;
}

const char *nearest_word(const struct config_word *words, const char *name)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (; words->name != NULL; words++) {
        size_t len = strlen(words->name);
        size_t distance = name_distance(name, strlen(name), words->name, len);
        if (distance < best_distance && distance <= allowance(len, false)) {
            best = words->name;
            best_distance = distance;
        }
    }
    return best;
}
