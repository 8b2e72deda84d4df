/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/cache.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "schema/document.h"
#include "json/text.h"

enum {
    /* Of a longer name so much is shown; the hash tells it apart. */
    NAME_SHOWN_MAX = 100,
    FILE_MODE = 0640,
};

int cache_places_hash(const char *const *uris, size_t n_uris, uint64_t *ret_hash)
{
    AUTO_BUFFER text = { 0 };
    for (size_t i = 0; i < n_uris; i++) {
        if (access_show(uris[i], &text) < 0 || buffer_append_byte(&text, '\n') < 0) {
            return -ENOMEM;
        }
    }
    *ret_hash = hash_bytes(text.data, text.len);
    return 0;
}

/* Appends text so that it is a file name on any system: what is not plain becomes `%2F`. */
static int append_safe(struct buffer *name, const char *text)
{
    int r = 0;
    size_t start = name->len;
    for (; *text != '\0' && name->len - start < NAME_SHOWN_MAX && r == 0; text++) {
        unsigned char byte = (unsigned char)*text;
        bool is_dot = byte == '.' && name->len > start;
        bool is_plain = isalnum(byte) || byte == '-' || byte == '_' || is_dot;
        r = is_plain ? buffer_append_byte(name, (char)byte) : buffer_printf(name, "%%%02X", byte);
    }
    return r;
}

int cache_file_name(const struct cache_key *key, struct buffer *ret_name)
{
    const char *version = key->version != NULL ? key->version : "";
    uint64_t hash = hash_bytes_seeded(key->name, strlen(key->name), key->places);
    int r = buffer_printf(ret_name, "%s-", key->kind);
    if (r == 0) {
        r = append_safe(ret_name, key->name);
    }
    if (r == 0 && version[0] != '\0') {
        r = buffer_append_byte(ret_name, '-');
    }
    if (r == 0) {
        r = append_safe(ret_name, version);
    }
    return r < 0 ? r : buffer_printf(ret_name, "-%016" PRIx64 ".json", hash);
}

/*
 * Reads the copy out of its file. Returns 0, -EINVAL or -EPROTOTYPE where it is damaged, or
 * -ENOMEM.
 */
static int read_copy(const char *path, const char *bytes, size_t len, struct arena *arena,
                     struct cache_copy *ret_copy)
{
    AUTO_DOCUMENT document = { 0 };
    struct problem problem;
    struct cache_copy copy = { 0 };
    int r = document_parse(&document, path, bytes, len, &problem);
    if (r < 0) {
        return r;
    }
    const struct json_document *tree = &document.tree;
    uint32_t uri = document_member(tree, 0, "uri");
    uint32_t dt = document_member(tree, 0, "dt");
    uint32_t value = document_member(tree, 0, "document");
    if (uri == JSON_END || dt == JSON_END || value == JSON_END ||
        json_kind(tree, value) != JSON_OBJECT) {
        return -EPROTOTYPE;
    }
    r = document_text(tree, uri, arena, &copy.uri);
    if (r == 0) {
        r = document_text(tree, dt, arena, &copy.dt);
    }
    if (r == 0) {
        copy.document_len = json_value_end(tree, value) - tree->tokens[value];
        copy.document = arena_copy(arena, tree->bytes + tree->tokens[value], copy.document_len);
        r = copy.document == NULL ? -ENOMEM : 0;
    }
    if (r == 0) {
        *ret_copy = copy;
    }
    return r;
}

int cache_load(const struct schema_access *access, const struct cache_key *key, struct arena *arena,
               struct cache_copy *ret_copy)
{
    AUTO_BUFFER path = { 0 };
    AUTO_FREE char *bytes = NULL;
    size_t len;
    if (access->cache_directory == NULL) {
        return CACHE_ABSENT;
    }
    if (buffer_printf(&path, "%s/", access->cache_directory) < 0 ||
        cache_file_name(key, &path) < 0 || buffer_text(&path) == NULL) {
        return -ENOMEM;
    }
    /* The envelope takes a little more than the longest document. */
    int r = file_read_all(path.data, ACCESS_MAX_BYTES + 4096, &bytes, &len);
    if (r == -ENOENT || r == -ENOTDIR) {
        return CACHE_ABSENT;
    }
    if (r == 0) {
        r = read_copy(path.data, bytes, len, arena, ret_copy);
    }
    if (r == 0 || r == -ENOMEM) {
        return r;
    }
    log_warning("a copy in the schema cache cannot be read", LOG_TEXT("path", path.data),
                LOG_TEXT("reason", strerror(-r)));
    return CACHE_ABSENT;
}

static int render(const struct schema_access *access, const char *uri, const char *document,
                  size_t document_len, struct buffer *ret_text)
{
    char dt[RFC3339_SIZE];
    AUTO_BUFFER shown = { 0 };
    rfc3339_format(dt, access->clock->realtime_ns(access->clock), 0);
    int r = access_show(uri, &shown);
    if (r == 0) {
        r = buffer_append_text(ret_text, "{\"uri\":");
    }
    if (r == 0) {
        r = json_quote(ret_text, shown.data, shown.len);
    }
    if (r == 0) {
        r = buffer_printf(ret_text, ",\"dt\":\"%s\",\"document\":", dt);
    }
    if (r == 0) {
        r = buffer_append(ret_text, document, document_len);
    }
    return r < 0 ? r : buffer_append_text(ret_text, "}\n");
}

static int write_file(const struct schema_access *access, const char *name,
                      const struct buffer *text)
{
    int r = directory_make(access->cache_directory);
    if (r < 0) {
        return r;
    }
    AUTO_CLOSE int dir_fd = open(access->cache_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0) {
        return -errno;
    }
    return filesystem_replace(access->filesystem, dir_fd, name, text->data, text->len, FILE_MODE);
}

int cache_store(const struct schema_access *access, const struct cache_key *key, const char *uri,
                const char *document, size_t document_len)
{
    AUTO_BUFFER name = { 0 };
    AUTO_BUFFER text = { 0 };
    if (access->cache_directory == NULL) {
        return 0;
    }
    int r = cache_file_name(key, &name);
    if (r == 0) {
        r = buffer_text(&name) == NULL ? -ENOMEM
                                       : render(access, uri, document, document_len, &text);
    }
    if (r == 0) {
        r = write_file(access, name.data, &text);
    }
    if (r == -ENOMEM) {
        return r;
    }
    if (r < 0) {
        log_warning("the schema cache cannot be written; a start without the network will fail",
                    LOG_TEXT("directory", access->cache_directory),
                    LOG_TEXT("reason", strerror(-r)));
    }
    return 0;
}
