/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/repository.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "schema/cache.h"
#include "schema/document.h"
#include "schema/search.h"

enum { TITLE_MAX = 256 };

/* What stands behind the version, in the order in which it is tried. */
enum { N_SUFFIXES = 3 };
static const char *const suffixes[N_SUFFIXES] = { "", ".yaml", ".json" };

/* One search; that comes first, so that its functions get here from there. */
struct schema_lookup {
    struct schema_search search;
    const struct repository *repository;
    const char *title;
    const char *version;
    struct cache_key key;
    struct arena *arena;
    struct repository_schema *ret_schema;
    struct access_reply reply;
};

static bool is_segment(const char *text, size_t len)
{
    if (len == 0 || text[0] == '.') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (!isalnum(byte) && strchr("._-", byte) == NULL) {
            return false;
        }
    }
    return true;
}

/* A title becomes a part of paths and URLs, and it may come from the network. */
static bool is_title(const char *title)
{
    size_t len = strlen(title);
    bool is_good = len <= TITLE_MAX;
    const char *segment = title;
    while (is_good) {
        size_t segment_len = strcspn(segment, "/");
        is_good = is_segment(segment, segment_len);
        segment += segment_len;
        if (*segment == '\0') {
            break;
        }
        segment++;
    }
    return is_good;
}

/* "1.2.3" */
static bool is_version(const char *text)
{
    int n_parts = 0;
    for (;;) {
        size_t n_digits = strspn(text, "0123456789");
        text += n_digits;
        if (n_digits == 0 || ++n_parts > 3) {
            return false;
        }
        if (*text != '.') {
            return n_parts == 3 && *text == '\0';
        }
        text++;
    }
}

/* The version at the end of `$id`, "/mediawiki/page/change/1.1.0". */
static int read_version(const struct json_document *tree, const char *shown, struct arena *arena,
                        const char **ret_version, struct problem *problem)
{
    const char *id = "";
    uint32_t token = document_member(tree, 0, "$id");
    int r = token == JSON_END ? 0 : document_text(tree, token, arena, &id);
    if (r == -ENOMEM) {
        return r;
    }
    const char *slash = strrchr(id, '/');
    const char *version = slash != NULL ? slash + 1 : id;
    if (!is_version(version)) {
        return problem_set(
            problem, EINVAL, EXIT_CONFIG,
            "%s: the version is not known: $id is \"%.200s\", expected one that ends "
            "in a version such as 1.1.0",
            shown, id);
    }
    *ret_version = version;
    return 0;
}

static int check_title(const struct schema_lookup *lookup, const struct json_document *tree,
                       const char *shown, struct problem *problem)
{
    const char *title = "";
    uint32_t token = document_member(tree, 0, "title");
    int r = token == JSON_END ? 0 : document_text(tree, token, lookup->arena, &title);
    if (r == -ENOMEM) {
        return r;
    }
    if (strcmp(title, lookup->title) != 0) {
        return problem_set(problem, EINVAL, EXIT_CONFIG,
                           "%s: the schema's title is \"%.200s\", but the stream's schema_title is "
                           "\"%.200s\"",
                           shown, title, lookup->title);
    }
    return 0;
}

/* Makes the document what was looked for. Returns 0, -EINVAL with problem filled, or -ENOMEM. */
static int take(struct schema_lookup *lookup, const struct schema_document *document,
                const char *uri, struct problem *problem)
{
    AUTO_BUFFER shown = { 0 };
    struct arena *arena = lookup->arena;
    struct repository_schema schema = { .title = lookup->title, .version = lookup->version };
    if (access_show(uri, &shown) < 0 || buffer_text(&shown) == NULL) {
        return -ENOMEM;
    }
    int r = check_title(lookup, &document->tree, shown.data, problem);
    if (r == 0 && strcmp(lookup->version, "latest") == 0) {
        r = read_version(&document->tree, shown.data, arena, &schema.version, problem);
    }
    if (r < 0) {
        return r;
    }
    schema.uri = arena_copy(arena, uri, strlen(uri));
    schema.json_len = document->json.len;
    schema.json = arena_copy(arena, document->json.data, document->json.len);
    if (schema.uri == NULL || schema.json == NULL) {
        return -ENOMEM;
    }
    *lookup->ret_schema = schema;
    return 0;
}

