/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars, and the table of types. */
#include "config/read.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "config/nearest.h"
#include "config/secret.h"
#include "config/units.h"
#include "yaml/render.h"
#include "yaml/scalar.h"

/* An enum is written through unsigned. */
_Static_assert(sizeof(enum connector) == sizeof(unsigned), "enums are unsigned");

/* How much of a value a message shows. */
enum { SHOWN_MAX = 60 };

/* Whether the path says that its value is a secret; the names of properties hold dots of their own. */
static bool is_hidden(const struct reading *reading)
{
    const char *path = reading->path;
    return reading->node->is_secret || is_secret_name(path, strlen(path)) ||
           strcasestr(path, ".sasl.") != NULL;
}

/* Cuts at SHOWN_MAX bytes, between characters. */
static size_t shown_len(const struct buffer *buffer)
{
    size_t len = buffer->len;
    if (len > SHOWN_MAX) {
        len = SHOWN_MAX;
        while (len > 0 && ((unsigned char)buffer->data[len] & 0xC0) == 0x80) {
            len--;
        }
    }
    return len;
}

int value_complain(const struct reading *reading, const char *expected)
{
    struct diagnostics *diagnostics = reading->loading->diagnostics;
    const struct yaml_node *node = reading->node;
    if (node->kind != YAML_SCALAR) {
        diagnose_error(diagnostics, &node->origin, reading->path, "expected %s; found %s", expected,
                       node->kind == YAML_LIST ? "a list" : "a map");
        return -EINVAL;
    }
    AUTO_BUFFER shown = { 0 };
    int r = is_hidden(reading) ? buffer_append_text(&shown, "***")
                               : redact_text(node->text, node->len, &shown);
    if (r < 0) {
        return r;
    }
    size_t len = shown_len(&shown);
    diagnose_error(diagnostics, &node->origin, reading->path, "expected %s; found \"%.*s\"%s",
                   expected, (int)len, len > 0 ? shown.data : "", len < shown.len ? "..." : "");
    return -EINVAL;
}

static int read_text(const struct reading *reading, void *field)
{
    return text_read_string(reading, field);
}

static int read_name(const struct reading *reading, void *field)
{
    return text_read_name(reading, field);
}

static int read_path(const struct reading *reading, void *field)
{
    return text_read_path(reading, field);
}

static int read_url(const struct reading *reading, void *field)
{
    return text_read_url(reading, field);
}

static int read_pointer(const struct reading *reading, void *field)
{
    return text_read_pointer(reading, field);
}

/* "1.2.3" or "latest". */
static bool is_version(const char *text)
{
    if (strcmp(text, "latest") == 0) {
        return true;
    }
    int n_parts = 0;
    do {
        size_t n_digits = strspn(text, "0123456789");
        if (n_digits == 0 || n_digits > 9) {
            return false;
        }
        n_parts++;
        text += n_digits;
    } while (n_parts < 3 && *text++ == '.');
    return n_parts == 3 && *text == '\0';
}

static int read_stream(const struct reading *reading, void *field)
{
    const struct yaml_node *node = reading->node;
    if (node->kind != YAML_SCALAR || strlen(node->text) != node->len) {
        return value_complain(reading, type_expectation(TYPE_STREAM));
    }
    size_t name_len = strcspn(node->text, ":");
    const char *version = node->text[name_len] == ':' ? node->text + name_len + 1 : NULL;
    if (!is_safe_name(node->text, name_len) || (version != NULL && !is_version(version))) {
        return value_complain(reading, type_expectation(TYPE_STREAM));
    }
    char *name = arena_copy(reading->loading->arena, node->text, name_len);
    if (name == NULL) {
        return -ENOMEM;
    }
    *(struct config_stream *)field =
        (struct config_stream){ .text = node->text, .name = name, .version = version };
    return 0;
}

/* "${WORKERS}" needs its quotes inside { }: what is substituted may be a number in spite of them. */
static bool has_type(const struct yaml_node *node, enum yaml_type type)
{
    struct yaml_node plain = *node;
    plain.is_plain = node->is_plain || node->is_substituted;
    return node->kind == YAML_SCALAR && yaml_scalar_type(&plain) == type;
}

