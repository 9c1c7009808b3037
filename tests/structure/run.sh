#!/bin/sh
# Structure of the schedule: counts, not texts. NAME.rnn begins with what is claimed of it, as --dump=loop counts it
# (compiler/loop/report.h): a pass, then names and numbers; passes are parted by ";". What is not named is not claimed.
#     # structure: forward loop 1 product 1 hoisted 1; backward product 1 weights 2
# "held large 0": no value of 1,024 reals or more a row takes 2^20 reals or more of memory, as --dump=plan shows it.
# Of every program, and of the examples, it is checked besides:
#     loose     no product runs in a loop that is on no cycle
#     plan      the memory plan is sound (rnnc verifies it after the stage plan)
#     report    `rnnc report` prints an unrolling for every loop, and for every product in it
#     renamed   with other names for all that the user named, the schedule and the plan are the same up to these names
# NAME: only that test.
cd "${ROOT:-$(dirname "$0")/../..}" || exit 1
RNNC=${SANITIZED:-${BUILD:-build}}/rnnc
DIR=$(mktemp -d) || exit 1
trap 'rm -rf "$DIR"' EXIT
trap 'exit 1' INT TERM
status=0

fail() { # name why
    echo "FAIL structure/$1 $2"
    status=1
}

# Prints each count that differs from what the first line of the program claims, and "none" where nothing is claimed.
differences() { # model dump
    awk '
    BEGIN { count["held", "large"] = 0 }
    FNR == NR && /^  b[0-9]+ .* in all/ {
        for (i = 2; i <= NF; i++) {
            if ($(i - 1) == "width") width = $i + 0
            if ($(i + 1) == "in" && $(i + 2) ~ /^all/) all = $i
        }
        count["held", "large"] += width >= 1024 && all >= 1048576
    }
    FNR == NR && /^(forward|backward): / {
        pass = substr($1, 1, length($1) - 1)
        for (i = 2; i < NF; i += 2) count[pass, $i] = $(i + 1)
    }
    FNR == NR { next }
    FNR == 1 {
        if (sub(/^# structure: */, "") == 0) { print "none"; exit }
        claims = split($0, claim, /; */)
        for (c = 1; c <= claims; c++) {
            words = split(claim[c], word, / +/)
            if (words < 3 || words % 2 == 0) print "what is \"" claim[c] "\"?"
            for (i = 2; i < words; i += 2)
                if (!((word[1], word[i]) in count)) print "nothing is called " word[1] " " word[i]
                else if (count[word[1], word[i]] != word[i + 1])
                    print word[1] " " word[i] " is " count[word[1], word[i]] ", not " word[i + 1]
        }
    }' "$2" "$1"
}

check_counts() { # name model
    cat "$DIR/loop" "$DIR/plan" >"$DIR/both"
    wrong=$(differences "$2" "$DIR/both")
    case $wrong in
    '') echo "ok structure/$1 counts" ;;
    none) fail "$1" "claims nothing" ;;
    *)
        fail "$1" "has another structure"
        echo "$wrong" | sed 's/^/    /'
        ;;
    esac
}

check_loose() { # name
    loose=$(grep -c '^[a-z]*: .* loose [1-9]' "$DIR/loop")
    if [ "$loose" -eq 0 ]; then echo "ok structure/$1 loose"; else fail "$1" "has products in a loop that are on no cycle"; fi
}

# As many unrollings as the schedule has loops and products in them.
check_report() { # name model
    "$RNNC" report "$2" >"$DIR/report" 2>&1 || { fail "$1" "has no report"; return; }
    loops=$(awk '/^(forward|backward): / { n += $3 } END { print n + 0 }' "$DIR/loop")
    products=$(awk '/^(forward|backward): / { n += $5 } END { print n + 0 }' "$DIR/loop")
    if [ "$(grep -c 'steps unrolled by [124]$' "$DIR/report")" -eq "$loops" ] &&
        [ "$(grep -c 'k unrolled by \(4\|8\|16\|32\);' "$DIR/report")" -eq "$products" ]; then
        echo "ok structure/$1 report"
    else
        fail "$1" "has $loops loops and $products products in them, and rnnc report lists other unrollings"
        sed -n '/^loops/,$s/^/    /p' "$DIR/report"
    fi
}

