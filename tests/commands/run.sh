#!/bin/sh
# The commands as people use them: exit codes, files that appear whole, resume after Ctrl-C and kill -9, installation,
# the applications of examples/. Each function below is a test; it fails by returning non-zero.
cd "${ROOT:-$(dirname "$0")/../..}" || exit 1
ROOT=$PWD
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
RNNC=$BUILD/rnnc
CC=${CC:-$(command -v clang || command -v gcc)}
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM
CHARLM=examples/charlm/charlm.rnn
SMALL="-D E=8 -D H=24" # a character model that trains in a moment
status=0

expect() { # exit code, command
    wanted=$1 && shift
    "$@" >"$WORK/out" 2>"$WORK/err"
    got=$?
    [ $got -eq "$wanted" ] || { echo "exit code $got, not $wanted: $*" && cat "$WORK/err"; return 1; }
}

train() { # options: the small model on a fixed text; at a constant rate, which does not depend on the planned steps
    # shellcheck disable=SC2086
    "$RNNC" train $CHARLM --text w="$WORK/text" $SMALL --schedule constant --quiet "$@" >>"$WORK/log" 2>&1
}

help_of_each() {
    for command in "" init train eval sample check report fmt --explain --list-ops; do
        # shellcheck disable=SC2086
        expect 0 "$RNNC" $command --help || return 1
        [ -z "$command" ] || grep -q '^example:' "$WORK/out" || return 1
    done
}

help_can_be_pasted() { # the examples, in this order, each in the root of the project with rnnc in the path
    mkdir -p "$WORK/pasted" && ln -sf "$ROOT/examples" "$ROOT/docs" "$ROOT/README.md" "$WORK/pasted/" || return 1
    for command in init "" train eval sample check report fmt --explain --list-ops; do
        # shellcheck disable=SC2086
        "$RNNC" $command --help | sed '1,/^example:/d; s/--steps 300/--steps 3/' >"$WORK/lines"
        [ -n "$command" ] || "$RNNC" any.rnn --help | sed '1,/^example:/d' >"$WORK/lines"
        [ -s "$WORK/lines" ] && (cd "$WORK/pasted" && PATH=$BUILD:$PATH sh -e "$WORK/lines" >"$WORK/out" 2>&1) ||
            { echo "$command" && cat "$WORK/lines" "$WORK/out" && return 1; }
    done
    [ -s "$WORK/pasted/charlm.o" ] && [ -s "$WORK/pasted/charlm.safetensors.vocab" ] && [ -s "$WORK/pasted/ops.md" ]
}

man_page() { # every command and option that --help prints stands in docs/rnnc.1
    "$RNNC" --help | awk '$1 == "exit" { exit } /^  [-a-z]/ { print $1 }' >"$WORK/commands"
    [ "$(wc -l <"$WORK/commands")" -ge 10 ] || return 1
    { cat "$WORK/commands" && for command in $(grep -v -e --version "$WORK/commands") any.rnn; do
        "$RNNC" "$command" --help | sed -n 's/^  \(-[-a-zA-Z0-9]*\).*/\1/p'
    done; } | sort -u >"$WORK/options"
    [ "$(wc -l <"$WORK/options")" -ge 50 ] || return 1
    while read -r word; do
        case $word in -*) macro="Fl ${word#-}" ;; *) macro="(Cm|Ss)( .*)? $word" ;; esac
        grep -qE "$macro( |$)" docs/rnnc.1 || { echo "docs/rnnc.1 does not know $word" && return 1; }
    done <"$WORK/options"
    for code in 0 1 2 70 130; do
        grep -q "^.It $code\$" docs/rnnc.1 || return 1
    done
}

ops_page() { # docs/ops.md is what make docs would write
    "$RNNC" --list-ops | cmp - docs/ops.md
}

header_in_docs() { # docs/language.md shows the header that charlm.rnn gets, up to sizes and hashes
    numbers='s/\(_\(FLOATS\|INTS\|HASH\) *\).*/\1/'
    "$RNNC" $CHARLM -o "$WORK/charlm.c" && sed "$numbers" "$WORK/charlm.h" >"$WORK/header" &&
        sed -n '/^The header of /,/^```$/p' docs/language.md | sed '1,/^```c$/d; /^```$/d' | sed "$numbers" | diff - "$WORK/header"
}

