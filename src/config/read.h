/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of the tree into one typed field. A value that does not fit is an error in the
 * diagnostics, "expected ...; found ...", and leaves the field as it was.
 */
#ifndef WEIR_CONFIG_READ_H
#define WEIR_CONFIG_READ_H

#include "config/loading.h"

struct reading {
    struct loading *loading;
    const struct config_key *key;
    const struct yaml_node *node;
    /* The key's path with the items of lists counted: "stream_manager.steps[0].set.path". */
    const char *path;
};

/* Room for a path in messages; a longer one is cut there. */
enum { VALUE_PATH_SIZE = 512 };

/* Reads by the key's type into field, which has the type that config/keys.h names for it. */
void value_read(const struct reading *reading, void *field);

/* Adds "expected <what>; found <the value>", secrets hidden. Returns -EINVAL. */
int value_complain(const struct reading *reading, const char *expected);

/* What a type accepts, for messages and the manual. */
const char *type_expectation(enum config_type type);

/* The same for a key, with its words: "one of sse, file, kafka". text has EXPECTATION_SIZE bytes. */
enum { EXPECTATION_SIZE = 256 };
void key_expectation(const struct config_key *key, char *text);

/*
 * Readers of one text, shared by scalars and the items of lists. Return 0, -EINVAL after an error was
 * added, or -ENOMEM.
 */
int text_read_path(const struct reading *reading, const char **ret_text);
int text_read_url(const struct reading *reading, const char **ret_text);
int text_read_uri(const struct reading *reading, const char **ret_text);
int text_read_pointer(const struct reading *reading, const char **ret_text);
int text_read_string(const struct reading *reading, const char **ret_text);
int text_read_name(const struct reading *reading, const char **ret_text);

/* Readers of lists and maps, in config/read_list.c. */
int list_read_texts(const struct reading *reading, struct config_list *ret_list,
                    int (*read_text)(const struct reading *, const char **));
int list_read_integers(const struct reading *reading, struct config_integers *ret_integers);
int map_read_pairs(const struct reading *reading, struct config_pairs *ret_pairs);

/* Of steps, in config/steps.c: the array and, behind it in struct config, its length. */
int steps_read(const struct reading *reading, const struct config_step **ret_steps);

/* Whether text is http:// or https:// with a host and nothing that a URL cannot hold. */
bool is_http_url(const char *text);

/* Whether text may become a part of a path: [A-Za-z0-9._-]{1,128}, no leading dot. */
bool is_safe_name(const char *text, size_t len);

#endif
