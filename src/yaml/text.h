/* SPDX-License-Identifier: Apache-2.0 */
/* Characters and places in a text, before libyaml sees it. Pure. */
#ifndef WEIR_YAML_TEXT_H
#define WEIR_YAML_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is wrong with a text; the texts for people are in yaml_text_fault_name(). */
enum yaml_text_fault { TEXT_GOOD, TEXT_NOT_UTF8, TEXT_CONTROL };

/*
 * Finds the first byte that is not UTF-8 (RFC 3629), or the first control character that YAML does
 * not allow (all but tab, line feed and carriage return). *ret_offset is set unless TEXT_GOOD.
 */
enum yaml_text_fault yaml_text_check(const char *text, size_t len, size_t *ret_offset);

const char *yaml_text_fault_name(enum yaml_text_fault fault);

/* Line and column, from 1, of a byte of the text; columns count characters. */
void yaml_text_place(const char *text, size_t offset, uint32_t *ret_line, uint32_t *ret_column);

/* The byte at which the n-th character (from 0) begins; len where there are not so many. */
size_t yaml_text_offset(const char *text, size_t len, size_t n_characters);

#endif