exit_codes() {
    expect 2 "$RNNC" && expect 2 "$RNNC" $CHARLM && expect 2 "$RNNC" train $CHARLM && expect 2 "$RNNC" eval &&
        expect 2 "$RNNC" $CHARLM -o "$WORK/a.c" --real=half && expect 2 "$RNNC" $CHARLM -o "$WORK/a.c" --unroll=3 &&
        expect 2 "$RNNC" check $CHARLM --real=float && expect 2 "$RNNC" $CHARLM -o "$WORK/a.c" --chunks=maybe &&
        expect 2 "$RNNC" $CHARLM -o "$WORK/a.c" --nonsense && expect 2 "$RNNC" $CHARLM --dump=nothing &&
        expect 1 "$RNNC" missing.rnn -o "$WORK/a.c" && expect 1 "$RNNC" --explain E9999 &&
        expect 1 "$RNNC" $CHARLM -o "$WORK/none/a.c" && expect 1 "$RNNC" $CHARLM -D Q=3 -o "$WORK/a.c" &&
        expect 1 "$RNNC" sample $CHARLM --weights "$WORK/none" && expect 0 "$RNNC" --version && expect 2 "$RNNC" trian $CHARLM &&
        grep -q 'did you mean train?' "$WORK/err" && expect 2 "$RNNC" train --tetx w=x && grep -q 'did you mean --text?' "$WORK/err"
}

full_output() { # standard output that takes nothing is a failure
    [ -c /dev/full ] || return 0
    for command in "--help" "--list-ops" "train --help" "fmt $CHARLM" "report $CHARLM" "$CHARLM --dump=c"; do
        # shellcheck disable=SC2086
        "$RNNC" $command >/dev/full 2>"$WORK/err" && echo "rnnc $command" && return 1
        grep -q 'standard output' "$WORK/err" || return 1
    done
}

whole_files() { # an input is never overwritten; a refused model leaves the old files; no temporary stays
    cp $CHARLM "$WORK/m.rnn" && ln -s "$WORK/m.rnn" "$WORK/m.c" && expect 1 "$RNNC" "$WORK/m.rnn" -o "$WORK/m.c" &&
        cmp -s $CHARLM "$WORK/m.rnn" && rm "$WORK/m.c" && expect 0 "$RNNC" "$WORK/m.rnn" -o "$WORK/m.c" &&
        cp "$WORK/m.c" "$WORK/before" && echo "x" >>"$WORK/m.rnn" && expect 1 "$RNNC" "$WORK/m.rnn" -o "$WORK/m.c" &&
        [ ! -s "$WORK/out" ] && cmp -s "$WORK/before" "$WORK/m.c" && ! ls "$WORK"/*.tmp 2>/dev/null
}

spares_inputs() { # what is read is not written over, under whatever name; devices are not replaced; links and modes stay
    cp $CHARLM "$WORK/in.rnn" && cp README.md "$WORK/in.txt" && ln -s in.txt "$WORK/in.log" && ln -s /dev/null "$WORK/null.c" || return 1
    expect 1 "$RNNC" init "$WORK/in.rnn" -o "$WORK/in.rnn" &&
        expect 1 "$RNNC" train "$WORK/in.rnn" --text w="$WORK/in.txt" --steps 1 -o "$WORK/in.txt" &&
        expect 1 "$RNNC" train "$WORK/in.rnn" --text w="$WORK/in.txt" --steps 1 --log "$WORK/in.log" -o "$WORK/in.w" &&
        cmp $CHARLM "$WORK/in.rnn" && cmp README.md "$WORK/in.txt" && expect 1 "$RNNC" $CHARLM -o "$WORK/null.c" && [ -L "$WORK/null.c" ] &&
        ln -s real.c "$WORK/link.c" && : >"$WORK/real.c" && chmod 600 "$WORK/real.c" && expect 0 "$RNNC" $CHARLM -o "$WORK/link.c" &&
        [ -L "$WORK/link.c" ] && [ "$(ls -l "$WORK/real.c" | cut -c 1-10)" = -rw------- ] && [ -s "$WORK/real.c" ]
}

same_bytes() { # of C, from another directory, in another locale
    mkdir -p "$WORK/there" && cp $CHARLM "$WORK/there/" && "$RNNC" $CHARLM -o "$WORK/one.c" --unroll=8,2 &&
        (cd "$WORK/there" && LC_ALL=tr_TR.UTF-8 TZ=Asia/Seoul "$RNNC" charlm.rnn -o one.c --unroll=8,2) &&
        cmp "$WORK/one.c" "$WORK/there/one.c" && cmp "$WORK/one.h" "$WORK/there/one.h"
}

fast_compiler() { # each example in under 50 ms of processor time, the best of five
    for model in examples/*/*.rnn; do
        for _ in 1 2 3 4 5; do
            # the second line of times: what the children took, "0m0.012000s 0m0.004000s"
            sh -c '"$1" "$2" -o "$3" || exit 1; times' times "$RNNC" "$model" "$WORK/fast.c" | sed -n 2p
        done | tr 'ms' '  ' | awk '{ t = 60 * ($1 + $3) + $2 + $4; if (!n++ || t < best) best = t }
            END { if (n == 5 && best < 0.05) exit 0; print n, "runs, best", best, "s"; exit 1 }' || { echo "$model" && return 1; }
    done
}

