/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The YAML reader and the configuration loader, fed with anything.
 *
 * The bytes are cut at 0x1E (no YAML holds it) into: a file, a file that is laid over it, --set
 * texts, variables. What must hold, besides that nothing crashes, leaks or takes long:
 *
 *     - a tree that was read, written in flow style, reads back as the same JSON
 *     - what is refused says why and leaves nothing behind
 *     - what is accepted prints, and what is printed loads again and prints the same
 *     - a secret of the environment is in no error, no warning and no print
 *
 * For libFuzzer: compile this file and the rooms with clang -fsanitize=fuzzer,address.
 */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"
#include "yaml/parse.h"
#include "yaml/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { N_PARTS = 4, MAX_LINES = 8, SEPARATOR = 0x1E };

static const char secret[] = "hunter2";

static bool shows_secret(const char *text, size_t len)
{
    return len > 0 && memmem(text, len, secret, sizeof(secret) - 1) != NULL;
}

static void check_tree(const char *bytes, size_t len)
{
    struct arena arena = { 0 };
    struct problem problem = { 0 };
    struct yaml_node *root = NULL;
    struct yaml_node *again = NULL;
    AUTO_BUFFER json = { 0 };
    AUTO_BUFFER flow = { 0 };
    AUTO_BUFFER json_again = { 0 };
    int r = yaml_parse(&arena, "input", bytes, len, &root, &problem);
    require((r == 0) == (root != NULL));
    require(r == 0 || strncmp(problem.text, "input:", 6) == 0);
    /* Infinities have no JSON. */
    bool is_json = r == 0 && yaml_render_json(root, &json, &problem) == 0;
    if (is_json) {
        require(yaml_render_flow(root, &flow) == 0);
        require(yaml_parse(&arena, "flow", flow.data, flow.len, &again, &problem) == 0);
        require(yaml_render_json(again, &json_again, &problem) == 0);
        require(json.len == json_again.len && memcmp(json.data, json_again.data, json.len) == 0);
    }
    arena_deinit(&arena);
}

/* A file in memory; path has 64 bytes. Returns its descriptor. */
static int make_file(const char *bytes, size_t len, char *path)
{
    int fd = memfd_create("config", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

/* Cuts text, in place, at newlines into at most MAX_LINES texts. Returns how many. */
static size_t cut_lines(char *text, char **lines)
{
    size_t n = 0;
    while (*text != '\0' && n < MAX_LINES) {
        lines[n++] = text;
        text += strcspn(text, "\n");
        if (*text == '\n') {
            *text++ = '\0';
        }
    }
    return n;
}

/* Loads; returns NULL where it is refused, after having looked at what is said. */
static struct config *load(const struct config_load_options *given)
{
    struct config_load_options options = *given;
    AUTO_BUFFER errors = { 0 };
    struct problem problem = { 0 };
    struct config *config = NULL;
    options.errors = &errors;
    int r = config_load(&options, &config, &problem);
    require((r == 0) == (config != NULL));
    require(!shows_secret(errors.data, errors.len));
    require(!shows_secret(problem.text, strlen(problem.text)));
    require((r < 0) == (problem.text[0] != '\0'));
    require(r == 0 || problem.exit_code == EXIT_CONFIG || problem.exit_code == EXIT_USAGE);
    return config;
}

/* The printed configuration without its comments. */
static void to_json(const struct buffer *text, struct buffer *json)
{
    struct arena arena = { 0 };
    struct problem problem = { 0 };
    struct yaml_node *root = NULL;
    require(yaml_parse(&arena, "print", text->data, text->len, &root, &problem) == 0);
    /* Where an application's section holds an infinity, all of the text counts. */
    if (yaml_render_json(root, json, &problem) < 0) {
        buffer_clear(json);
        require(yaml_render_flow(root, json) == 0);
    }
    arena_deinit(&arena);
}

static void check_config(const struct config *config, const struct config_load_options *options)
{
    AUTO_BUFFER first = { 0 };
    AUTO_BUFFER second = { 0 };
    AUTO_BUFFER summary = { 0 };
    AUTO_BUFFER first_json = { 0 };
    AUTO_BUFFER second_json = { 0 };
    for (size_t i = 0; i < config->warnings.n_items; i++) {
        require(!shows_secret(config->warnings.items[i], strlen(config->warnings.items[i])));
    }
    require(config_print(config, &first) == 0 && config_summary(config, NULL, &summary) == 0);
    require(!shows_secret(first.data, first.len));
    to_json(&first, &first_json);
    if (memmem(first.data, first.len, "***", 3) != NULL) {
        return;
    }
    char path[64];
    const char *file = path;
    AUTO_CLOSE int fd = make_file(first.data, first.len, path);
    struct config_load_options again = { .files = &file,
                                         .n_files = 1,
                                         .job_name = options->job_name };
    AUTO(config) loaded = load(&again);
    require(fd >= 0 && loaded != NULL && config_print(loaded, &second) == 0);
    to_json(&second, &second_json);
    require(first_json.len == second_json.len);
    require(memcmp(first_json.data, second_json.data, first_json.len) == 0);
}

static void check_loading(char *const parts[N_PARTS], const size_t lens[N_PARTS])
{
    static char token[] = "MY_TOKEN=hunter2";
    static char name[] = "NAME=value";
    static char yaml[] = "YAML=[a, {b: c}]";
    char paths[2][64];
    const char *files[2] = { paths[0], paths[1] };
    char *sets[MAX_LINES];
    char *environment[MAX_LINES + 4] = { token, name, yaml };
    AUTO_CLOSE int first = make_file(parts[0], lens[0], paths[0]);
    AUTO_CLOSE int second = make_file(parts[1], lens[1], paths[1]);
    struct config_load_options options = { .files = files,
                                           .n_files = 2,
                                           .sets = (const char *const *)sets,
                                           .n_sets = cut_lines(parts[2], sets),
                                           .environ = environment,
                                           .job_name = "fuzz" };
    cut_lines(parts[3], environment + 3);
    AUTO(config) config = load(&options);
    if (config != NULL && first >= 0 && second >= 0) {
        check_config(config, &options);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *parts[N_PARTS];
    size_t lens[N_PARTS];
    const uint8_t *end = bytes + len;
    /* The secret in plain sight proves nothing. */
    if (shows_secret((const char *)bytes, len)) {
        return 0;
    }
    for (int i = 0; i < N_PARTS; i++) {
        size_t left = (size_t)(end - bytes);
        const uint8_t *cut = left > 0 && i < N_PARTS - 1 ? memchr(bytes, SEPARATOR, left) : NULL;
        lens[i] = cut != NULL ? (size_t)(cut - bytes) : left;
        parts[i] = calloc(1, lens[i] + 1);
        require(parts[i] != NULL);
        if (lens[i] > 0) {
            memcpy(parts[i], bytes, lens[i]);
        }
        bytes = cut != NULL ? cut + 1 : end;
    }
    check_tree(parts[0], lens[0]);
    check_loading(parts, lens);
    for (int i = 0; i < N_PARTS; i++) {
        free(parts[i]);
    }
    return 0;
}