static int read_bool(const struct reading *reading, void *field)
{
    if (!has_type(reading->node, YAML_BOOL)) {
        return value_complain(reading, type_expectation(TYPE_BOOL));
    }
    *(bool *)field = yaml_scalar_bool(reading->node);
    return 0;
}

/* Writes value where it is in the key's range. */
static int put_in_range(const struct reading *reading, int64_t value, void *field)
{
    const struct config_key *key = reading->key;
    if (value >= key->min && value <= key->max) {
        *(int64_t *)field = value;
        return 0;
    }
    char min[UNITS_SIZE];
    char max[UNITS_SIZE];
    char expected[3 * UNITS_SIZE];
    if (key->type == TYPE_BYTES) {
        bytes_format(min, key->min);
        bytes_format(max, key->max);
    } else if (key->type == TYPE_DURATION) {
        duration_format(min, key->min);
        duration_format(max, key->max);
    } else {
        snprintf(min, sizeof(min), "%" PRId64, key->min);
        snprintf(max, sizeof(max), "%" PRId64, key->max);
    }
    snprintf(expected, sizeof(expected), "%s to %s", min, max);
    return value_complain(reading, expected);
}

static int read_integer(const struct reading *reading, void *field)
{
    int64_t value = INT64_MAX;
    if (!has_type(reading->node, YAML_INTEGER)) {
        return value_complain(reading, type_expectation(reading->key->type));
    }
    /* Beyond 64 bits it is out of every range. */
    if (yaml_scalar_int64(reading->node, &value) < 0) {
        value = INT64_MAX;
    }
    return put_in_range(reading, value, field);
}

static int read_integer_auto(const struct reading *reading, void *field)
{
    const struct yaml_node *node = reading->node;
    if (node->kind == YAML_SCALAR && strcmp(node->text, "auto") == 0) {
        *(int64_t *)field = 0;
        return 0;
    }
    return read_integer(reading, field);
}

/* By one of the parsers of config/units.h; *ret_value is INT64_MAX beyond 63 bits. */
static int parse_unit(const struct reading *reading, int (*parse)(const char *, int64_t *),
                      int64_t *ret_value)
{
    const struct yaml_node *node = reading->node;
    int r = -EINVAL;
    if (node->kind == YAML_SCALAR && strlen(node->text) == node->len) {
        r = parse(node->text, ret_value);
    }
    if (r == -ERANGE) {
        *ret_value = INT64_MAX;
        return 0;
    }
    return r < 0 ? value_complain(reading, type_expectation(reading->key->type)) : 0;
}

static int read_bytes(const struct reading *reading, void *field)
{
    int64_t value;
    int r = parse_unit(reading, bytes_parse, &value);
    return r < 0 ? r : put_in_range(reading, value, field);
}

static int read_duration(const struct reading *reading, void *field)
{
    int64_t value;
    int r = parse_unit(reading, duration_parse, &value);
    return r < 0 ? r : put_in_range(reading, value, field);
}

static int read_time(const struct reading *reading, void *field)
{
    return parse_unit(reading, time_parse, field);
}

void key_expectation(const struct config_key *key, char *text)
{
    if (key->type != TYPE_WORD) {
        snprintf(text, EXPECTATION_SIZE, "%s", type_expectation(key->type));
        return;
    }
    size_t n = (size_t)snprintf(text, EXPECTATION_SIZE, "one of");
    for (const struct config_word *word = key->words; word->name != NULL; word++) {
        require(n < EXPECTATION_SIZE);
        n += (size_t)snprintf(text + n, EXPECTATION_SIZE - n, " %s%s", word->name,
                              word[1].name != NULL ? "," : "");
    }
}

