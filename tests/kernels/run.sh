#!/bin/sh
# Builds and runs the kernel tests for numbers of lanes, real types, compilers and both kinds of multiply-add; then
# compares the hashes of all results: within one real type and one kind of multiply-add they must be equal.
#     sh tests/kernels/run.sh [quick|check]
# quick: one compiler, most and fewest lanes, short lists, one build with sanitizers. check: both compilers, all sizes.
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
MODE=${1:-quick}
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM
TESTS="simd math row random product gradient"
STRICT="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion -Wfloat-conversion
    -Wcast-qual -Wcast-align -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wswitch-default -Werror"

can() { grep -qw "$1" /proc/cpuinfo 2>/dev/null; }
have() { command -v "$1" >/dev/null 2>&1; }

# One line a build: compiler, its flags. Lanes that the machine cannot run are left out.
builds() {
    first=$(have clang && echo clang || echo gcc)
    native=$(can fma && echo "-march=native")
    for lanes in 16 8 4 1; do
        if [ $lanes = 16 ] && ! can avx512f; then continue; fi
        if [ $lanes = 8 ] && ! can avx2; then continue; fi
        if [ "$MODE" = quick ] && [ $lanes != 16 ] && [ $lanes != 1 ]; then continue; fi
        echo "$first -O2 $native -DRNN_LANES=$lanes"
        if [ "$MODE" = quick ]; then continue; fi
        echo "$first -O3 $native -DRNN_LANES=$lanes -DRNN_REAL_DOUBLE=1"
        if have gcc && [ $first != gcc ]; then
            echo "gcc -O3 $native -DRNN_LANES=$lanes"
        fi
        if [ $lanes = 8 ] || [ $lanes = 4 ]; then continue; fi
        if have gcc; then echo "gcc -O2 $native -DRNN_LANES=$lanes -DRNN_REAL_DOUBLE=1"; fi
        echo "$first -O2 $native -DRNN_LANES=$lanes -DRNN_FMA=0"
    done
    echo "$first -O1 $native -DRNN_REAL_DOUBLE=1 -fsanitize=address,undefined -fno-sanitize-recover=all"
    if [ "$MODE" = quick ]; then return; fi
    echo "$first -O1 $native -fsanitize=address,undefined -fno-sanitize-recover=all"
    echo "$first -O0 -DRNN_LANES=1 -DRNN_FMA=0"
    echo "$first -O2 -DRNN_LANES=4 -DRNN_FMA=0"
    echo "$first -O2 $native -DRNN_MATH_PRECISE=1 -DTEST_UNHASHED=1"
    if have gcc; then
        echo "gcc -std=gnu11 -O3 $native -DRNN_LANES=1" # a dialect in which gcc would fuse on its own
        echo "gcc -O2 -DRNN_FMA=0"
        echo "gcc -O0 $native"
    fi
}

one() { # index, command of the build: results into $WORK/index
    at=$1
    cc=$2
    shift 2
    for t in $TESTS; do
        long=
        if [ "$MODE" != quick ]; then
            case $t in math) long=499 ;; product | gradient) long=all ;; esac
            case "$cc $*" in *sanitize* | *-O0* | *DOUBLE* | *FMA=0* | gcc*) long= ;; esac # the same text, again
        fi
        if ! "$cc" -std=c99 "$@" $STRICT -I"$ROOT/runtime/include" "$HERE/test_$t.c" -o "$WORK/$at.$t" -lm 2>"$WORK/$at.log" ||
            ! timeout 300 "$WORK/$at.$t" $long >"$WORK/$at.out" 2>>"$WORK/$at.log"; then
            echo "FAIL kernels/$t: $cc $*" >>"$WORK/$at"
            head -20 "$WORK/$at.log" | sed 's/^/    /' >>"$WORK/$at"
            continue
        fi
        tail -n 1 "$WORK/$at.out" | sed "s/\$/ arguments '$long' of $cc $*/" >>"$WORK/$at"
        rm -f "$WORK/$at.$t"
    done
}

# Two workers; each takes the next build that is not taken.
worker() {
    index=0
    while read -r build; do
        index=$((index + 1))
        # shellcheck disable=SC2086
        if mkdir "$WORK/taken.$index" 2>/dev/null; then one $index $build </dev/null; fi
    done <"$WORK/builds"
}
builds >"$WORK/builds"
worker &
worker &
wait

FAILED=0
for cc in gcc clang; do
    have $cc || continue
    printf '#include "rnn/kernels.h"\n' >"$WORK/empty.c"
    for flag in -ffast-math -Ofast; do
        if $cc $flag -I"$ROOT/runtime/include" -c "$WORK/empty.c" -o "$WORK/empty.o" 2>/dev/null; then
            echo "FAIL kernels: $cc $flag is not refused"
            FAILED=1
        fi
    done
    $cc -O2 -ffast-math -DRNN_ALLOW_FAST_MATH -I"$ROOT/runtime/include" -c "$WORK/empty.c" -o "$WORK/empty.o" || FAILED=1
done

cat "$WORK"/[0-9] "$WORK"/[0-9][0-9] 2>/dev/null >"$WORK/all"
grep -A 20 FAIL "$WORK/all" && FAILED=1
# name real lanes N fma F: ... hash H arguments 'A' of BUILD: H is a function of name, real, F and A
grep -v -e FAIL -e '^ ' -e TEST_UNHASHED "$WORK/all" | awk '
    { key = $1 " " $2 " fma " $6; for (i = 7; i < NF; i++) { if ($i == "hash") h = $(i + 1); if ($i == "arguments") key = key $(i + 1) } }
    (key in seen) && seen[key] != h { print "FAIL kernels: other bits: " $0; print "    against " line[key]; bad = 1 }
    !(key in seen) { seen[key] = h; line[key] = $0 }
    END { exit bad }' || FAILED=1
awk '/ checks,/ { for (i = 1; i < NF; i++) if ($(i + 1) == "checks,") n += $i }
    END { printf "kernels: %d checks\n", n }' "$WORK/all"
[ $FAILED = 0 ] && echo "ok kernels ($MODE, $(wc -l <"$WORK/builds") builds)"
exit $FAILED
