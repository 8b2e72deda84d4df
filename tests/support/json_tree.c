/* SPDX-License-Identifier: Apache-2.0 */
#include "json_tree.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/error.h"

/* Text being read. */
struct reader {
    const char *p;
    const char *end;
};

static void put(struct buffer *out, const char *bytes, size_t len)
{
    require(len == 0 || buffer_append(out, bytes, len) == 0);
}

static bool is_one_of(const char *set, char byte)
{
    return byte != '\0' && strchr(set, byte) != NULL;
}

static void skip_space(struct reader *reader)
{
    while (reader->p < reader->end && is_one_of(" \t\r\n", *reader->p)) {
        reader->p++;
    }
}

static void expect(struct reader *reader, char byte)
{
    require(reader->p < reader->end && *reader->p == byte);
    reader->p++;
}

static uint32_t read_unit(const char *hex)
{
    char text[5] = { hex[0], hex[1], hex[2], hex[3], '\0' };
    return (uint32_t)strtoul(text, NULL, 16);
}

static void put_utf8(struct buffer *out, uint32_t c)
{
    char bytes[4] = { (char)c };
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; n > 1 && i-- > 0; c >>= 6) {
        bytes[i] = (char)(0x80 | (c & 0x3f));
        if (i == 0) {
            bytes[0] = (char)((0xf00u >> n & 0xff) | c);
        }
    }
    put(out, bytes, n);
}

/* Appends what the string's body means; returns the offset of its closing quote. */
static const char *read_text(const char *p, struct buffer *out)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    for (; *p != '"'; p++) {
        if (*p != '\\') {
            put(out, p, 1);
            continue;
        }
        p++;
        const char *letter = strchr(letters, *p);
        if (*p != 'u') {
            put(out, letter != NULL ? &meanings[letter - letters] : p, 1);
            continue;
        }
        uint32_t c = read_unit(p + 1);
        p += 4;
        uint32_t low =
            c >> 10 == 0xd800 >> 10 && p[1] == '\\' && p[2] == 'u' ? read_unit(p + 3) : 0;
        if (low >> 10 == 0xdc00 >> 10) {
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            p += 6;
        }
        put_utf8(out, c);
    }
    return p;
}

static struct json_tree *tree_new(void)
{
    struct json_tree *tree = calloc(1, sizeof(*tree));
    require(tree != NULL);
    return tree;
}

static struct json_tree_member *member_add(struct json_tree *tree)
{
    size_t size = (tree->n_members + 1) * sizeof(*tree->members);
    tree->members = realloc(tree->members, size);
    require(tree->members != NULL);
    struct json_tree_member *member = &tree->members[tree->n_members++];
    *member = (struct json_tree_member){ .value = NULL };
    return member;
}

static struct json_tree *read_value(struct reader *reader);

static void read_members(struct reader *reader, struct json_tree *tree, char bracket)
{
    skip_space(reader);
    while (*reader->p != bracket + 2) {
        struct json_tree_member *member = member_add(tree);
        if (bracket == '{') {
            const char *start = reader->p;
            expect(reader, '"');
            reader->p = read_text(reader->p, &member->name) + 1;
            put(&member->raw_name, start, (size_t)(reader->p - start));
            skip_space(reader);
            expect(reader, ':');
        }
        member->value = read_value(reader);
        skip_space(reader);
        if (*reader->p != ',') {
            break;
        }
        reader->p++;
        skip_space(reader);
    }
    expect(reader, (char)(bracket + 2));
}

static struct json_tree *read_value(struct reader *reader)
{
    skip_space(reader);
    require(reader->p < reader->end);
    const char *start = reader->p++;
    struct json_tree *tree = tree_new();
    if (*start == '{' || *start == '[') {
        read_members(reader, tree, *start);
    } else if (*start == '"') {
        reader->p = read_text(reader->p, &tree->text) + 1;
    } else {
        while (reader->p < reader->end && !is_one_of(" \t\r\n,]}", *reader->p)) {
            reader->p++;
        }
    }
    put(&tree->raw, start, (size_t)(reader->p - start));
    return tree;
}

struct json_tree *json_tree_parse(const char *text, size_t len)
{
    struct reader reader = { text, text + len };
    struct json_tree *tree = read_value(&reader);
    skip_space(&reader);
    require(reader.p == reader.end);
    return tree;
}

static void member_deinit(struct json_tree_member *member)
{
    buffer_deinit(&member->raw_name);
    buffer_deinit(&member->name);
    json_tree_free(member->value);
}