/* Fills reply->said for bytes that are no document; fault names the place behind shown. */
static void say_useless(struct access_reply *reply, const char *shown, const struct problem *fault)
{
    size_t len = strlen(shown);
    bool is_placed = strncmp(fault->text, shown, len) == 0 && fault->text[len] == ':';
    snprintf(reply->said, sizeof(reply->said), "neither JSON nor YAML (%.200s)",
             is_placed ? fault->text + len + 1 : fault->text);
}

/* Reads what is at uri. Returns 0, an outcome of access_read(), or -errno. */
static int read_document(struct schema_lookup *lookup, const char *uri,
                         struct schema_document *document)
{
    AUTO_BUFFER shown = { 0 };
    struct problem fault = { 0 };
    struct access_reply *reply = &lookup->reply;
    int r = access_read(lookup->search.access, uri, reply);
    if (r != 0) {
        return r;
    }
    if (access_show(uri, &shown) < 0 || buffer_text(&shown) == NULL) {
        return -ENOMEM;
    }
    r = document_parse(document, shown.data, reply->bytes.data, reply->bytes.len, &fault);
    if (r == -EINVAL) {
        say_useless(reply, shown.data, &fault);
        return ACCESS_USELESS;
    }
    return r;
}

/* Returns 0, an outcome of access_read(), or -errno. */
static int try_uri(struct schema_lookup *lookup, const char *uri, struct problem *problem)
{
    AUTO_DOCUMENT document = { 0 };
    int r = read_document(lookup, uri, &document);
    if (r == 0) {
        r = take(lookup, &document, uri, problem);
    }
    if (r == 0 && access_is_http(uri)) {
        r = cache_store(lookup->search.access, &lookup->key, uri, document.json.data,
                        document.json.len);
    }
    return r;
}

/* What came of the names at one base. */
struct base_tries {
    /* {base}/{title}/{version} */
    struct buffer stem;
    size_t n;
    int outcomes[N_SUFFIXES];
    char said[N_SUFFIXES][sizeof(((struct access_reply *)NULL)->said)];
};

/* Tries the names until one is the schema or the base does not answer. Returns as try_uri(). */
static int try_names(struct schema_lookup *lookup, struct base_tries *tries,
                     struct problem *problem)
{
    int r = ACCESS_ABSENT;
    for (size_t i = 0; i < N_SUFFIXES && r != ACCESS_SILENT && r != ACCESS_UNTRUSTED; i++) {
        AUTO_BUFFER uri = { 0 };
        if (buffer_printf(&uri, "%s%s", tries->stem.data, suffixes[i]) < 0 ||
            buffer_text(&uri) == NULL) {
            return -ENOMEM;
        }
        r = try_uri(lookup, uri.data, problem);
        if (r <= 0) {
            return r;
        }
        tries->outcomes[i] = r;
        memcpy(tries->said[i], lookup->reply.said, sizeof(tries->said[i]));
        tries->n++;
    }
    return r;
}

/* Notes the names that failed; names of which the same was said together. Returns 0 or -ENOMEM. */
static int note_names(struct schema_lookup *lookup, const struct base_tries *tries)
{
    int r = 0;
    for (size_t i = 0; i < tries->n && r == 0;) {
        AUTO_BUFFER uri = { 0 };
        size_t first = i++;
        r = buffer_printf(&uri, "%s%s", tries->stem.data, suffixes[first]);
        for (; i < tries->n && r == 0 && strcmp(tries->said[i], tries->said[first]) == 0; i++) {
            r = buffer_printf(&uri, "%s%s", i == first + 1 ? " and " : ", ", suffixes[i]);
        }
        if (r == 0) {
            r = buffer_text(&uri) == NULL ? -ENOMEM
                                          : search_note(&lookup->search, uri.data,
                                                        tries->outcomes[first], tries->said[first]);
        }
    }
    return r;
}

