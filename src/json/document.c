/* SPDX-License-Identifier: Apache-2.0 */
#include "json/document.h"

const unsigned char json_kind_of_byte[256] = {
    ['{'] = JSON_OBJECT, ['['] = JSON_ARRAY,  ['"'] = JSON_STRING, ['-'] = JSON_NUMBER,
    ['0'] = JSON_NUMBER, ['1'] = JSON_NUMBER, ['2'] = JSON_NUMBER, ['3'] = JSON_NUMBER,
    ['4'] = JSON_NUMBER, ['5'] = JSON_NUMBER, ['6'] = JSON_NUMBER, ['7'] = JSON_NUMBER,
    ['8'] = JSON_NUMBER, ['9'] = JSON_NUMBER, ['t'] = JSON_BOOL,   ['f'] = JSON_BOOL,
    ['n'] = JSON_NULL,
};