fmt_idempotent() {
    for model in compiler/std/*.rnn examples/*/*.rnn tests/parity/models/*.rnn; do
        "$RNNC" fmt "$model" >"$WORK/f1.rnn" && "$RNNC" fmt "$WORK/f1.rnn" >"$WORK/f2.rnn" &&
            cmp "$WORK/f1.rnn" "$WORK/f2.rnn" && "$RNNC" "$model" --dump=ast >"$WORK/t1" &&
            "$RNNC" "$WORK/f1.rnn" --dump=ast >"$WORK/t2" && cmp "$WORK/t1" "$WORK/t2" || return 1
    done
}

examples_are_formatted() { # and so is the library of cells; what is not, is found
    "$RNNC" fmt --check compiler/std/*.rnn examples/*/*.rnn && sed 's/h\[t-1\]/h[t - 1]/' compiler/std/cells.rnn >"$WORK/loose.rnn" &&
        expect 1 "$RNNC" fmt --check "$WORK/loose.rnn"
}

standalone() { # one C file and nothing else, no warning, with and without the model table, both compilers
    mkdir -p "$WORK/alone" && "$RNNC" $CHARLM -o "$WORK/alone/charlm.c" --standalone || return 1
    for cc in gcc clang; do
        for define in -DRNN_WITH_MODEL -DNDEBUG; do
            (cd "$WORK/alone" && "$ROOT/tests/commands/warn.sh" $cc $define -c charlm.c -o charlm.o) || return 1
        done
    done
}

init_is_a_function() {
    "$RNNC" init $CHARLM -D H=20 --seed 3 -o "$WORK/i1" && "$RNNC" init $CHARLM -D H=20 --seed 3 -o "$WORK/i2" &&
        "$RNNC" init $CHARLM -D H=20 --seed 4 -o "$WORK/i3" && cmp "$WORK/i1" "$WORK/i2" && ! cmp -s "$WORK/i1" "$WORK/i3" &&
        "$RNNC" $CHARLM --weights "$WORK/i1" -o "$WORK/i.c" && grep -q 'CHARLM_DIM_H *20' "$WORK/i.h"
}

names_of_the_runtime() { # models called as the runtime's own names begin get a prefix of their own, in every command
    for model in rnn rnn_x rnn_model RNN; do
        sed "s/^model elman/model $model/" tests/golden/elman.rnn >"$WORK/$model.rnn" && expect 0 "$RNNC" check "$WORK/$model.rnn" &&
            expect 0 "$RNNC" init "$WORK/$model.rnn" -o "$WORK/$model.w" &&
            expect 0 "$RNNC" "$WORK/$model.rnn" -o "$WORK/$model.c" &&
            tests/commands/warn.sh "$CC" -Iruntime/include -c "$WORK/$model.c" -o "$WORK/$model.o" || return 1
    done
}

