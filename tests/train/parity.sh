#!/bin/sh
# Trains from the same weights, on the same windows and with the same optimiser as a PyTorch script did (parity_make.py),
# and compares the loss and the gradient's norm of every step: 200 in double within 1e-8, 50 in float within 1e-4.
# Prints a line a case; exits 1 when one fails. BUILD: where rnnc is.
HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
RNNC=${RNNC:-$BUILD/rnnc}
CC=${CC:-$(command -v clang || command -v gcc)}
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM
FAILED=0

report() { # status name why
    if [ "$1" -eq 0 ]; then
        echo "ok train/$2"
    else
        echo "FAIL train/$2 $3"
        sed 's/^/    /' "$WORK/log" | tail -20
        FAILED=1
    fi
}

# The comparison must see what a wrong trainer does: a last step missing, a step doubled, a loss off by 2e-8 at one
# step, a norm that is not a number.
finds() { # what, command that changes a log on its standard input
    name=$1 && shift
    "$@" <"$HERE/parity.sgd.log" >"$WORK/planted"
    if "$WORK/compare_log" "$HERE/parity.sgd.log" "$WORK/planted" 1e-8 200 >"$WORK/log"; then
        report 1 "comparison misses $name" ""
    fi
}

self_test() {
    "$WORK/compare_log" "$HERE/parity.sgd.log" "$HERE/parity.sgd.log" 0 200 >"$WORK/log"
    report $? "comparison of a log with itself" ""
    finds "a missing step" sed '$d'
    finds "a doubled step" sed '100p'
    finds "a loss off by 2e-8" awk '{ if (NR == 173) $2 = sprintf("%.17g", $2 * (1 + 2e-8)); print }'
    finds "a norm off by 2e-8" awk '{ if (NR == 200) $3 = sprintf("%.17g", $3 * (1 - 2e-8)); print }'
    finds "a norm that is no number" sed '5s/ [^ ]*$/ nan/'
    finds "the other optimiser" cat "$HERE/parity.adam.log"
}

trains() { # name real steps tolerance options...
    name=$1 real=$2 steps=$3 tolerance=$4
    shift 4
    timeout 120 "$RNNC" train "$HERE/parity.rnn" --text x,y="$HERE/parity.txt" --unit=char --held-out 0 \
        --weights "$HERE/parity.weights.safetensors" --batch 4 --steps "$steps" --real="$real" "$@" \
        --quiet --log "$WORK/$name.log" -o "$WORK/$name.safetensors" >"$WORK/log" 2>&1
    if [ $? -ne 0 ]; then
        report 1 "$name $real" "rnnc train failed"
        return
    fi
    "$WORK/compare_log" "$HERE/parity.$name.log" "$WORK/$name.log" "$tolerance" "$steps" >"$WORK/log" 2>&1
    report $? "$name $real, $steps steps" "differs from the frozen losses"
}

"$CC" -std=c99 -O1 -o "$WORK/compare_log" "$HERE/compare_log.c" -lm || exit 1
self_test
for run in "double 200 1e-8" "float 50 1e-4"; do
    # shellcheck disable=SC2086
    trains sgd $run --optimizer sgd --lr 3 --clip-norm 0.2
    # shellcheck disable=SC2086
    trains adam $run --optimizer adam --lr 0.01
done
exit $FAILED
