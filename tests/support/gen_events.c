/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes numbered page_change events to stdout, one a line: invented pages whose history makes sense
 * (create before edit, undelete after delete), keys by Zipf's law, comments in several scripts, half
 * of the events in the producer's key order and half alphabetical. The arguments fix every byte.
 *
 * The number of an event, from 1, is revision.rev_id and stands in meta.request_id
 * ("weir-<12 digits>"), which is where check_output looks for it. Faulty lines (--faults, per mille)
 * still carry it; those whose key cannot be read carry no meta.key.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "event_words.h"
#include "json_object.h"
#include "random.h"

enum { OUTPUT_BLOCK = 1 << 20, FIRST_PAGE_ID = 1000, SHA1_LEN = 31, DT_SIZE = 40 };

/* What an event is without any comment, on average: measured, so that --size means what it says. */
enum { BARE_SIZE = 2010 };

/* 2026-01-01T00:00:00Z; events are 50 ms apart, as on the public stream. */
static const uint64_t FIRST_MS = UINT64_C(1767225600000);
enum { EVENT_MS = 50 };

enum fault { FAULT_NONE, FAULT_NO_SLOTS, FAULT_CUT, FAULT_UTF8, FAULT_NO_KEY, N_FAULTS };

enum kind { KIND_CREATE, KIND_EDIT, KIND_MOVE, KIND_DELETE, KIND_UNDELETE, KIND_VISIBILITY };

static const struct kind_names {
    const char *page_change;
    const char *changelog;
} kind_names[] = {
    [KIND_CREATE] = { "create", "insert" },
    [KIND_EDIT] = { "edit", "update" },
    [KIND_MOVE] = { "move", "update" },
    [KIND_DELETE] = { "delete", "delete" },
    [KIND_UNDELETE] = { "undelete", "insert" },
    [KIND_VISIBILITY] = { "visibility_change", "update" },
};

struct options {
    uint64_t n_events;
    uint64_t seed;
    uint64_t n_keys;
    double zipf;
    uint64_t size;
    uint64_t n_topics;
    /* Per mille. */
    uint64_t faults;
    uint64_t canaries;
    /* With the fields that the schema has got since 1.3.0, as on the public stream today. */
    bool is_live;
};

/* What happened to a page so far. */
struct page_state {
    /* The number of its last event; 0 before the first. */
    uint32_t last;
    uint16_t n_moves;
    bool is_deleted;
};

struct event {
    uint64_t number;
    size_t key;
    enum kind kind;
    enum fault fault;
    bool is_canary;
    /* The number of the page's event before, 0 for none. */
    uint64_t parent;
};

struct generator {
    struct options options;
    struct random random;
    struct json_stack json;
    double *zipf_sums;
    struct page_state *pages;
    /* The next offset of each topic. */
    uint64_t offsets[2];
    struct buffer comment;
    struct buffer line;
};

static const char *const topics[] = { "eqiad.mediawiki.page_change.v1",
                                      "codfw.mediawiki.page_change.v1" };

static void write_dt(char *dt, uint64_t ms, bool has_fraction)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    require(gmtime_r(&seconds, &tm) != NULL);
    size_t len = strftime(dt, DT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    if (has_fraction) {
        snprintf(dt + len, DT_SIZE - len, ".%03uZ", (unsigned)(ms % 1000));
        return;
    }
    snprintf(dt + len, DT_SIZE - len, "Z");
}

static uint64_t event_ms(uint64_t number)
{
    return FIRST_MS + number * EVENT_MS;
}

/* Words until len bytes are reached; with a byte that is no UTF-8 in it where that is the fault. */
static const char *make_comment(struct generator *generator, size_t len, bool is_broken)
{
    struct buffer *comment = &generator->comment;
    buffer_clear(comment);
    if (is_broken) {
        require(buffer_append(comment, "\xff ", 2) == 0);
    }
    while (comment->len < len) {
        size_t word = random_below(&generator->random, ARRAY_SIZE(comment_words));
        require(buffer_append_text(comment, comment_words[word]) == 0);
        require(buffer_append_byte(comment, ' ') == 0);
    }
    const char *text = buffer_text(comment);
    require(text != NULL);
    return text;
}

static void add_comment(struct generator *generator, bool is_broken)
{
    uint64_t room = generator->options.size > BARE_SIZE ? generator->options.size - BARE_SIZE : 1;
    size_t len = random_below(&generator->random, room + 1);
    object_string(&generator->json, "comment", make_comment(generator, len, is_broken));
}

