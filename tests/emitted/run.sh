#!/bin/sh
# The emitted C as its user meets it: no warning under any compiler, standard, level and real type; headers as C++; no
# writable data and no stray symbol in the object; -ffast-math refused; two models in one program; and the same bits for
# every unrolling and entry of the schedule and for chunks of steps, nearly the same for every number of lanes.
# parts.sh: work in parts.
cd "${ROOT:-$(dirname "$0")/../..}" || exit 1
ROOT=$PWD
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
RNNC=$BUILD/rnnc
CC=${CC:-$(command -v clang || command -v gcc)}
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM
MODELS="examples/charlm/charlm.rnn examples/tagger/tagger.rnn examples/recall/recall.rnn examples/caption/caption.rnn
    tests/parity/models/peep_lstm.rnn tests/parity/models/many_to_one.rnn tests/parity/models/layer_norm_lstm.rnn"
CHUNKED="tests/structure/vocabulary.rnn tests/structure/twoways.rnn tests/emitted/backwards.rnn examples/charlm/charlm.rnn
    examples/zaremba/zaremba.rnn examples/tagger/tagger.rnn examples/caption/caption.rnn
    examples/forecast/forecast.rnn" # more steps than a chunk has
have() { command -v "$1" >/dev/null 2>&1; }

report() { # name status
    if [ "$2" -eq 0 ]; then
        echo "ok emitted/$1"
    else
        echo "FAIL emitted/$1"
        head -n 12 "$WORK/log" | sed 's/^/    /'
    fi
}

emit() { # model options...: to $WORK/NAME.c; small where its dims have the usual names
    file=$1 && shift
    name=$(basename "$file" .rnn)
    # shellcheck disable=SC2086
    "$RNNC" "$file" -o "$WORK/$name.c" "$@" >"$WORK/log" 2>&1
}

warnings() { # model
    for real in float double; do
        emit "$1" --real=$real || return 1
        for cc in gcc clang; do
            have $cc || continue
            for std in c99 c11 c17; do
                $cc -fsyntax-only -I"$ROOT/runtime/include" -DRNN_WITH_MODEL $STRICT -std=$std "$WORK/$name.c" >"$WORK/log" 2>&1 || return 1
            done
            $cc -O2 -S -o /dev/null -I"$ROOT/runtime/include" $STRICT -std=c99 "$WORK/$name.c" >"$WORK/log" 2>&1 || return 1
        done
        for cc in g++ clang++; do
            have $cc || continue
            for std in c++98 c++11 c++17; do
                echo "#include \"$name.h\"" >"$WORK/header.cpp"
                $cc -fsyntax-only -Wall -Wextra -Werror -std=$std -I"$WORK" -I"$ROOT/runtime/include" "$WORK/header.cpp" >"$WORK/log" 2>&1 || return 1
            done
        done
    done
}
STRICT="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion -Wfloat-conversion -Wcast-qual
    -Wcast-align -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wswitch-default -Werror"

symbols() { # model: all defined ones begin with its name, none is writable, and only these are taken from elsewhere
    emit "$1" --prefix=zz && $CC -O2 -std=c99 -I"$ROOT/runtime/include" -c -o "$WORK/zz.o" "$WORK/$name.c" >"$WORK/log" 2>&1 || return 1
    nm "$WORK/zz.o" | awk '
        NF == 2 && $1 == "U" { if ($2 !~ /^(memcpy|memset|memmove|memcmp|strcmp|_GLOBAL_OFFSET_TABLE_|(exp|expm1|log|log1p|tanh|sqrt|sin|cos|pow|erf|erfc|floor|fabs|fma|fmax|fmin)f?)$/) { print "needs", $2; bad = 1 } next }
        $2 ~ /[bBdDC]/ { print "writable", $3; bad = 1 }
        $2 ~ /[TRVW]/ && $3 !~ /^zz_/ { print "stray", $3; bad = 1 }
        END { exit bad }' >"$WORK/log"
}

fast_math() {
    emit examples/charlm/charlm.rnn && ! $CC -ffast-math -std=c99 -I"$ROOT/runtime/include" -c -o "$WORK/x.o" "$WORK/charlm.c" >"$WORK/log" 2>&1
}

two_models() { # standalone, in one program, their headers in one file
    emit examples/charlm/charlm.rnn --standalone && emit examples/forecast/forecast.rnn --standalone || return 1
    printf '#include "charlm.h"\n#include "forecast.h"\nint main(void){return charlm_check(CHARLM_LAYOUT_HASH) + forecast_check(FORECAST_LAYOUT_HASH);}\n' >"$WORK/two.c"
    $CC -std=c99 -Wall -Wextra -Werror -o "$WORK/two" "$WORK/two.c" "$WORK/charlm.c" "$WORK/forecast.c" -lm >"$WORK/log" 2>&1 && "$WORK/two"
}

