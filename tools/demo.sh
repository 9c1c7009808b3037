#!/bin/sh
# make demo: trains examples/charlm on a text (the project's own sources, or the file given), shows what it has learned,
# and leaves its C where an application can take it.   demo.sh [TEXT]
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build}
RNNC=$BUILD/rnnc
OUT=$BUILD/demo
MODEL=examples/charlm/charlm.rnn
STEPS=${STEPS:-2000}
SECONDS_MAX=${SECONDS_MAX:-170} # then it stops as Ctrl-C would, on a slow or busy machine
XDG_CACHE_HOME=$PWD/$BUILD/cache
export XDG_CACHE_HOME
mkdir -p "$OUT" || exit 1

title() {
    printf '\n== %s\n' "$*"
}

TEXT=$1
if [ -z "$TEXT" ]; then
    TEXT=$OUT/sources.txt
    cat compiler/*.c compiler/*/*.[ch] compiler/std/*.rnn grammar/*.[chyl] runtime/*/*.[ch] runtime/include/rnn/*.h >"$TEXT"
fi
[ -r "$TEXT" ] || { echo "there is no text $TEXT" >&2; exit 1; }

title "Training $MODEL on $TEXT ($(wc -c <"$TEXT" | tr -d ' ') bytes); Ctrl-C stops early and keeps what it has"
timeout --foreground -s INT "$SECONDS_MAX" "$RNNC" train "$MODEL" --text w="$TEXT" --steps "$STEPS" -o "$OUT/charlm.safetensors"
status=$?
[ $status -eq 0 ] || [ $status -eq 130 ] || [ $status -eq 124 ] || exit $status

title "The model as C, with the sizes it was trained with"
"$RNNC" "$MODEL" --weights "$OUT/charlm.safetensors" -o "$OUT/charlm.c" || exit 1
wc -l "$OUT/charlm.c" "$OUT/charlm.h" | sed '$d'

title "1000 characters it writes"
"$RNNC" sample "$MODEL" --weights "$OUT/charlm.safetensors" --generate text --length 1000 >"$OUT/sample.txt" || exit 1
cat "$OUT/sample.txt"

# How many of its words of three or more letters stand in the text it learned
tr -cs 'A-Za-z' '\n' <"$TEXT" | grep -E '.{3,}' | sort -u >"$OUT/words.txt"
tr -cs 'A-Za-z' '\n' <"$OUT/sample.txt" | grep -E '.{3,}' | awk '
    NR == FNR { known[$0] = 1; next }
    { all++; good += ($0 in known) }
    END { if (all) printf "\n%d of %d words of 3 or more letters (%.0f %%) stand in the text\n", good, all, 100 * good / all }
' "$OUT/words.txt" -

title "Where things are"
echo "loss curve      $OUT/charlm.svg"
echo "emitted C       $OUT/charlm.c, $OUT/charlm.h"
echo "weights         $OUT/charlm.safetensors"
echo "in your app     examples/embed/README.md: one compiler line"
