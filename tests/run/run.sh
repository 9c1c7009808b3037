#!/bin/sh
# Each NAME.rnn holds, in comments that begin with "#c ", the C program that uses the emitted code: it includes
# "model.h" and "run.h" and exits with 0 when all it expects holds. Compiled by clang with ASan and UBSan under the
# project's list of warnings; make check adds gcc, and both compilers at -O0 and at -O3 -march=native. Further comments:
#   #rnnc OPTIONS      given to rnnc
#   #cc OPTIONS        given to the C compiler
cd "${ROOT:-$(dirname "$0")/../..}" || exit 1
RNNC=${SANITIZED:-${BUILD:-build}}/rnnc
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion -Wfloat-conversion
    -Wcast-qual -Wcast-align -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wswitch-default -Werror"
export RNNC WORK warnings

one='
name=$(basename "$1" .rnn)
dir=$WORK/$name
mkdir -p "$dir"
sed -n "s/^#c \{0,1\}//p" "$1" >"$dir/main.c"
step() { # what, command
    what=$1 && shift
    timeout 200 "$@" >"$dir/log" 2>&1 && return
    echo "FAIL run/$name $what"
    sed "s/^/    /" "$dir/log" | head -30
    exit 0
}
{
    # shellcheck disable=SC2046
    step "rnnc refuses it" "$RNNC" "$1" -o "$dir/model.c" $(sed -n "s/^#rnnc //p" "$1")
    sanitized="-O0 -g -fsanitize=address,undefined -fno-sanitize-recover=all"
    if [ "$MODE" = quick ]; then set -- "$1" "clang $sanitized"; else
        set -- "$1" "clang $sanitized" "gcc $sanitized" "clang -O0" "clang -O3 -march=native" "gcc -O0" "gcc -O3 -march=native"
    fi
    source=$1
    shift
    for build; do
        command -v ${build%% *} >/dev/null || continue
        # shellcheck disable=SC2046,SC2086
        step "does not compile with $build" $build -std=c99 $warnings -DRNN_WITH_MODEL -Iruntime/include -Itests/run \
            -I"$dir" $(sed -n "s/^#cc //p" "$source") -o "$dir/run" "$dir/model.c" "$dir/main.c" -lm
        step "fails with $build" "$dir/run"
    done
    echo "ok run/$name"
} >"$dir/result"
'
for test in tests/run/*.rnn; do
    [ -f "$test" ] || continue
    if [ $# -eq 0 ] || [ "$1" = "$(basename "$test" .rnn)" ]; then echo "$test"; fi
done | xargs -n 1 -P 2 sh -c "$one" run
cat "$WORK"/*/result 2>/dev/null
! grep -q '^FAIL' "$WORK"/*/result 2>/dev/null
