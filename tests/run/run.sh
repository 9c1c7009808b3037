#!/bin/sh
# Each NAME.rnn holds, in comments that begin with "#c ", the C program that uses the emitted code: it includes
# "model.h" and "run.h" and exits with 0 when all it expects holds. Compiled by gcc and by clang with ASan and UBSan,
# under the project's list of warnings. Further comments:
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
    timeout 100 "$@" >"$dir/log" 2>&1 && return
    echo "FAIL run/$name $what"
    sed "s/^/    /" "$dir/log" | head -30
    exit 0
}
{
    # shellcheck disable=SC2046
    step "rnnc refuses it" "$RNNC" "$1" -o "$dir/model.c" $(sed -n "s/^#rnnc //p" "$1")
    for cc in gcc clang; do
        command -v $cc >/dev/null || continue
        san="-fsanitize=address,undefined -fno-sanitize-recover=all"
        # shellcheck disable=SC2046,SC2086
        step "does not compile with $cc" $cc -std=c99 -O1 -g $san $warnings -DRNN_WITH_MODEL -Iruntime/include -Itests/run \
            -I"$dir" $(sed -n "s/^#cc //p" "$1") -o "$dir/$cc.run" "$dir/model.c" "$dir/main.c" -lm
        step "fails with $cc" "$dir/$cc.run"
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