drive_built() { # program, C compiler options...: of the emitted $name.c
    program=$1 && shift
    prefix=$(sed -n 's/^model \([A-Za-z0-9_]*\).*/\1/p' "$file")
    $CC -std=c99 "$@" -DRNN_WITH_MODEL -DMODEL="${prefix}_model" -I"$ROOT/runtime/include" -o "$WORK/$program" "$WORK/$name.c" tests/emitted/drive.c -lm \
        >"$WORK/log" 2>&1
}

drive() { # output, C compiler options...: what the emitted $name.c gives
    to=$1 && shift
    drive_built drive "$@" && "$WORK/drive" "${STEPS:-7}" >"$WORK/$to" 2>>"$WORK/log"
}

unrollings() { # model: the same bits for all, with remainders of k and of the steps
    first=
    for unroll in 4,1 8,2 16,4 32,1; do
        # shellcheck disable=SC2086
        emit "$1" --unroll=$unroll $2 && drive "bits.$unroll" -O1 -march=native || return 1
        first=${first:-bits.$unroll}
        cmp "$WORK/$first" "$WORK/bits.$unroll" >"$WORK/log" 2>&1 || return 1
    done
    [ "$(wc -l <"$WORK/$first")" -gt 20 ]
}

chunks() { # model: the same bits by chunks of steps, the last one shorter than the others, as for a whole window
    case $1 in */zaremba.rnn) sizes=-DH=40 ;; *) sizes= ;; esac
    for chunks in no yes; do
        # shellcheck disable=SC2086
        emit "$1" --chunks=$chunks $sizes && drive_built "drive.$chunks" -O1 -march=native || return 1
    done
    for window in "50 40" "64 9" "1 7"; do # steps and rows
        for chunks in no yes; do
            # shellcheck disable=SC2086
            "$WORK/drive.$chunks" $window >"$WORK/chunks.$chunks" 2>"$WORK/log" || return 1
        done
        cmp "$WORK/chunks.no" "$WORK/chunks.yes" >"$WORK/log" 2>&1 || return 1
    done
    [ "$(wc -l <"$WORK/chunks.yes")" -gt 10 ]
}

lanes() { # model: all that this machine can run, to 2e-6 of the largest number of that name
    # shellcheck disable=SC2086
    emit "$1" $2 || return 1
    for lanes in 1 4 8 16; do
        if [ $lanes = 16 ] && ! grep -qw avx512f /proc/cpuinfo; then continue; fi
        if [ $lanes = 8 ] && ! grep -qw avx2 /proc/cpuinfo; then continue; fi
        drive lanes.$lanes -O1 -march=native -DRNN_LANES=$lanes || return 1
        awk 'FNR == NR { value[FNR] = $2; a = $2 < 0 ? -$2 : $2; if (a > most[$1]) most[$1] = a; next }
            { d = $2 - value[FNR]; if (d < 0) d = -d; if (!(d <= 2e-6 * most[$1] + 1e-30)) { print $1, value[FNR], $2; bad++ } }
            END { exit bad > 0 || FNR < 20 }' "$WORK/lanes.1" "$WORK/lanes.$lanes" >"$WORK/log" || return 1
    done
}

whole_model() { # model: all that is asked of one
    n=$(basename "$1" .rnn)
    case $n in
    charlm | recall | tagger) sizes="-DV=13 -DE=9 -DH=19" ;;
    caption) sizes="-DF=11 -DV=13 -DE=9 -DH=19" ;;
    *) sizes= ;;
    esac
    warnings "$1"
    report "$n.warnings" $?
    symbols "$1"
    report "$n.symbols" $?
    unrollings "$1" "$sizes"
    report "$n.unrollings" $?
    lanes "$1" "$sizes"
    report "$n.lanes" $?
}

# One name: that model, or "parts". None: all models, two at a time, and what concerns more than one.
if [ $# -gt 0 ]; then
    if [ "$1" = parts ]; then exec sh tests/emitted/parts.sh; fi
    for model in $MODELS; do
        if [ "$1" = "$(basename "$model" .rnn)" ]; then whole_model "$model"; fi
    done
    for model in $CHUNKED; do
        if [ "$1" = "$(basename "$model" .rnn).chunks" ]; then chunks "$model"; report "$1" $?; fi
    done
    exit 0
fi
for model in $MODELS; do basename "$model" .rnn; done |
    xargs -P 2 -I NAME sh -c '{ sh tests/emitted/run.sh NAME || echo "FAIL emitted/NAME ended early"; } >"$0/NAME.results" 2>&1' "$WORK"
for model in $MODELS; do cat "$WORK/$(basename "$model" .rnn).results"; done
for model in $CHUNKED; do
    chunks "$model"
    report "$(basename "$model" .rnn).chunks" $?
done
fast_math
report fast_math $?
two_models
report two_models $?
sh tests/emitted/parts.sh
