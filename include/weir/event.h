/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event: reading and patching one JSON document.
 *
 * Your enrichment function is handed one `struct weir_event` at a time. An event is the bytes that
 * came in and a list of patches. Reading it (weir_event_get_*) looks the value up in those bytes;
 * changing it (weir_event_set_*, weir_event_remove) records a patch; when your function has returned,
 * the bytes are written on with the patches spliced in. What no patch touches goes out exactly as it
 * came in: numbers of any size, the order of members, escapes, unknown fields.
 *
 * Where: JSON Pointers
 *
 * A place in the event is named by a JSON Pointer (RFC 6901): "/page/page_id", "/tags/0"; `~1` stands
 * for a slash and `~0` for a tilde in a name; "" is the whole document. In an array a step is an
 * index (0, 1, 2, ..., no leading zeros); when setting, `-` stands for the place behind the last
 * element. A pointer has at most 64 steps.
 *
 * Patches take effect at once and in order: pointers resolve against the event as it stands, and
 * getters see what was set before. Setting creates the last step's member where it is missing, and
 * replaces it where it is there. The parents must exist, since a made-up parent would hide a mistake;
 * where it is what you want, weir_event_create_parents() makes them. Where an object has several
 * members of one name, the last one is read and replaced; removing takes them all.
 *
 * Views
 *
 * Getters of text hand out a struct weir_view: bytes inside the event. A view is valid until your
 * function returns (also across HTTP calls, and after the value was replaced), and is not
 * NUL-terminated. Copy what you want to keep. Everything you hand in is copied.
 *
 * Errors
 *
 * All functions return 0, or one of these negative errno values:
 *
 *     -ENOENT      there is no such member, element or parent
 *     -ENOTDIR     a step leads into a value that is no object or array
 *     -EPROTOTYPE  the value is of another type than the one asked for
 *     -ERANGE      a number does not fit the type
 *     -EILSEQ      text is not UTF-8, or a string holds half a surrogate pair
 *     -EINVAL      the pointer or the value handed in is malformed
 *     -ENOMEM      no memory
 *
 * Returning such a value from your function sends the event to the error sink, with a message that
 * names the pointer; so `int r = weir_event_set_string(...); if (r < 0) return r;` is all that most
 * functions need. A function that fails leaves the event as it was.
 *
 * Threads: an event belongs to the worker that called your function. Use it only there, and only
 * until your function returns. No function here blocks.
 */
#ifndef WEIR_EVENT_H
#define WEIR_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/export.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weir_event;

/*
 * Return this from your enrichment function to leave the event out of the output. It is counted as
 * dropped, not as an error.
 */
#define WEIR_DROP 1

/* Bytes inside the event: len of them, no NUL behind. Never NULL when a getter returned 0. */
struct weir_view {
    const char *data;
    size_t len;
};

/* The type of a JSON value. All are positive, so that an int can hold a kind or an error. */
enum weir_kind {
    WEIR_OBJECT = 1,
    WEIR_ARRAY = 2,
    WEIR_STRING = 3,
    WEIR_NUMBER = 4,
    WEIR_BOOL = 5,
    WEIR_NULL = 6,
};

/*
 * What is at pointer: an enum weir_kind (positive), -ENOENT where there is nothing, or another error.
 */
WEIR_EXPORT int weir_event_kind(struct weir_event *event, const char *pointer);

/*
 * The string at pointer, unescaped, as UTF-8. Without copying where it holds no escape. It may hold
 * NUL bytes. -EILSEQ where it holds half a surrogate pair (weir_event_get_raw() still reads it).
 */
WEIR_EXPORT int weir_event_get_string(struct weir_event *event, const char *pointer,
                                      struct weir_view *ret_view);

/*
 * The number at pointer as an integer. -EPROTOTYPE where it is written with a fraction or an
 * exponent (1.0, 1e3), -ERANGE where it does not fit.
 */
WEIR_EXPORT int weir_event_get_int64(struct weir_event *event, const char *pointer,
                                     int64_t *ret_value);
WEIR_EXPORT int weir_event_get_uint64(struct weir_event *event, const char *pointer,
                                      uint64_t *ret_value);

/* The number at pointer as the nearest double. -ERANGE where it is too large for one. */
WEIR_EXPORT int weir_event_get_double(struct weir_event *event, const char *pointer,
                                      double *ret_value);

WEIR_EXPORT int weir_event_get_bool(struct weir_event *event, const char *pointer, bool *ret_value);

/*
 * The value at pointer, of any type, as JSON text, patches included. "" is the whole event. What was
 * not patched is as it came in, so that an object may hold line breaks between its members.
 */
WEIR_EXPORT int weir_event_get_raw(struct weir_event *event, const char *pointer,
                                   struct weir_view *ret_view);

/* The number of elements of the array, or of members of the object, at pointer. */
WEIR_EXPORT int weir_event_get_count(struct weir_event *event, const char *pointer,
                                     size_t *ret_count);

/* Sets a string. value is UTF-8 and NUL-terminated, or value_len bytes long. */
WEIR_EXPORT int weir_event_set_string(struct weir_event *event, const char *pointer,
                                      const char *value);
WEIR_EXPORT int weir_event_set_string_len(struct weir_event *event, const char *pointer,
                                          const char *value, size_t value_len);

WEIR_EXPORT int weir_event_set_int64(struct weir_event *event, const char *pointer, int64_t value);
WEIR_EXPORT int weir_event_set_uint64(struct weir_event *event, const char *pointer,
                                      uint64_t value);

/*
 * Sets a number, in the fewest digits that read back as value, always with a fraction or an exponent
 * (1.0). NaN and infinities are no JSON: -EINVAL.
 */
WEIR_EXPORT int weir_event_set_double(struct weir_event *event, const char *pointer, double value);

WEIR_EXPORT int weir_event_set_bool(struct weir_event *event, const char *pointer, bool value);
WEIR_EXPORT int weir_event_set_null(struct weir_event *event, const char *pointer);

/*
 * Sets any value from its JSON text. The text is checked as strictly as an event is (-EINVAL), and
 * may be at most 1,024 brackets deep together with the pointer's steps. pointer "" replaces the whole
 * event, which must then be an object.
 */
WEIR_EXPORT int weir_event_set_raw(struct weir_event *event, const char *pointer, const char *json,
                                   size_t json_len);

/* Removes a member or element; -ENOENT where there is none. Later elements move up. */
WEIR_EXPORT int weir_event_remove(struct weir_event *event, const char *pointer);

/*
 * Makes the missing parents of pointer as empty objects, so that a value can then be set there. What
 * exists stays; the last step itself is not made. -ENOTDIR where a parent exists and is no object or
 * array, -ENOENT where an array has no such element.
 */
WEIR_EXPORT int weir_event_create_parents(struct weir_event *event, const char *pointer);

/*
 * Says why the event failed, for the error sink: type is a short name ("HTTPError"), message a
 * sentence for people; both are copied. Returns a negative error, for you to return:
 *
 *     return weir_event_fail(event, "LookupError", "no such page");
 *
 * The event fails only if your function returns a negative value.
 */
WEIR_EXPORT int weir_event_fail(struct weir_event *event, const char *type, const char *message);

#ifdef __cplusplus
}
#endif

#endif