one_cache_for_two() { # at the same time, from nothing
    mkdir -p "$WORK/cold"
    for n in 1 2 3; do
        XDG_CACHE_HOME=$WORK/cold "$RNNC" init $CHARLM -D H=17 -o "$WORK/c$n" &
    done
    wait && cmp "$WORK/c1" "$WORK/c2" && cmp "$WORK/c1" "$WORK/c3" && [ "$(ls "$WORK/cold/rnnc" | wc -l)" -eq 2 ]
}

resume_exactly() { # 40 steps = 17 steps, then on to 40: weights and log
    train --steps 40 --log "$WORK/r1.log" -o "$WORK/r1.safetensors" &&
        train --steps 17 --log "$WORK/r2.log" -o "$WORK/r2.safetensors" &&
        train --steps 40 --resume --log "$WORK/r2.log" -o "$WORK/r2.safetensors" &&
        cmp "$WORK/r1.safetensors" "$WORK/r2.safetensors" && cmp "$WORK/r1.log" "$WORK/r2.log" &&
        [ "$(wc -l <"$WORK/r1.log")" -eq 40 ]
}

stopped() { # how: by a signal in the middle, twice; then to the end
    train --steps 400 --log "$WORK/s1.log" -o "$WORK/s1.safetensors" || return 1
    rm -f "$WORK"/s2.*
    for wait in 0.4 0.5; do
        # shellcheck disable=SC2086
        "$RNNC" train $CHARLM --text w="$WORK/text" $SMALL --schedule constant --quiet --steps 400 --resume --checkpoint-every 7 \
            --log "$WORK/s2.log" -o "$WORK/s2.safetensors" >>"$WORK/log" 2>&1 &
        child=$!
        sleep $wait
        kill "-$1" $child 2>/dev/null
        wait $child 2>/dev/null
        code=$?
        [ "$1" = KILL ] || [ $code -eq 130 ] || [ $code -eq 0 ] || return 1
    done
    train --steps 400 --resume --log "$WORK/s2.log" -o "$WORK/s2.safetensors" &&
        cmp "$WORK/s1.safetensors" "$WORK/s2.safetensors" && cmp "$WORK/s1.log" "$WORK/s2.log"
}

survives_ctrl_c() { stopped INT; }
survives_kill_9() { stopped KILL; }

learns() { # a text of one repeated line is learned by heart
    yes 'the quick brown fox jumps over the lazy dog' | head -n 400 >"$WORK/fox"
    "$RNNC" train $CHARLM --text w="$WORK/fox" -D E=16 -D H=48 --batch 8 --window 32 --steps 300 --lr 0.01 --quiet \
        -o "$WORK/fox.safetensors" >"$WORK/out" && "$RNNC" sample $CHARLM --weights "$WORK/fox.safetensors" --prime 'the q' \
        --length 60 --set tau=0.3 >"$WORK/fox.out" && grep -q 'brown fox jumps over the lazy dog' "$WORK/fox.out" &&
        "$RNNC" eval $CHARLM --weights "$WORK/fox.safetensors" --text w="$WORK/fox" | awk '$1 == "ppl" { exit !($2 < 1.2) }'
}

sample_is_a_function() {
    for n in 1 2; do
        "$RNNC" sample $CHARLM --weights "$WORK/r1.safetensors" --length 50 --seed 5 --prime 'the' >"$WORK/p$n" || return 1
    done
    cmp "$WORK/p1" "$WORK/p2" && [ "$(head -c 3 "$WORK/p1")" = the ] && expect 1 "$RNNC" sample $CHARLM \
        --weights "$WORK/r1.safetensors" --set nothing=1 && expect 1 "$RNNC" sample $CHARLM --weights "$WORK/r1.safetensors" --generate none
}