/* Returns 0, SEARCH_NOT_FOUND, or -errno. */
static int try_base(struct schema_lookup *lookup, const char *base, struct problem *problem)
{
    struct base_tries tries = { .n = 0 };
    size_t base_len = strlen(base);
    while (base_len > 1 && base[base_len - 1] == '/') {
        base_len--;
    }
    int r = buffer_printf(&tries.stem, "%.*s/%s/%s", (int)base_len, base, lookup->title,
                          lookup->version);
    if (r == 0) {
        r = buffer_text(&tries.stem) == NULL ? -ENOMEM : try_names(lookup, &tries, problem);
    }
    if (r > 0) {
        r = note_names(lookup, &tries);
        r = r < 0 ? r : SEARCH_NOT_FOUND;
    }
    buffer_deinit(&tries.stem);
    return r;
}

static int run_round(struct schema_search *search, struct problem *problem)
{
    struct schema_lookup *lookup = (struct schema_lookup *)search;
    int r = SEARCH_NOT_FOUND;
    for (size_t i = 0; i < lookup->repository->n_uris && r == SEARCH_NOT_FOUND; i++) {
        r = try_base(lookup, lookup->repository->uris[i], problem);
    }
    return r;
}

static int take_copy(struct schema_search *search)
{
    struct schema_lookup *lookup = (struct schema_lookup *)search;
    AUTO_DOCUMENT document = { 0 };
    struct cache_copy copy;
    struct problem problem;
    int r = cache_load(search->access, &lookup->key, lookup->arena, &copy);
    if (r == 0) {
        r = document_parse(&document, copy.uri, copy.document, copy.document_len, &problem);
    }
    if (r == 0) {
        r = take(lookup, &document, copy.uri, &problem);
    }
    if (r != 0) {
        return r == -ENOMEM ? r : SEARCH_NOT_FOUND;
    }
    log_warning("no schema repository answers, going by a copy", LOG_TEXT("title", lookup->title),
                LOG_TEXT("version", lookup->ret_schema->version), LOG_TEXT("uri", copy.uri),
                LOG_TEXT("fetched", copy.dt), LOG_TEXT("tried", buffer_text(&search->tried)));
    return 0;
}

int repository_find(const struct repository *repository, const char *title, const char *version,
                    struct arena *arena, struct repository_schema *ret_schema,
                    struct problem *problem)
{
    struct schema_lookup lookup = {
        .search = { .access = repository->access, .round = run_round, .copy = take_copy },
        .repository = repository,
        .title = arena_copy(arena, title, strlen(title)),
        .version = arena_copy(arena, version, strlen(version)),
        .key = { .kind = "schema", .name = title, .version = version },
        .arena = arena,
        .ret_schema = ret_schema,
    };
    if (lookup.title == NULL || lookup.version == NULL ||
        cache_places_hash(repository->uris, repository->n_uris, &lookup.key.places) < 0) {
        return problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory");
    }
    if (!is_title(title)) {
        return problem_set(
            problem, EINVAL, EXIT_CONFIG,
            "schema_title \"%.200s\" is none; expected names joined by slashes, such "
            "as mediawiki/page/change",
            title);
    }
    int r = search_run(&lookup.search, problem);
    if (r == SEARCH_NOT_FOUND) {
        r = search_complain(&lookup.search, problem, "schema %s %s is in no repository", title,
                            version);
    }
    search_deinit(&lookup.search);
    buffer_deinit(&lookup.reply.bytes);
    return r;
}