static void add_sha1(struct generator *generator, const char *name)
{
    char text[SHA1_LEN + 1];
    for (size_t i = 0; i < SHA1_LEN; i++) {
        text[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[random_below(&generator->random, 36)];
    }
    text[SHA1_LEN] = '\0';
    object_string(&generator->json, name, text);
}

static void add_user(struct generator *generator, const char *name)
{
    static const char groups[] = "[\"extendedconfirmed\",\"*\",\"user\",\"autoconfirmed\"]";
    struct json_stack *json = &generator->json;
    uint64_t user = random_below(&generator->random, ARRAY_SIZE(user_names));
    char dt[DT_SIZE];
    write_dt(dt, FIRST_MS - user * UINT64_C(86400000) * 97, false);
    object_open(json);
    object_string(json, "user_text", user_names[user]);
    object_raw(json, "groups", groups, sizeof(groups) - 1);
    object_bool(json, "is_bot", user == 2);
    object_bool(json, "is_system", false);
    object_bool(json, "is_temp", false);
    object_int(json, "user_id", 5000 + user);
    object_string(json, "registration_dt", dt);
    object_int(json, "edit_count", random_below(&generator->random, 1000000));
    if (generator->options.is_live) {
        write_dt(dt, FIRST_MS - user * UINT64_C(86400000) * 96, false);
        object_string(json, "wiki_id", "metawiki");
        object_string(json, "first_edit_dt", dt);
        object_int(json, "user_central_id", 70000 + user);
        object_int(json, "edit_global_count", 1000000 + user);
    }
    object_close(json, name);
}

static void make_title(char *title, size_t size, size_t key, unsigned n_moves)
{
    const char *first = title_words[key % ARRAY_SIZE(title_words)];
    const char *second = title_words[(key / 7 + 3) % ARRAY_SIZE(title_words)];
    if (n_moves == 0) {
        snprintf(title, size, "%s_%s_%zu", first, second, key);
        return;
    }
    snprintf(title, size, "%s_%s_%zu_(%u)", first, second, key, n_moves);
}

static void add_page(struct generator *generator, const struct event *event)
{
    struct json_stack *json = &generator->json;
    char title[160];
    make_title(title, sizeof(title), event->key, generator->pages[event->key].n_moves);
    object_open(json);
    if (event->fault != FAULT_NO_KEY) {
        object_int(json, "page_id", FIRST_PAGE_ID + event->key);
    }
    object_string(json, "page_title", title);
    object_int(json, "namespace_id", event->key % 16 == 0 ? 4 : 0);
    object_bool(json, "is_redirect", false);
    if (generator->options.is_live) {
        char item[24];
        snprintf(item, sizeof(item), "Q%zu", 9000000 + event->key);
        object_bool(json, "namespace_is_content", event->key % 16 != 0);
        object_string(json, "wikibase_item_id", item);
    }
    if (event->kind == KIND_DELETE) {
        object_int(json, "revision_count", 1 + random_below(&generator->random, 50));
    }
    object_close(json, "page");
}

static void add_slots(struct generator *generator, uint64_t rev_id, uint64_t size)
{
    struct json_stack *json = &generator->json;
    object_open(json);
    object_open(json);
    object_string(json, "slot_role", "main");
    object_string(json, "content_model", "wikitext");
    add_sha1(generator, "content_sha1");
    object_int(json, "content_size", size);
    object_string(json, "content_format", "text/x-wiki");
    object_int(json, "origin_rev_id", rev_id);
    object_close(json, "main");
    object_close(json, "content_slots");
}

static void add_revert(struct generator *generator, const struct event *event)
{
    struct json_stack *json = &generator->json;
    object_open(json);
    object_string(json, "method", "undo");
    object_bool(json, "is_exact", true);
    object_int(json, "rev_original_id", event->parent / 2);
    object_close(json, "revert");
}

/* The members of a revision: as it is now, or as it was (the previous event of the page). */
static void add_revision(struct generator *generator, const struct event *event, uint64_t rev_id)
{
    struct json_stack *json = &generator->json;
    bool is_now = rev_id == event->number;
    bool is_visible = !(is_now && event->fault == FAULT_NO_SLOTS);
    uint64_t size = 200 + random_below(&generator->random, 90000);
    char dt[DT_SIZE];
    write_dt(dt, event_ms(rev_id), false);
    object_open(json);
    object_int(json, "rev_id", rev_id);
    object_string(json, "rev_dt", dt);
    object_bool(json, "is_minor_edit", random_below(&generator->random, 5) == 0);
    object_int(json, "rev_parent_id", is_now ? event->parent : event->parent / 2);
    if (is_visible) {
        add_sha1(generator, "rev_sha1");
        object_int(json, "rev_size", size);
        add_comment(generator, is_now && event->fault == FAULT_UTF8);
        add_user(generator, "editor");
    }
    if (generator->options.is_live && is_now && event->kind == KIND_EDIT && rev_id % 10 == 0) {
        add_revert(generator, event);
    }
    object_bool(json, "is_content_visible", is_visible);
    object_bool(json, "is_editor_visible", is_visible);
    object_bool(json, "is_comment_visible", is_visible && event->kind != KIND_VISIBILITY);
    if (is_visible) {
        add_slots(generator, rev_id, size);
    }
    object_close(json, "revision");
}

static void add_prior_state(struct generator *generator, const struct event *event)
{
    struct json_stack *json = &generator->json;
    object_open(json);
    if (event->kind == KIND_MOVE) {
        char title[160];
        make_title(title, sizeof(title), event->key, generator->pages[event->key].n_moves - 1U);
        object_open(json);
        object_string(json, "page_title", title);
        object_close(json, "page");
    }
    if (event->kind == KIND_VISIBILITY) {
        object_open(json);
        object_bool(json, "is_comment_visible", true);
        object_close(json, "revision");
    } else {
        add_revision(generator, event, event->parent);
    }
    object_close(json, "prior_state");
}

static void add_redirect(struct generator *generator, const struct event *event)
{
    struct json_stack *json = &generator->json;
    char title[160];
    make_title(title, sizeof(title), event->key, generator->pages[event->key].n_moves - 1U);
    object_open(json);
    object_int(json, "page_id", UINT64_C(100000000) + event->number);
    object_string(json, "page_title", title);
    object_int(json, "namespace_id", 0);
    object_bool(json, "is_redirect", true);
    object_close(json, "created_redirect_page");
}

static void add_meta(struct generator *generator, const struct event *event)
{
    struct json_stack *json = &generator->json;
    const struct wiki *wiki = &wikis[event->key % ARRAY_SIZE(wikis)];
    size_t topic = event->key % generator->options.n_topics;
    uint64_t random = random_next(&generator->random);
    char uri[128], id[64], request_id[32], dt[DT_SIZE];
    snprintf(uri, sizeof(uri), "https://%s/?curid=%zu", wiki->domain, FIRST_PAGE_ID + event->key);
    snprintf(id, sizeof(id),
             "%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64 "-8%03" PRIx64 "-%012" PRIx64, random >> 32,
             random & 0xffff, (random >> 16) & 0xfff, (random >> 20) & 0xfff, event->number);
    snprintf(request_id, sizeof(request_id), "weir-%012" PRIu64, event->number);
    write_dt(dt, event_ms(event->number) + random % 40, true);
    object_open(json);
    object_string(json, "stream", "mediawiki.page_change.v1");
    object_string(json, "uri", uri);
    object_string(json, "id", id);
    object_string(json, "domain", event->is_canary ? "canary" : wiki->domain);
    object_string(json, "request_id", request_id);
    object_string(json, "dt", dt);
    object_string(json, "topic", topics[topic]);
    object_int(json, "partition", 0);
    object_int(json, "offset", generator->offsets[topic]++);
    if (event->fault == FAULT_NONE || event->fault == FAULT_NO_SLOTS) {
        object_open(json);
        object_string(json, "wiki_id", wiki->id);
        object_int(json, "page_id", FIRST_PAGE_ID + event->key);
        object_close(json, "key");
    }
    object_close(json, "meta");
}

static void add_event(struct generator *generator, const struct event *event)
{
    struct json_stack *json = &generator->json;
    char dt[DT_SIZE];
    write_dt(dt, event_ms(event->number), false);
    object_open(json);
    object_string(json, "changelog_kind", kind_names[event->kind].changelog);
    object_string(json, "page_change_kind", kind_names[event->kind].page_change);
    object_string(json, "dt", dt);
    object_string(json, "wiki_id", wikis[event->key % ARRAY_SIZE(wikis)].id);
    add_page(generator, event);
    if (event->fault != FAULT_NO_SLOTS) {
        add_user(generator, "performer");
    }
    add_revision(generator, event, event->number);
    if (event->parent != 0 && event->kind != KIND_UNDELETE) {
        add_prior_state(generator, event);
    }
    if (event->kind == KIND_MOVE) {
        add_redirect(generator, event);
    }
    object_string(json, "$schema",
                  generator->options.is_live ? "/mediawiki/page/change/1.12.0"
                                             : "/mediawiki/page/change/1.2.0");
    add_meta(generator, event);
    object_close_into(json, &generator->line);
}

static enum kind choose_kind(struct generator *generator, const struct page_state *page)
{
    if (page->last == 0) {
        return KIND_CREATE;
    }
    if (page->is_deleted) {
        return KIND_UNDELETE;
    }
    uint64_t hundredth = random_below(&generator->random, 100);
    if (hundredth < 4 && page->n_moves < UINT16_MAX) {
        return KIND_MOVE;
    }
    return hundredth < 7 ? KIND_DELETE : hundredth < 10 ? KIND_VISIBILITY : KIND_EDIT;
}

static void choose_event(struct generator *generator, uint64_t number, struct event *ret_event)
{
    struct random *random = &generator->random;
    const struct options *options = &generator->options;
    size_t key = zipf_pick(generator->zipf_sums, options->n_keys, random_unit(random));
    struct page_state *page = &generator->pages[key];
    struct event event = { .number = number, .key = key, .parent = page->last };
    event.kind = choose_kind(generator, page);
    event.is_canary = random_below(random, 1000) < options->canaries;
    if (!event.is_canary && random_below(random, 1000) < options->faults) {
        event.fault = 1 + (enum fault)random_below(random, N_FAULTS - 1);
    }
    if (event.fault == FAULT_NO_SLOTS) {
        event.kind = KIND_DELETE;
    }
    page->last = (uint32_t)number;
    page->n_moves = (uint16_t)(page->n_moves + (event.kind == KIND_MOVE));
    page->is_deleted = event.kind == KIND_DELETE;
    *ret_event = event;
}

static void write_lines(struct buffer *line)
{
    if (fwrite(line->data, 1, line->len, stdout) != line->len) {
        perror("gen_events: cannot write");
        exit(EXIT_IO);
    }
    buffer_clear(line);
}

static void generate(struct generator *generator)
{
    for (uint64_t number = 1; number <= generator->options.n_events; number++) {
        struct event event;
        choose_event(generator, number, &event);
        generator->json.is_sorted = number % 2 == 0;
        add_event(generator, &event);
        if (event.fault == FAULT_CUT) {
            generator->line.len--;
        }
        require(buffer_append_byte(&generator->line, '\n') == 0);
        if (generator->line.len >= OUTPUT_BLOCK) {
            write_lines(&generator->line);
        }
    }
    write_lines(&generator->line);
}

static uint64_t parse_number(const char *text)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    if (end == text || *end != '\0') {
        fprintf(stderr, "gen_events: '%s' is no number\n", text);
        exit(EXIT_USAGE);
    }
    return value;
}