installs() { # make install, then the applications against what was installed
    make -s --no-print-directory BUILD="$BUILD" PREFIX="$WORK/usr" install || return 1
    # shellcheck disable=SC2086
    [ -s "$WORK/usr/share/man/man1/rnnc.1" ] || return 1
    # shellcheck disable=SC2086
    "$WORK/usr/bin/rnnc" $CHARLM --weights "$WORK/r1.safetensors" -o "$WORK/charlm.c" || return 1
    for app in embed/embed embed-train/embed_train; do
        $CC -O1 -Wall -Wextra -Werror -DRNN_WITH_MODEL -I"$WORK" -I"$WORK/usr/include" "examples/$app.c" "$WORK/charlm.c" \
            "$WORK/usr/lib/librnn.a" -lm -o "$WORK/$(basename $app)" || return 1
    done
    "$WORK/embed" "$WORK/r1.safetensors" | awk '{ n += length($0) + 1 } END { exit !(n > 200) }' &&
        "$WORK/embed_train" "$WORK/r1.safetensors" "$WORK/text" 30 "$WORK/tuned" | tail -n 1 | grep -q '^step 30: loss' &&
        cp "$WORK/r1.safetensors.vocab" "$WORK/tuned.vocab" && "$RNNC" eval $CHARLM --weights "$WORK/tuned" --text w="$WORK/text" >"$WORK/out"
}

examples_as_written() { # what each README says is typed, with few steps: data is made, models train, what is written fits
    mkdir -p "$WORK/typed"
    for model in charlm zaremba tagger sentiment caption forecast recall; do
        # our own paths last: they may have "build/" in them
        sed -n "s/^    //p" examples/$model/README.md | sed -e "s|build/rnnc train|@RNNC@ train --steps 3 --quiet -D H=16|" \
            -e "s|build/rnnc|@RNNC@|g; s|build/librnn.a|@BUILD@/librnn.a|; s|build/|@WORK@/typed/|g; s|^cc |@CC@ -Wall -Wextra -Werror |" \
            -e "s|=FILE|=@WORK@/text|; s| -o $model| -o @WORK@/typed/$model|; s|--weights $model|--weights @WORK@/typed/$model|" \
            -e "s|--length 14|--length 3|; s|--epochs [0-9]*||" |
            sed -e "s|@RNNC@|$RNNC|g; s|@BUILD@|$BUILD|g; s|@WORK@|$WORK|g; s|@CC@|$CC|g" >"$WORK/typed/$model.sh"
        [ -s "$WORK/typed/$model.sh" ] && sh -e "$WORK/typed/$model.sh" >"$WORK/out" 2>&1 || { echo $model && cat "$WORK/out" && return 1; }
    done
}

shows_stages() { # every stage of --dump, and a report, for each example
    for model in examples/*/*.rnn; do
        for stage in tokens ast model graph grad loop plan c; do
            "$RNNC" "$model" --dump=$stage >"$WORK/out" && [ -s "$WORK/out" ] || { echo "$model --dump=$stage" && return 1; }
        done
        "$RNNC" report "$model" >"$WORK/out" && grep -q tape "$WORK/out" || return 1
    done
}

cat README.md docs/language.md >"$WORK/text"
for name in help_of_each help_can_be_pasted man_page ops_page header_in_docs exit_codes full_output whole_files spares_inputs same_bytes fast_compiler fmt_idempotent examples_are_formatted shows_stages examples_as_written standalone \
    init_is_a_function names_of_the_runtime one_cache_for_two resume_exactly survives_ctrl_c survives_kill_9 learns sample_is_a_function installs; do
    if [ $# -gt 0 ] && [ "$1" != $name ]; then
        # these leave files that later ones read
        [ $name = resume_exactly ] && $name >/dev/null 2>&1
        continue
    fi
    : >"$WORK/log"
    if $name >"$WORK/why" 2>&1; then
        echo "ok commands/$name"
    else
        echo "FAIL commands/$name"
        cat "$WORK/why" "$WORK/log" | sed 's/^/    /' | tail -n 20
        status=1
    fi
done
exit $status
