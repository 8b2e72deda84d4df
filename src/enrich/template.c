/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/template.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_url.h"

static struct template_part *add_part(struct template *template)
{
    struct template_part *parts =
        realloc(template->parts, (template->n_parts + 1) * sizeof(*template->parts));
    if (parts == NULL) {
        return NULL;
    }
    template->parts = parts;
    parts[template->n_parts] = (struct template_part){ 0 };
    return &parts[template->n_parts++];
}

static int add_text(struct template *template, const char *text, size_t len)
{
    if (len == 0) {
        return 0;
    }
    struct template_part *part = add_part(template);
    if (part == NULL) {
        return -ENOMEM;
    }
    part->text = strndup(text, len);
    return part->text == NULL ? -ENOMEM : 0;
}

static int add_field(struct template *template, const char *name, const char *text, size_t len,
                     struct problem *problem)
{
    struct pointer_fault fault = { 0 };
    struct template_part *part = add_part(template);
    if (part == NULL) {
        return -ENOMEM;
    }
    part->pointer = calloc(1, sizeof(*part->pointer));
    if (part->pointer == NULL) {
        return -ENOMEM;
    }
    int r = pointer_init(part->pointer, text, len, &fault);
    return r != -EINVAL
               ? r
               : problem_set(problem, EINVAL, EXIT_CONFIG, "%s: \"%.*s\" is not a JSON Pointer: %s",
                             name, (int)len, text, fault.reason);
}

static int misplaced(const char *name, char brace, struct problem *problem)
{
    return problem_set(problem, EINVAL, EXIT_CONFIG,
                       "%s: a single %c; expected {/a/pointer}, or %c%c for a brace", name, brace,
                       brace, brace);
}

int template_init(struct template *template, const char *name, const char *text,
                  struct problem *problem)
{
    int r = 0;
    while (r == 0 && *text != '\0') {
        size_t len = strcspn(text, "{}");
        r = add_text(template, text, len);
        text += len;
        if (r < 0 || *text == '\0') {
            break;
        }
        if (text[1] == text[0]) {
            r = add_text(template, text, 1);
            text += 2;
            continue;
        }
        size_t field_len = strcspn(text, "}");
        bool is_field = text[0] == '{' && text[1] == '/' && text[field_len] == '}';
        if (!is_field) {
            return misplaced(name, *text, problem);
        }
        r = add_field(template, name, text + 1, field_len - 1, problem);
        text += field_len + 1;
    }
    return r == -ENOMEM ? problem_set(problem, ENOMEM, EXIT_SOFTWARE, "out of memory") : r;
}

void template_deinit(struct template *template)
{
    for (size_t i = 0; i < template->n_parts; i++) {
        free(template->parts[i].text);
        if (template->parts[i].pointer != NULL) {
            pointer_deinit(template->parts[i].pointer);
            free(template->parts[i].pointer);
        }
    }
    free(template->parts);
    *template = (struct template){ 0 };
}

/* Every byte that could mean something in a URL; and of "." and ".." the dots, which would lead elsewhere. */
static int append_encoded(struct buffer *text, const char *value, size_t len)
{
    int r = buffer_reserve(text, 3 * len);
    bool is_dots =
        (len == 1 && value[0] == '.') || (len == 2 && value[0] == '.' && value[1] == '.');
    for (size_t i = 0; r == 0 && i < len; i++) {
        unsigned char byte = (unsigned char)value[i];
        r = http_url_is_unreserved(byte) && !is_dots ? buffer_append_byte(text, value[i])
                                                     : buffer_printf(text, "%%%02X", byte);
    }
    return r;
}

static int append_header(struct weir_event *event, const struct pointer *pointer,
                         struct buffer *text, const struct weir_view *value)
{
    for (size_t i = 0; i < value->len; i++) {
        unsigned char byte = (unsigned char)value->data[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return event_complain(event, pointer, -EINVAL);
        }
    }
    return buffer_append(text, value->data, value->len);
}

static int render_field(const struct pointer *pointer, enum template_form form,
                        struct weir_event *event, struct buffer *text)
{
    struct weir_view value;
    int r = event_get_raw_at(event, pointer, &value);
    if (r < 0 || form == TEMPLATE_JSON) {
        return r < 0 ? r : buffer_append(text, value.data, value.len);
    }
    if (value.data[0] == '"') {
        r = event_get_string_at(event, pointer, &value);
    } else if (value.data[0] == '{' || value.data[0] == '[' || value.data[0] == 'n') {
        r = event_complain(event, pointer, -EPROTOTYPE);
    }
    if (r < 0) {
        return r;
    }
    return form == TEMPLATE_URL ? append_encoded(text, value.data, value.len)
                                : append_header(event, pointer, text, &value);
}

int template_render(const struct template *template, enum template_form form,
                    struct weir_event *event, struct buffer *ret_text)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < template->n_parts; i++) {
        const struct template_part *part = &template->parts[i];
        r = part->text != NULL ? buffer_append_text(ret_text, part->text)
                               : render_field(part->pointer, form, event, ret_text);
    }
    return r;
}

bool template_has_fixed_host(const struct template *template)
{
    const char *text = template->n_parts > 0 ? template->parts[0].text : NULL;
    const char *authority = text == NULL ? NULL : strstr(text, "://");
    /* Only where it ends inside the literal text no field can be a part of it. */
    return authority != NULL && (template->n_parts == 1 || strpbrk(authority + 3, "/?#") != NULL);
}
