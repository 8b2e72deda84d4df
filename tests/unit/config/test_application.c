/* SPDX-License-Identifier: Apache-2.0 */
#include "weir/config.h"

#include <errno.h>
#include <string.h>

#include "../../support/cunit_main.h"
#include "scene.h"

static const struct scene scene = {
    .files = { MINIMAL "enrich:\n"
                       "  endpoint: http://${HOST:-localhost}/w/api.php\n"
                       "  request_timeout: 65\n"
                       "  ratio: 0.25\n"
                       "  is_strict: true\n"
                       "  quoted: '65'\n"
                       "  pause: 1h30m\n"
                       "  limit: 16MiB\n"
                       "  nothing:\n"
                       "  big: 99999999999999999999\n"
                       "  nul: \"a\\0b\"\n"
                       "  wikis: [enwiki, dewiki, {name: frwiki}]\n"
                       "  a/b~c: slash\n"
                       "  '0': zero\n"
                       "empty: {}\n"
                       "hollow:\n" },
    .sets = { "enrich.extra=added" },
    .has_application_sections = true,
};

/* Which getter a row is for. */
enum getter { STRING, INT64, DOUBLE, BOOL, DURATION, BYTES, COUNT, N_GETTERS };

struct values {
    const char *text;
    int64_t integer;
    double number;
    bool flag;
    size_t count;
};

static int get(const struct weir_config *config, enum getter getter, const char *pointer,
               struct values *values)
{
    switch (getter) {
    case STRING:
        return weir_config_string(config, pointer, &values->text);
    case INT64:
        return weir_config_int64(config, pointer, &values->integer);
    case DOUBLE:
        return weir_config_double(config, pointer, &values->number);
    case BOOL:
        return weir_config_bool(config, pointer, &values->flag);
    case DURATION:
        return weir_config_duration(config, pointer, &values->integer);
    case BYTES:
        return weir_config_bytes(config, pointer, &values->integer);
    case COUNT:
    case N_GETTERS:
        break;
    }
    return weir_config_count(config, pointer, &values->count);
}

static void test_values_are_read(void)
{
    AUTO(config) loaded = scene_config(&scene);
    const struct weir_config *config = loaded->application;
    struct values values;
    CU_ASSERT_EQUAL(get(config, STRING, "/enrich/endpoint", &values), 0);
    CU_ASSERT_STRING_EQUAL(values.text, "http://localhost/w/api.php");
    CU_ASSERT_EQUAL(get(config, STRING, "/enrich/request_timeout", &values), 0);
    CU_ASSERT_STRING_EQUAL(values.text, "65");
    CU_ASSERT_EQUAL(get(config, STRING, "/enrich/wikis/2/name", &values), 0);
    CU_ASSERT_STRING_EQUAL(values.text, "frwiki");
    CU_ASSERT_EQUAL(get(config, STRING, "/enrich/a~1b~0c", &values), 0);
    CU_ASSERT_STRING_EQUAL(values.text, "slash");
    CU_ASSERT_EQUAL(get(config, STRING, "/enrich/0", &values), 0);
    CU_ASSERT_STRING_EQUAL(values.text, "zero");
    CU_ASSERT_EQUAL(get(config, STRING, "/enrich/extra", &values), 0);
    CU_ASSERT_STRING_EQUAL(values.text, "added");
    CU_ASSERT_EQUAL(get(config, STRING, "/stream_manager/sink/connector", &values), 0);
    CU_ASSERT_STRING_EQUAL(values.text, "stdout");
    CU_ASSERT_EQUAL(get(config, INT64, "/enrich/request_timeout", &values), 0);
    CU_ASSERT_EQUAL(values.integer, 65);
    CU_ASSERT_EQUAL(get(config, DOUBLE, "/enrich/ratio", &values), 0);
    CU_ASSERT_EQUAL(values.number, 0.25);
    CU_ASSERT_EQUAL(get(config, DOUBLE, "/enrich/request_timeout", &values), 0);
    CU_ASSERT_EQUAL(values.number, 65);
    CU_ASSERT_EQUAL(get(config, BOOL, "/enrich/is_strict", &values), 0);
    CU_ASSERT_TRUE(values.flag);
    CU_ASSERT_EQUAL(get(config, DURATION, "/enrich/pause", &values), 0);
    CU_ASSERT_EQUAL(values.integer, 5400000);
    CU_ASSERT_EQUAL(get(config, BYTES, "/enrich/limit", &values), 0);
    CU_ASSERT_EQUAL(values.integer, 16777216);
    CU_ASSERT_EQUAL(get(config, COUNT, "/enrich/wikis", &values), 0);
    CU_ASSERT_EQUAL(values.count, 3);
    CU_ASSERT_EQUAL(get(config, COUNT, "", &values), 0);
    CU_ASSERT_EQUAL(values.count, 4);
}

