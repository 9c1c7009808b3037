#!/bin/sh
# Gradients of emitted code against five-point differences of its own values: every row of the op table and every function
# (ops.txt) at thirteen shapes, inside and outside of loops, forwards and backwards; the models of models/; every cell of
# std in two layers, one of them reversed. Then the same with errors planted in the compiler: each gradient column is once
# replaced by its negative and once by nothing, and some mistakes around them (faults.c); each must be noticed.
#     sh tests/gradcheck/run.sh [NAME...]     only these names of ops.txt, models or cells, without planted errors
# clang with sanitizers is the reference build; gcc with optimisation checks some shapes again.
# BUILD: where librnnc.a and librnn.a are (made when they are missing). Prints a line a test; exits 1 when one fails.
cd "${ROOT:-$(dirname "$0")/../..}" || exit 1
BUILD=${BUILD:-build}
CC=${CC:-$(command -v clang || command -v gcc)}
SECOND=$(command -v gcc || command -v clang)
HERE=tests/gradcheck
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM
WANTED=$*
mkdir "$WORK/model" "$WORK/line" || exit 1
export WORK HERE CC SECOND

make -s --no-print-directory BUILD="$BUILD" lib lib-compiler || exit 1
WARN="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Werror"
# The three checks that are left out triple the time that emitted code takes to compile; two of models/ have them.
SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all"
LIGHT="-fno-sanitize=null,alignment,pointer-overflow"
FAST="-O1"
export SANITIZE LIGHT FAST
# shellcheck disable=SC2086
$CC -std=c11 -O1 $WARN -D_POSIX_C_SOURCE=200809L -Icompiler -I. -Iruntime/include -o "$WORK/compile" $HERE/compile.c \
    $HERE/faults.c "$BUILD/librnnc.a" "$BUILD/librnn.a" -lm -ldl || exit 1
for part in drive point difference relations; do
    # shellcheck disable=SC2086
    $CC -std=c11 -O1 $WARN $SANITIZE -Iruntime/include -c -o "$WORK/$part.clang.o" $HERE/$part.c || exit 1
    # shellcheck disable=SC2086
    $SECOND -std=c11 -O2 $WARN -Iruntime/include -c -o "$WORK/$part.gcc.o" $HERE/$part.c || exit 1
done

# Prints the result lines of one test into $WORK/line/$1, whatever went wrong.
cat >"$WORK/functions" <<'EOF'
model_of() { # name file sizes others more
    awk -v want="$1" -v sizes="$3" -v others="$4" $5 -f "$HERE/make.awk" "$HERE/ops.txt" >"$2"
}
build_and_run() { # compiler flags kind C-file: compiles the models of one list and runs their checks
    $1 -std=c99 $2 -ffp-contract=off -DRNN_WITH_MODEL -Iruntime/include -I"$HERE" -c -o "$4.o" "$4" &&
        $1 $2 -o "$4.run" "$4.o" "$WORK/drive.$3.o" "$WORK/point.$3.o" "$WORK/difference.$3.o" "$WORK/relations.$3.o" -lm &&
        timeout 120 "$4.run"
}
# The results of one name: its lines, or a failure when it ended without any.
finish() { # name
    grep -E '^(ok|FAIL)|^    ' "$WORK/line/$1.log" >"$WORK/line/$1"
    grep -q -E '^(ok|FAIL)' "$WORK/line/$1" || {
        echo "FAIL gradcheck/$1 gave no result"
        head -20 "$WORK/line/$1.log" | sed 's/^/    /'
    } >>"$WORK/line/$1"
    grep '^used' "$WORK/line/$1.log" >"$WORK/line/$1.used"
    rm -f "$WORK/model/$1".*
}
EOF
SIZES="1 2 3 4 5 6 7 8 9 15 16 17 33" OTHERS="3 1 2 5 9 11 8 7 17 16 12 33 4"
FEW_SIZES="17 3" FEW_OTHERS="5 16"
export SIZES OTHERS FEW_SIZES FEW_OTHERS

op='
. "$WORK/functions"
name=$1 instead=$2 at=$WORK/model/$1
{
    model_of "$name" "$at.rnn" "$SIZES" "$OTHERS" ""
    echo "$name $at.rnn - $instead" >"$at.list"
    "$WORK/compile" "$at.c" "$at.list" && build_and_run "$CC" "-O0 $SANITIZE $LIGHT" clang "$at.c"
    model_of "$name" "$at.few.rnn" "$FEW_SIZES" "$FEW_OTHERS" "-v step=3"
    echo "$name.gcc $at.few.rnn - $instead" >"$at.list"
    "$WORK/compile" "$at.few.c" "$at.list" | grep -v "^used" || true
    build_and_run "$SECOND" "$FAST" gcc "$at.few.c"
} >"$WORK/line/$name.log" 2>&1
finish "$name"
'
whole='
. "$WORK/functions"
name=$1 at=$WORK/model/$1
{
    [ "$2" = "$at.rnn" ] || cp "$2" "$at.rnn"
    echo "$name $at.rnn - -" >"$at.list"
    case $name in lags | tokens) light= ;; *) light=$LIGHT ;; esac
    "$WORK/compile" "$at.c" "$at.list" && build_and_run "$CC" "-O0 $SANITIZE $light" clang "$at.c"
    sed "s/^$name /$name.gcc /" "$at.list" >"$at.few.list"
    "$WORK/compile" "$at.few.c" "$at.few.list" >/dev/null && build_and_run "$SECOND" "$FAST" gcc "$at.few.c"
} >"$WORK/line/$name.log" 2>&1
finish "$name"
'
faulty='
. "$WORK/functions"
name=$1 at=$WORK/model/faults.$1
{
    instead=$2
    shift 2
    model_of "$name" "$at.rnn" "3 2" "2 3" "-v step=2"
    for fault in "$@"; do echo "$name $at.rnn $fault $instead"; done >"$at.list"
    "$WORK/compile" "$at.c" "$at.list"
    build_and_run "$CC" "-O0" gcc "$at.c"
} >"$WORK/line/faults.$name.log" 2>&1
finish "faults.$name"
'

