#!/bin/sh
# rnnc check over every function at twelve shapes, inside and outside of the time loop, with one step only, over axes;
# over every cell and example; then plants errors: each gradient column that was used is once replaced by its negative
# and once by nothing, and the check must notice. Columns that no program uses are a failure too.
cd "${ROOT:-$(dirname "$0")/../..}" || exit 1
BUILD=${BUILD:-build}
CC=${CC:-clang}
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM
WANTED=${1:-all}
HERE=tests/gradcheck

# The checker: rnnc with the gradient columns of mutant.c, which are the true ones unless told otherwise. The emitted C is
# compiled without optimisation, for there is much of it and it runs for a moment; where matrices make it run longer, -O1.
make -s --no-print-directory BUILD="$BUILD" all lib-compiler || exit 1
$CC -std=c11 -O1 -Icompiler -I. -Iruntime/include -D_POSIX_C_SOURCE=200809L -o "$WORK/rnnc" $HERE/mutant.c compiler/main.c \
    "$BUILD/librnnc.a" "$BUILD/librnn.a" -lm -ldl || exit 1
for level in 0 1; do
    printf '#!/bin/sh\nexec %s "$@" -O%s\n' "$CC" $level >"$WORK/cc$level" && chmod +x "$WORK/cc$level"
done
mkdir -p "$WORK/models" "$WORK/logs" "$WORK/results"
export WORK

make_model() { # file table axes name loop sizes
    awk -F';' -v want="$4" -v loop="$5" -v axes="$3" -v sizes="$6" -f $HERE/make.awk "$HERE/$2.txt" >"$WORK/models/$1.rnn"
}

names() { # table
    awk -F';' '!/^#/ && NF > 3 { gsub(/ /, "", $1); print $1 }' "$HERE/$1.txt"
}

# name options file, one a line, to $WORK/list
plan() {
    for f in $(names functions); do
        make_model "$f" functions "" "$f" 0 ""
        make_model "$f.loop" functions "" "$f" 1 ""
        make_model "$f.one_step" functions "" "$f" 1 "1 16 17"
        echo "$f --full-size $WORK/models/$f.rnn"
        echo "$f.loop --full-size $WORK/models/$f.loop.rnn"
        echo "$f.one_step --full-size -Dt=1 $WORK/models/$f.one_step.rnn"
    done
    for f in $(names axes); do
        make_model "$f" axes 1 "$f" 0 ""
        make_model "$f.loop" axes 1 "$f" 1 ""
        echo "$f --full-size $WORK/models/$f.rnn"
        echo "$f.loop --full-size $WORK/models/$f.loop.rnn"
    done
    for model in tests/parity/models/*.rnn examples/*/*.rnn $HERE/*.rnn; do
        [ -f "$model" ] || continue
        echo "$(basename "$model" .rnn).model $model"
        case $model in tests/*) echo "$(basename "$model" .rnn).full --full-size $model" ;; esac
    done
}

# One check: $1 is the line. Leaves ok or FAIL in results, and the columns it used in logs.
one='
name=${1%% *}
log=$WORK/logs/$name
case $name in mat* | outer* | transpose*) level=1 ;; *) level=0 ;; esac
# shellcheck disable=SC2086
if RNNC_MUTANT_LOG=$log timeout 300 "$WORK/rnnc" check --cc "$WORK/cc$level" ${1#* } >"$WORK/results/$name.out" 2>&1; then
    echo "ok gradcheck/$name"
else
    echo "FAIL gradcheck/$name"
    { grep WRONG "$WORK/results/$name.out" || tail -n 12 "$WORK/results/$name.out"; } | sed "s/^/    /" | head -12
fi >"$WORK/results/$name.line"
'
plan | while read -r line; do
    name=${line%% *}
    if [ "$WANTED" = all ] || [ "$WANTED" = "$name" ] || [ "$WANTED" = "${name%%.*}" ]; then echo "$line"; fi
done >"$WORK/list"
tr '\n' '\0' <"$WORK/list" | xargs -0 -n 1 -P 2 sh -c "$one" check
cat "$WORK"/results/*.line
[ "$WANTED" = all ] || exit 0

# ---- planted errors ----
# The first small program that uses each column.
for f in $(names functions) $(names axes); do
    [ -f "$WORK/logs/$f" ] || continue
    sort -u "$WORK/logs/$f" | sed "s/\$/ $f/"
done | awk '!seen[$1 " " $2]++' >"$WORK/columns"

mutant='
op=$1 column=$2 f=$3 kind=$4
name=mutant.$op.$column.$kind
model=$WORK/models/$name.rnn
table=functions axes=
grep -q "^$f *;" tests/gradcheck/axes.txt && table=axes axes=1
awk -F";" -v want="$f" -v loop=0 -v axes="$axes" -v sizes=3 -f tests/gradcheck/make.awk "tests/gradcheck/$table.txt" >"$model"
RNNC_MUTANT="$op $column $kind" timeout 100 "$WORK/rnnc" check --full-size --cc "$WORK/cc0" "$model" >"$model.out" 2>&1
if [ $? -eq 1 ] && grep -q WRONG "$model.out"; then
    echo "ok gradcheck/$name"
else
    echo "FAIL gradcheck/$name is not noticed in $f"
    sed "s/^/    /" "$model.out" | head -8
fi >"$WORK/results/$name.line"
'
while read -r op column f; do
    echo "$op $column $f negative"
    echo "$op $column $f zero"
done <"$WORK/columns" | xargs -n 4 -P 2 sh -c "$mutant" mutant
cat "$WORK"/results/mutant.*.line

# Columns of the op table that nothing above used. PAD, SCATTER and GELU_SLOPE stand only in gradients.
"$BUILD/rnnc" --list-ops | awk -F'|' '/^## Operations of the graph/ { on = 1 }
    on && $5 !~ /none/ { gsub(/ /, "", $2); n = split($0, part, " ")
        for (i = 1; i <= n; i++) if (part[i] ~ /^[abc]:$/) print $2, index("abc", substr(part[i], 1, 1)) - 1 }' |
    grep -v -E '^(PAD|SCATTER|GELU_SLOPE) ' | sort >"$WORK/wanted"
cut -d' ' -f1,2 "$WORK/columns" | sort >"$WORK/used"
comm -23 "$WORK/wanted" "$WORK/used" | while read -r op column; do
    echo "FAIL gradcheck/unused: no program uses column $column of $op"
done