static void parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        { "events", required_argument, NULL, 'n' }, { "seed", required_argument, NULL, 's' },
        { "keys", required_argument, NULL, 'k' },   { "zipf", required_argument, NULL, 'z' },
        { "size", required_argument, NULL, 'b' },   { "topics", required_argument, NULL, 't' },
        { "faults", required_argument, NULL, 'f' }, { "canaries", required_argument, NULL, 'c' },
        { "live", no_argument, NULL, 'l' },         { NULL, 0, NULL, 0 },
    };
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (option) {
        case 'n':
            options->n_events = parse_number(optarg);
            break;
        case 's':
            options->seed = parse_number(optarg);
            break;
        case 'k':
            options->n_keys = parse_number(optarg);
            break;
        case 'z':
            options->zipf = strtod(optarg, NULL);
            break;
        case 'b':
            options->size = parse_number(optarg);
            break;
        case 't':
            options->n_topics = parse_number(optarg);
            break;
        case 'f':
            options->faults = parse_number(optarg);
            break;
        case 'c':
            options->canaries = parse_number(optarg);
            break;
        case 'l':
            options->is_live = true;
            break;
        default:
            exit(EXIT_USAGE);
        }
    }
}

int main(int argc, char **argv)
{
    struct generator generator = {
        .options = { .n_events = 1000,
                     .seed = 1,
                     .n_keys = 1000,
                     .zipf = 1.1,
                     .size = 2700,
                     .n_topics = 1 },
    };
    struct options *options = &generator.options;
    parse_options(argc, argv, options);
    if (options->n_keys == 0 || options->n_events > UINT32_MAX || options->n_topics == 0 ||
        options->n_topics > ARRAY_SIZE(topics)) {
        fprintf(stderr, "gen_events: --keys from 1, --topics 1 or 2, --events up to 4294967295\n");
        return EXIT_USAGE;
    }
    generator.random.state = options->seed;
    generator.zipf_sums = calloc(options->n_keys, sizeof(*generator.zipf_sums));
    generator.pages = calloc(options->n_keys, sizeof(*generator.pages));
    require(generator.zipf_sums != NULL && generator.pages != NULL);
    zipf_fill(generator.zipf_sums, options->n_keys, options->zipf);
    generate(&generator);
    json_stack_deinit(&generator.json);
    buffer_deinit(&generator.comment);
    buffer_deinit(&generator.line);
    free(generator.zipf_sums);
    free(generator.pages);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_IO;
}