names() { # of ops.txt, with the op that each takes the place of, or "-"
    awk -F';' '!/^#/ && NF > 3 { n = split($1, part, ":"); gsub(/ /, "", part[1])
        if (!seen[part[1]]++) print part[1], (n > 1 ? part[1] ":" part[2] : "-") }' "$HERE/ops.txt"
}
is_wanted() { # name
    [ -z "$WANTED" ] && return 0
    for w in $WANTED; do [ "$w" = "$1" ] && return 0; done
    return 1
}

# ---- models and cells ----
# A cell in two layers: the second reads the first, from the end. Dims keep their names.
cells() {
    awk '/^cell / {
        name = $2; sub(/\[.*/, "", name)
        dims = $0; sub(/^[^[]*\[/, "", dims); sub(/\].*/, "", dims)
        n = split(dims, part, ","); list = ""
        for (i = 2; i <= n; i++) { gsub(/ /, "", part[i]); if (part[i] ~ /^[A-Z]$/) list = list ", " part[i] }
        out = $0; sub(/.*-> *\(?[^:]*: *\[/, "", out); sub(/\].*/, "", out)
        file = ENVIRON["WORK"] "/model/" name ".rnn"
        print "rnn 1\nuse std.cells\ndim D = 3, H = 9, C = 17\nmodel two_layers {\n    axis batch in 1..4\n    axis t in 1..5\n" \
            "    input x[t] : [D]\n    layer one = " name "[D" list "]\n    layer two = " name "[" out list "]\n" \
            "    h[t] = one(x[t])\n    g[t] = reverse two(h[t])\n    param W, V : [" out "] = uniform(1)\n" \
            "    output y[t] = W * g[t]\n    loss J = mean[t, batch](sumsq(y[t])) + mean[batch](dot(V, g[first] + h[last]))\n}" >file
        print name
    }' compiler/std/cells.rnn
}
state='
. "$WORK/functions"
{
    echo "carry $HERE/carry.rnn - -" >"$WORK/model/state.list"
    "$WORK/compile" "$WORK/model/state.c" "$WORK/model/state.list" >/dev/null &&
        $CC -std=c99 -O0 $SANITIZE $LIGHT -ffp-contract=off -DRNN_WITH_MODEL -DSTATE_MODEL="\"$WORK/model/state.c\"" \
            -Iruntime/include -I"$HERE" -o "$WORK/state" "$HERE/state.c" -lm && timeout 60 "$WORK/state"
} >"$WORK/line/state.log" 2>&1
finish state
'
if is_wanted state; then sh -c "$state" check; fi
{
    cells | while read -r name; do echo "$name $WORK/model/$name.rnn"; done
    for model in "$HERE"/models/*.rnn; do echo "$(basename "$model" .rnn) $model"; done
} | while read -r name file; do is_wanted "$name" && echo "$name $file"; done |
    xargs -r -P 2 -n 2 sh -c "$whole" check

# ---- ops and functions ----
names | while read -r name instead; do is_wanted "$name" && echo "$name $instead"; done |
    xargs -r -P 2 -n 2 sh -c "$op" check

# ---- planted errors ----
# Every column of an op in the model of that op. READ stands for models with loops of both directions.
if [ -z "$WANTED" ]; then
    "$WORK/compile" --columns >"$WORK/columns"
    {
        names | while read -r name instead; do
            faults=$(awk -v op="$name" '$1 == op { printf " %s.%d.negative %s.%d.zero", $1, $2, $1, $2 }' "$WORK/columns")
            [ -z "$faults" ] || echo "$name $instead$faults"
        done
        echo "READ - lag detached border batch mask"
    } | xargs -r -P 2 -L 1 sh -c "$faulty" check
    # every column at twelve shapes or more, or there is no test of it
    cat "$WORK"/line/*.used >"$WORK/used"
    while read -r op column; do
        shapes=$(awk -v op="$op" -v column="$column" '$2 == op && $3 == op && $4 == column { print $5 }' "$WORK/used")
        if [ "${shapes:-0}" -ge 12 ]; then
            echo "ok gradcheck/$op.$column at $shapes shapes"
        else
            echo "FAIL gradcheck/$op.$column: ops.txt uses this column at ${shapes:-0} shapes, 12 are wanted"
        fi
    done <"$WORK/columns" >"$WORK/line/columns"
fi

find "$WORK/line" -type f ! -name '*.log' ! -name '*.used' | sort | xargs cat >"$WORK/all"
cat "$WORK/all"
good=$(grep -c '^ok ' "$WORK/all")
bad=$(grep -c '^FAIL ' "$WORK/all")
echo "$good passed, $bad failed"
[ "$bad" -eq 0 ] && [ "$good" -gt 0 ]
