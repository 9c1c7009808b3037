#!/bin/sh
# Compares models with frozen results from PyTorch: losses, outputs, metrics, gradients of all parameters.
#     sh tests/parity/run.sh [NAME...]      only these cases, else all
# Double within 1e-10, float within 2e-5 (compare.c says of what). Prints a line a case; exits 1 when one fails.
# BUILD: where rnnc and librnn.a are; CC: the compiler of emitted code.
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

# case, and the model where it is another's
CASES="elman_tanh elman_relu irnn lstm peep_lstm gru gru_after scrn layer_norm_lstm plain_lstm plain_gru
    one_row=peep_lstm one_step=gru_after short_rows=elman_tanh language_model one_to_one bidirectional many_to_one
    one_to_many regression fast_weights"
WANTED=${*:-all}

wanted() {
    for w in $WANTED; do
        if [ "$w" = all ] || [ "$w" = "$1" ]; then return 0; fi
    done
    return 1
}

report() { # status name why
    if [ "$1" -eq 0 ]; then
        echo "ok parity/$2"
    else
        echo "FAIL parity/$2 $3"
        sed 's/^/    /' "$WORK/log" | head -20
        FAILED=1
    fi
}

close() { # name real expect actual: compares with the tolerance of that type
    case $2 in double) tolerance=1e-10 ;; *) tolerance=2e-5 ;; esac
    "$WORK/compare" "$HERE/vectors/$3.expect.safetensors" "$4" $tolerance >"$WORK/log" 2>&1
    report $? "$1 $2" "differs from the frozen result"
}

one_window() { # case model real
    out=$WORK/$1.$3.safetensors
    if timeout 120 "$RNNC" eval "$HERE/models/$2.rnn" --weights "$HERE/vectors/$2.weights.safetensors" \
        --window "$HERE/vectors/$1.window.safetensors" --grad --real="$3" -o "$out" >"$WORK/log" 2>&1; then
        close "$1" "$3" "$1" "$out"
    else
        report 1 "$1 $3" "rnnc eval failed"
    fi
}

build_carried() { # real
    # -ffp-contract=off as everywhere: products and sums round as the text says
    "$RNNC" "$HERE/models/carried.rnn" --real="$1" -o "$WORK/carried.c" &&
        "$CC" -std=c99 -O2 -ffp-contract=off -DRNN_WITH_MODEL -DMODEL=carried_model -I"$WORK" -I"$ROOT/runtime/include" \
            -I"$HERE" -o "$WORK/drive" "$WORK/carried.c" "$HERE/drive.c" "$HERE/tensors.c" "$BUILD/librnn.a" -lm
}

carried() { # real: three windows of one stream, row 1 starts anew before the third
    v=$HERE/vectors/carried
    if build_carried "$1" >"$WORK/log" 2>&1 &&
        timeout 60 "$WORK/drive" "$v.weights.safetensors" "$v.1.window.safetensors" "$WORK/c1" \
            "$v.2.window.safetensors" "$WORK/c2" reset=1 "$v.3.window.safetensors" "$WORK/c3" >"$WORK/log" 2>&1; then
        for k in 1 2 3; do close "carried.$k" "$1" "carried.$k" "$WORK/c$k"; done
    else
        report 1 "carried $1" "does not build or run"
    fi
}

"$CC" -std=c99 -O1 -I"$HERE" -o "$WORK/compare" "$HERE/compare.c" "$HERE/tensors.c" -lm || exit 1
"$WORK/compare" --self-test "$HERE/vectors/bidirectional.expect.safetensors" "$HERE/vectors/one_to_one.expect.safetensors" \
    >"$WORK/log" 2>&1
report $? "compare finds planted differences" ""
all_cases() { # real: in a folder of its own
    mkdir "$WORK/$1" && ln -s ../compare "$WORK/$1/compare" || exit 1
    WORK=$WORK/$1
    for entry in $CASES; do
        if wanted "${entry%%=*}"; then one_window "${entry%%=*}" "${entry##*=}" "$1"; fi
    done
    if wanted carried; then carried "$1"; fi
    exit $FAILED
}
# Both types at a time: a machine of two cores is busy.
(trap - EXIT && all_cases double) >"$WORK/double.results" &
other=$!
(trap - EXIT && all_cases float) || FAILED=1
wait $other || FAILED=1
cat "$WORK/double.results"
exit $FAILED