static int read_word(const struct reading *reading, void *field)
{
    const struct yaml_node *node = reading->node;
    char expected[EXPECTATION_SIZE];
    key_expectation(reading->key, expected);
    if (node->kind != YAML_SCALAR || strlen(node->text) != node->len) {
        return value_complain(reading, expected);
    }
    for (const struct config_word *word = reading->key->words; word->name != NULL; word++) {
        if (strcmp(word->name, node->text) == 0) {
            memcpy(field, &word->value, sizeof(word->value));
            return 0;
        }
    }
    const char *near = nearest_word(reading->key->words, node->text);
    if (near != NULL) {
        size_t n = strlen(expected);
        snprintf(expected + n, sizeof(expected) - n, " (did you mean \"%s\"?)", near);
    }
    return value_complain(reading, expected);
}

static int read_strings(const struct reading *reading, void *field)
{
    return list_read_texts(reading, field, text_read_string);
}

static int read_uris(const struct reading *reading, void *field)
{
    return list_read_texts(reading, field, text_read_uri);
}

static int read_pointers(const struct reading *reading, void *field)
{
    return list_read_texts(reading, field, text_read_pointer);
}

static int read_integers(const struct reading *reading, void *field)
{
    return list_read_integers(reading, field);
}

static int read_pairs(const struct reading *reading, void *field)
{
    return map_read_pairs(reading, field);
}

static int read_steps(const struct reading *reading, void *field)
{
    return steps_read(reading, field);
}

/* value and value_len of a step. */
static int read_json(const struct reading *reading, void *field)
{
    AUTO_BUFFER json = { 0 };
    struct problem problem;
    int r = yaml_render_json(reading->node, &json, &problem);
    if (r == -EINVAL) {
        diagnose_problem(reading->loading->diagnostics, &problem);
    }
    if (r < 0) {
        return r;
    }
    struct config_step *step =
        (struct config_step *)((char *)field - offsetof(struct config_step, value));
    step->value = arena_copy(reading->loading->arena, json.data, json.len);
    step->value_len = json.len;
    return step->value != NULL ? 0 : -ENOMEM;
}

struct type_row {
    int (*read)(const struct reading *reading, void *field);
    const char *expectation;
};

static const struct type_row types[] = {
    [TYPE_STRING] = { read_text, "a text" },
    [TYPE_NAME] = { read_name, "a name of at most 128 letters, digits, '.', '_' or '-'" },
    [TYPE_PATH] = { read_path, "a path or a file:// URI" },
    [TYPE_URL] = { read_url, "an http:// or https:// URL" },
    [TYPE_POINTER] = { read_pointer, "a JSON Pointer such as /page/page_id" },
    [TYPE_STREAM] = { read_stream, "name:version, such as mediawiki.page_change.v1:1.1.0" },
    [TYPE_BOOL] = { read_bool, "true or false" },
    [TYPE_INTEGER] = { read_integer, "an integer" },
    [TYPE_INTEGER_AUTO] = { read_integer_auto, "an integer or auto" },
    [TYPE_BYTES] = { read_bytes, "a size such as 64KB, 1MiB or 4096" },
    [TYPE_DURATION] = { read_duration, "a duration such as 10ms, 30s or 1h" },
    [TYPE_TIME] = { read_time, "a time such as 2026-01-31T12:00:00Z, or milliseconds since 1970" },
    [TYPE_WORD] = { read_word, "a word" },
    [TYPE_STRINGS] = { read_strings, "a list of texts" },
    [TYPE_URIS] = { read_uris, "paths, or file://, http:// or https:// URIs" },
    [TYPE_POINTERS] = { read_pointers, "a list of JSON Pointers" },
    [TYPE_INTEGERS] = { read_integers, "a list of integers" },
    [TYPE_PAIRS] = { read_pairs, "a map of texts" },
    [TYPE_JSON] = { read_json, "any value" },
    [TYPE_STEPS] = { read_steps, "a list of steps" },
    [TYPE_MOVED] = { NULL, "as there" },
    [TYPE_IGNORED] = { NULL, "anything" },
};

const char *type_expectation(enum config_type type)
{
    return types[type].expectation;
}

void value_read(const struct reading *reading, void *field)
{
    require(types[reading->key->type].read != NULL);
    if (types[reading->key->type].read(reading, field) == -ENOMEM) {
        reading->loading->diagnostics->is_out_of_memory = true;
    }
}
