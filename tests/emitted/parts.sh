#!/bin/sh
# Internal functions of the emitted C take (part, parts), and no result depends on parts: each call M_name(..., 0, 1) is
# rewritten to run the parts 2, 1, 0 of 3 one after the other, and all bytes that every entry point leaves (parts.c) are
# compared with those of the file as it was. Where gcc has a thread sanitizer the parts run at the same time as well:
# what two parts write, or one reads that another writes, is a race.
#     sh tests/emitted/parts.sh [NAME]
cd "${ROOT:-$(dirname "$0")/../..}" || exit 1
BUILD=${BUILD:-build}
RNNC=$BUILD/rnnc
CC=${CC:-$(command -v clang || command -v gcc)}
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM
MODELS="examples/charlm/charlm.rnn examples/tagger/tagger.rnn examples/sentiment/sentiment.rnn
    examples/forecast/forecast.rnn examples/recall/recall.rnn examples/zaremba/zaremba.rnn
    tests/structure/layernormlstm.rnn tests/structure/matrix.rnn tests/run/names.rnn tests/emitted/tied.rnn"
MODELS="$MODELS tests/structure/vocabulary.rnn tests/structure/twoways.rnn $(echo tests/gradcheck/models/*.rnn)"

# Calls on one line, then in parts. `how` is what runs them: "loop", or "threads" (parts_run is below).
in_parts() { # prefix how
    awk -v m="$1" -v how="$2" '
    {
        line = $0
        while (line ~ "^ +" m "_[A-Za-z0-9_]*\\(" && line !~ /[;{]$/) {
            getline more
            sub(/^ +/, "", more)
            line = line " " more
        }
        if (line ~ "^ +" m "_[A-Za-z0-9_]*\\(.*, 0, 1\\);$") {
            calls++
            sub(/^ +/, "", line)
            sub(/, 0, 1\);$/, ", part, 3);", line)
            if (how == "loop") line = "for (int part = 2; part >= 0; part--) " line
            else line = "{ void run(int part) { " line " } parts_run(run); }"
        }
        print line
    }
    END { if (calls <= 10) { print "only", calls, "calls take parts" > "/dev/stderr"; exit 1 } }'
}

threads='#include <pthread.h>
static void *parts_one(void *at) { void **a = at; ((void (*)(int))a[0])((int)(long)a[1]); return 0; }
static void parts_run(void (*run)(int)) {
    pthread_t id[3]; void *a[3][2];
    for (long p = 0; p < 3; p++) { a[p][0] = (void *)run; a[p][1] = (void *)p; if (pthread_create(&id[p], 0, parts_one, a[p])) __builtin_trap(); }
    for (int p = 0; p < 3; p++) pthread_join(id[p], 0);
}'

# The thunk of backward asks for the adjoint of the state, where there is one.
with_state() {
    if grep -q 'd of the initial state' "$1.h"; then
        sed 's/^    memset(&below, 0, sizeof below);/&\
    { extern void *parts_below; below.state = parts_below; }/' "$1.c"
    else cat "$1.c"; fi
}

build() { # output, source, compiler and options
    to=$1 source=$2
    shift 2
    "$@" -std=gnu99 -g -DRNN_WITH_MODEL -DMODEL="${prefix}_model" -Iruntime/include -I"$dir" -o "$to" "$source" \
        tests/emitted/parts.c -lm -lpthread
}

has_tsan() {
    echo 'int main(void) { void f(int i) { (void)i; } void (*g)(int) = f; g(1); return 0; }' >"$WORK/tsan.c"
    gcc -fsanitize=thread -o "$WORK/tsan" "$WORK/tsan.c" 2>/dev/null && "$WORK/tsan" 2>/dev/null
}

check() { # model
    name=$(basename "$1" .rnn)
    dir=$WORK/$name
    mkdir -p "$dir"
    case $name in # small, and of several blocks of panels
    charlm | recall | tagger | sentiment) sizes="-DV=33 -DE=21 -DH=70" ;;
    zaremba) sizes="-DV=33 -DH=70" ;;
    *) sizes= ;;
    esac
    # shellcheck disable=SC2086
    "$RNNC" "$1" -o "$dir/whole.c" $sizes || return 1
    prefix=$(sed -n 's/^const rnn_model \*\([A-Za-z0-9_]*\)_model(void)$/\1/p' "$dir/whole.c")
    with_state "$dir/whole" >"$dir/one.c"
    in_parts "$prefix" loop <"$dir/one.c" >"$dir/loop.c" || return 1
    strict="-Wall -Wextra -Wshadow -Werror" # the sanitizers take a minute of clang beyond -O0
    # shellcheck disable=SC2086
    build "$dir/one" "$dir/one.c" $CC $strict -O1 &&
        build "$dir/loop" "$dir/loop.c" $CC $strict -O0 -fsanitize=address,undefined -fno-sanitize-recover=all || return 1
    timeout 120 "$dir/one" >"$dir/one.bytes" && timeout 120 "$dir/loop" >"$dir/loop.bytes" || return 1
    [ "$(wc -c <"$dir/one.bytes")" -gt 1000 ] && cmp "$dir/one.bytes" "$dir/loop.bytes" || return 1
    [ -n "$TSAN" ] || return 0
    { echo "$threads"; in_parts "$prefix" threads <"$dir/one.c"; } >"$dir/threads.c" || return 1
    build "$dir/threads" "$dir/threads.c" gcc -O0 -w -fsanitize=thread || return 1
    timeout 300 "$dir/threads" >"$dir/threads.bytes" && cmp "$dir/one.bytes" "$dir/threads.bytes"
}

# shellcheck disable=SC2154
if [ -n "$PARTS_OF" ]; then
    if check "$PARTS_OF" >"$WORK/log" 2>&1; then echo "ok emitted/parts.$name"; else
        echo "FAIL emitted/parts.$name"
        head -n 20 "$WORK/log" | sed 's/^/    /'
    fi
    exit 0
fi
TSAN=$(has_tsan && echo yes)
export TSAN
[ -n "$TSAN" ] || echo "skipped parts at the same time: gcc has no thread sanitizer here"
for model in $MODELS; do
    if [ $# -eq 0 ] || [ "$1" = "$(basename "$model" .rnn)" ]; then echo "$model"; fi
done | xargs -P 2 -I MODEL env PARTS_OF=MODEL sh tests/emitted/parts.sh >"$WORK/results"
cat "$WORK/results"
! grep -q '^FAIL' "$WORK/results"