# Dumps with the new names put back. New names run against the order of the old ones, and are longer.
check_renamed() { # name model
    awk -f tests/structure/rename.awk -v back="$DIR/back.sed" "$2" >"$DIR/renamed.rnn"
    [ "$(wc -l <"$DIR/back.sed")" -ge 5 ] || fail "$1" "has no names to be changed"
    for stage in loop plan; do
        if ! "$RNNC" "$DIR/renamed.rnn" --dump=$stage >"$DIR/renamed.$stage" 2>"$DIR/errors"; then
            fail "$1" "is refused when its names are changed"
            sed 's/^/    /' "$DIR/errors" | head -20
            return
        fi
        sed -f "$DIR/back.sed" "$DIR/renamed.$stage" >"$DIR/again.$stage"
        if ! cmp -s "$DIR/$stage" "$DIR/again.$stage"; then
            fail "$1" "changes its $stage when its names are changed"
            diff "$DIR/$stage" "$DIR/again.$stage" | sed 's/^/    /' | head -20
            return
        fi
    done
    echo "ok structure/$1 renamed"
}

check() { # name model has-claims
    for stage in loop plan; do
        if ! "$RNNC" "$2" --dump=$stage >"$DIR/$stage" 2>"$DIR/errors"; then
            fail "$1" "has no $stage"
            sed 's/^/    /' "$DIR/errors" | head -20
            return
        fi
    done
    echo "ok structure/$1 plan"
    [ -z "$3" ] || check_counts "$1" "$2"
    check_loose "$1"
    check_report "$1" "$2"
    check_renamed "$1" "$2"
}

# The comparison must see a wrong count, a name that nothing has, and a program without claims.
self_test() {
    echo 'forward: loop 1 product 2' >"$DIR/loop"
    for claim in '# structure: forward product 1' '# structure: forward phase 2' '# structure: forward product' '# nothing'; do
        echo "$claim" >"$DIR/claim"
        [ -n "$(differences "$DIR/claim" "$DIR/loop")" ] || fail "self" "does not see that \"$claim\" is wrong"
    done
    echo '# structure: forward product 2 loop 1' >"$DIR/claim"
    [ -z "$(differences "$DIR/claim" "$DIR/loop")" ] || fail "self" "takes a right count for a wrong one"
}

# The verifier must see plans that are broken on purpose.
check_verifier() {
    build=${SANITIZED:-${BUILD:-build}}
    flags="-std=c11 -g -O1 -Wall -Wextra -Werror -D_POSIX_C_SOURCE=200809L -Icompiler -I. -Iruntime/include"
    if [ -n "$SANITIZED" ]; then
        flags="$flags -fsanitize=address,undefined -fno-sanitize-recover=all"
    else
        make -s --no-print-directory BUILD="$build" lib-compiler || { fail verifier "is not built"; return; }
    fi
    # shellcheck disable=SC2086
    if ! ${CC:-cc} $flags -o "$DIR/break_plan" tests/structure/break_plan.c "$build/librnnc.a" "$build/librnn.a" -lm -ldl \
        2>"$DIR/errors"; then
        fail verifier "does not compile"
        sed 's/^/    /' "$DIR/errors" | head -20
    elif timeout 120 "$DIR/break_plan" tests/structure/*.rnn >"$DIR/broken" 2>&1; then
        echo "ok structure/verifier"
    else
        fail verifier "lets broken plans pass"
        sed 's/^/    /' "$DIR/broken" | head -20
    fi
}

self_test
[ $# -gt 0 ] && [ "$1" != verifier ] || check_verifier
for model in tests/structure/*.rnn; do
    name=$(basename "$model" .rnn)
    [ $# -eq 0 ] || [ "$1" = "$name" ] || continue
    check "$name" "$model" claims
done
for model in examples/*/*.rnn; do
    name=$(basename "$model" .rnn)
    [ $# -eq 0 ] || [ "$1" = "$name" ] || continue
    check "$name" "$model" ''
done
exit $status
