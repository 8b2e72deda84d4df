#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Each public header is complete in itself, as ISO C11 and as C++17, and may be included twice.
#
#     headers.sh INCLUDE_DIR "C COMPILER" "C++ COMPILER"
set -u
include_dir=$1
failed=0
n=0

compile() {
    header=$1
    shift
    # The compiler may be several words, as `ccache gcc` is.
    # shellcheck disable=SC2086
    if ! printf '#include <weir/%s>\n#include <weir/%s>\nint weir_header_test;\n' \
        "$header" "$header" |
        $1 -x "$2" "-std=$3" -I"$include_dir" -Wall -Wextra -Werror -pedantic-errors \
            -fsyntax-only -; then
        echo "weir/$header as $3: failed"
        failed=$((failed + 1))
    fi
    n=$((n + 1))
}

for path in "$include_dir"/weir/*.h; do
    compile "${path##*/}" "$2" c c11
    compile "${path##*/}" "$3" c++ c++17
done
echo "$n compilations, $failed failed"
[ "$failed" -eq 0 ] && [ "$n" -gt 0 ]