void json_tree_free(struct json_tree *tree)
{
    if (tree == NULL) {
        return;
    }
    for (size_t i = 0; i < tree->n_members; i++) {
        member_deinit(&tree->members[i]);
    }
    free(tree->members);
    buffer_deinit(&tree->raw);
    buffer_deinit(&tree->text);
    free(tree);
}

struct json_tree *json_tree_copy(const struct json_tree *tree)
{
    struct json_tree *copy = tree_new();
    put(&copy->raw, tree->raw.data, tree->raw.len);
    put(&copy->text, tree->text.data, tree->text.len);
    copy->is_made = tree->is_made;
    copy->is_touched = tree->is_touched;
    for (size_t i = 0; i < tree->n_members; i++) {
        const struct json_tree_member *from = &tree->members[i];
        struct json_tree *value = json_tree_copy(from->value);
        struct json_tree_member *to = member_add(copy);
        put(&to->raw_name, from->raw_name.data, from->raw_name.len);
        put(&to->name, from->name.data, from->name.len);
        to->value = value;
    }
    return copy;
}

static bool is_same(const struct buffer *a, const struct buffer *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool is_text(const struct buffer *buffer, const char *text)
{
    return buffer->len == strlen(text) &&
           (buffer->len == 0 || memcmp(buffer->data, text, buffer->len) == 0);
}

const struct json_tree *json_tree_member(const struct json_tree *tree, const char *name)
{
    const struct json_tree *found = NULL;
    for (size_t i = 0; json_tree_byte(tree) == '{' && i < tree->n_members; i++) {
        found = is_text(&tree->members[i].name, name) ? tree->members[i].value : found;
    }
    return found;
}

bool json_tree_is_shadowed(const struct json_tree *tree, size_t place)
{
    for (size_t i = place + 1; i < tree->n_members; i++) {
        if (is_same(&tree->members[i].name, &tree->members[place].name)) {
            return true;
        }
    }
    return false;
}

bool json_tree_has_made(const struct json_tree *tree)
{
    bool has_made = tree->is_made;
    for (size_t i = 0; !has_made && i < tree->n_members; i++) {
        has_made = json_tree_has_made(tree->members[i].value);
    }
    return has_made;
}

/* The place of the member or element that step names; *ret_r as in json_tree_get(). */
static size_t find(const struct json_tree *tree, const struct buffer *step, int *ret_r)
{
    char bracket = json_tree_byte(tree);
    *ret_r = bracket == '{' || bracket == '[' ? 0 : -ENOTDIR;
    size_t found = SIZE_MAX;
    for (size_t i = 0; *ret_r == 0 && i < tree->n_members; i++) {
        char index[24];
        snprintf(index, sizeof(index), "%zu", i);
        if (bracket == '{' ? is_same(&tree->members[i].name, step) : is_text(step, index)) {
            found = i;
        }
    }
    if (*ret_r == 0 && found == SIZE_MAX) {
        *ret_r = -ENOENT;
    }
    return found;
}

/* Follows n_steps of path; marks all on the way as touched if is_touched. */
static struct json_tree *follow(struct json_tree *tree, const struct json_tree_path *path,
                                size_t n_steps, bool is_touched, int *ret_r)
{
    *ret_r = 0;
    for (size_t i = 0; i < n_steps; i++) {
        tree->is_touched |= is_touched;
        size_t place = find(tree, &path->steps[i], ret_r);
        if (*ret_r != 0) {
            return NULL;
        }
        tree = tree->members[place].value;
    }
    tree->is_touched |= is_touched;
    return tree;
}

struct json_tree *json_tree_get(struct json_tree *root, const struct json_tree_path *path,
                                int *ret_r)
{
    return follow(root, path, path->n_steps, false, ret_r);
}

/* Puts value at step of parent: in the place of the last of its name, or behind all. */
static int set_member(struct json_tree *parent, const struct buffer *step, struct json_tree *value)
{
    int r = 0;
    size_t place = find(parent, step, &r);
    if (r == 0) {
        json_tree_free(parent->members[place].value);
        parent->members[place].value = value;
        return 0;
    }
    bool is_append =
        json_tree_byte(parent) == '{' ? r == -ENOENT : r == -ENOENT && is_text(step, "-");
    if (!is_append) {
        json_tree_free(value);
        return r;
    }
    struct json_tree_member *member = member_add(parent);
    member->value = value;
    if (json_tree_byte(parent) == '{') {
        put(&member->name, step->data, step->len);
    }
    return 0;
}

int json_tree_set(struct json_tree **root, const struct json_tree_path *path,
                  struct json_tree *value)
{
    value->is_made = true;
    if (path->n_steps == 0) {
        bool is_object = json_tree_byte(value) == '{';
        json_tree_free(is_object ? *root : value);
        *root = is_object ? value : *root;
        return is_object ? 0 : -EINVAL;
    }
    int r = 0;
    struct json_tree *parent = follow(*root, path, path->n_steps - 1, false, &r);
    if (parent == NULL) {
        json_tree_free(value);
        return r;
    }
    r = set_member(parent, &path->steps[path->n_steps - 1], value);
    if (r == 0) {
        int ignored;
        follow(*root, path, path->n_steps - 1, true, &ignored);
    }
    return r;
}

static void remove_member(struct json_tree *parent, size_t place)
{
    member_deinit(&parent->members[place]);
    parent->n_members--;
    memmove(&parent->members[place], &parent->members[place + 1],
            (parent->n_members - place) * sizeof(*parent->members));
}

size_t json_tree_remove_name(struct json_tree *object, size_t place)
{
    struct buffer name = { 0 };
    put(&name, object->members[place].name.data, object->members[place].name.len);
    size_t n_before = 0;
    for (size_t i = object->n_members; i-- > 0;) {
        if (is_same(&object->members[i].name, &name)) {
            remove_member(object, i);
            n_before += i < place;
        }
    }
    buffer_deinit(&name);
    return n_before;
}

int json_tree_remove(struct json_tree *root, const struct json_tree_path *path)
{
    if (path->n_steps == 0) {
        return -EINVAL;
    }
    int r = 0;
    struct json_tree *parent = follow(root, path, path->n_steps - 1, false, &r);
    const struct buffer *step = &path->steps[path->n_steps - 1];
    size_t place = r == 0 ? find(parent, step, &r) : 0;
    if (r != 0) {
        return r;
    }
    follow(root, path, path->n_steps - 1, true, &r);
    if (json_tree_byte(parent) == '{') {
        json_tree_remove_name(parent, place);
    } else {
        remove_member(parent, place);
    }
    return 0;
}

int json_tree_create_parents(struct json_tree *root, const struct json_tree_path *path)
{
    for (size_t n = 1; n < path->n_steps; n++) {
        int r = 0;
        struct json_tree *parent = follow(root, path, n - 1, false, &r);
        require(parent != NULL);
        find(parent, &path->steps[n - 1], &r);
        if (r == -ENOENT && json_tree_byte(parent) == '{') {
            struct json_tree_path made = *path;
            made.n_steps = n;
            r = json_tree_set(&root, &made, json_tree_parse("{}", 2));
        }
        if (r != 0) {
            return r;
        }
    }
    if (path->n_steps == 0) {
        return 0;
    }
    int r = 0;
    struct json_tree *parent = follow(root, path, path->n_steps - 1, false, &r);
    return strchr("{[", json_tree_byte(parent)) != NULL ? 0 : -ENOTDIR;
}

static bool is_same_text(const struct buffer *before, const struct buffer *written, bool is_line)
{
    if (before->len != written->len) {
        return false;
    }
    for (size_t i = 0; i < before->len; i++) {
        bool is_break = before->data[i] == '\n' || before->data[i] == '\r';
        if (written->data[i] != (is_line && is_break ? ' ' : before->data[i])) {
            return false;
        }
    }
    return true;
}

bool json_tree_is_written(const struct json_tree *tree, const struct json_tree *written,
                          bool is_line)
{
    if (!tree->is_touched) {
        return is_same_text(&tree->raw, &written->raw, is_line);
    }
    if (json_tree_byte(tree) != json_tree_byte(written) || tree->n_members != written->n_members) {
        return false;
    }
    for (size_t i = 0; i < tree->n_members; i++) {
        const struct json_tree_member *a = &tree->members[i];
        const struct json_tree_member *b = &written->members[i];
        if (!is_same(&a->name, &b->name) ||
            (a->raw_name.len > 0 && !is_same(&a->raw_name, &b->raw_name)) ||
            !json_tree_is_written(a->value, b->value, is_line)) {
            return false;
        }
    }
    return true;
}

void json_tree_path_text(const struct json_tree_path *path, struct buffer *out)
{
    for (size_t i = 0; i < path->n_steps; i++) {
        put(out, "/", 1);
        for (size_t j = 0; j < path->steps[i].len; j++) {
            char byte = path->steps[i].data[j];
            put(out,
                byte == '~'   ? "~0"
                : byte == '/' ? "~1"
                              : &byte,
                byte == '~' || byte == '/' ? 2 : 1);
        }
    }
    put(out, "", 1);
}

void json_tree_path_deinit(struct json_tree_path *path)
{
    for (size_t i = 0; i < TREE_PATH_MAX; i++) {
        buffer_deinit(&path->steps[i]);
    }
    path->n_steps = 0;
}