static void test_what_is_not_there_keeps_the_default(void)
{
    static const struct {
        enum getter getter;
        const char *pointer;
        int result;
    } rows[] = {
        { STRING, "/enrich/no_such_key", -ENOENT },
        { STRING, "/no_such_section/a/b", -ENOENT },
        { STRING, "/enrich/nothing", -ENOENT },
        { STRING, "/hollow/key", -ENOENT },
        { STRING, "/hollow", -ENOENT },
        { STRING, "/empty/key", -ENOENT },
        { STRING, "/enrich/wikis/3", -ENOENT },
        { STRING, "/enrich/wikis/-", -ENOENT },
        { STRING, "/enrich/wikis/00", -ENOENT },
        { STRING, "/enrich/endpoint/x", -ENOTDIR },
        { STRING, "/enrich/wikis", -EPROTOTYPE },
        { STRING, "", -EPROTOTYPE },
        { STRING, "/enrich/nul", -EPROTOTYPE },
        { STRING, "enrich/endpoint", -EINVAL },
        { STRING, "/enrich/a~2", -EINVAL },
        { INT64, "/enrich/quoted", -EPROTOTYPE },
        { INT64, "/enrich/ratio", -EPROTOTYPE },
        { INT64, "/enrich/big", -ERANGE },
        { INT64, "/enrich", -EPROTOTYPE },
        { DOUBLE, "/enrich/endpoint", -EPROTOTYPE },
        { BOOL, "/enrich/request_timeout", -EPROTOTYPE },
        { DURATION, "/enrich/request_timeout", -EPROTOTYPE },
        { DURATION, "/enrich/limit", -EPROTOTYPE },
        { BYTES, "/enrich/pause", -EPROTOTYPE },
        { BYTES, "/enrich/big", -ERANGE },
        { COUNT, "/enrich/endpoint", -EPROTOTYPE },
        { COUNT, "/enrich/nothing", -ENOENT },
    };
    AUTO(config) loaded = scene_config(&scene);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct values values = { "default", 7, 7, true, 7 };
        int r = get(loaded->application, rows[i].getter, rows[i].pointer, &values);
        CU_ASSERT_EQUAL(r, rows[i].result);
        if (r != rows[i].result) {
            printf("%s: %d\n", rows[i].pointer, r);
        }
        CU_ASSERT_STRING_EQUAL(values.text, "default");
        CU_ASSERT(values.integer == 7 && values.number == 7 && values.flag && values.count == 7);
    }
}

static void test_keys_of_a_map(void)
{
    AUTO(config) loaded = scene_config(&scene);
    const struct weir_config *config = loaded->application;
    const char *name = "untouched";
    CU_ASSERT_EQUAL(weir_config_key(config, "/enrich", 0, &name), 0);
    CU_ASSERT_STRING_EQUAL(name, "endpoint");
    CU_ASSERT_EQUAL(weir_config_key(config, "/enrich", 1, &name), 0);
    CU_ASSERT_STRING_EQUAL(name, "request_timeout");
    CU_ASSERT_EQUAL(weir_config_key(config, "/empty", 0, &name), -ENOENT);
    CU_ASSERT_EQUAL(weir_config_key(config, "/enrich/wikis", 0, &name), -EPROTOTYPE);
    CU_ASSERT_EQUAL(weir_config_key(config, "/nowhere", 0, &name), -ENOENT);
    CU_ASSERT_STRING_EQUAL(name, "request_timeout");
}

static void test_origins(void)
{
    AUTO(config) loaded = scene_config(&scene);
    char text[32];
    CU_ASSERT_EQUAL(
        weir_config_origin(loaded->application, "/enrich/request_timeout", text, sizeof(text)), 0);
    CU_ASSERT_STRING_EQUAL(text, "a.yaml:6:20");
    CU_ASSERT_EQUAL(weir_config_origin(loaded->application, "/enrich/extra", text, sizeof(text)),
                    0);
    CU_ASSERT_STRING_EQUAL(text, "--set");
    CU_ASSERT_EQUAL(weir_config_origin(loaded->application, "/enrich/ratio", text, 4), 0);
    CU_ASSERT_STRING_EQUAL(text, "a.y");
    CU_ASSERT_EQUAL(weir_config_origin(loaded->application, "/nowhere", text, sizeof(text)),
                    -ENOENT);
}

static const struct test_case cases[] = {
    { "an application reads its own sections, typed", test_values_are_read },
    { "what is not there, or not of the type, keeps the default",
      test_what_is_not_there_keeps_the_default },
    { "the keys of a map are listed", test_keys_of_a_map },
    { "a value's origin is told", test_origins },
};

CUNIT_MAIN("config/application", cases)
