#!/bin/sh
# Wrong programs: NAME.rnn, copied to m.rnn, must give exactly NAME.err on standard error, nothing on standard output
# and status 1 (0 where the messages are warnings). NAME.args holds options; NAME.use/ files that the program uses.
# ACCEPT=1 writes the .err files anew. variations.sh then changes the programs and expects the same messages.
#     BUILD=build sh tests/bad/run.sh [NAME]
cd "$(dirname "$0")" || exit 1
ROOT=${ROOT:-$(cd ../.. && pwd)}
case ${SANITIZED:-${BUILD:-build}} in
/*) RNNC=${SANITIZED:-$BUILD}/rnnc ;;
*) RNNC=$ROOT/${SANITIZED:-${BUILD:-build}}/rnnc ;;
esac
[ -x "$RNNC" ] || { echo "FAIL bad: no $RNNC"; exit 1; }
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM
export RNNC WORK
status=0

fail() { # name why: what was found is shown by the caller
    echo "FAIL bad/$1 $2"
    status=1
}

check() { # name
    rm -rf "$WORK/dir"
    mkdir "$WORK/dir"
    cp "$1.rnn" "$WORK/dir/m.rnn"
    [ ! -d "$1.use" ] || cp -r "$1.use/." "$WORK/dir"
    args=$(cat "$1.args" 2>/dev/null)
    # shellcheck disable=SC2086
    (cd "$WORK/dir" && timeout 20 "$RNNC" m.rnn -o m.c $args >../out 2>../err)
    code=$?
    [ -z "$ACCEPT" ] || cp "$WORK/err" "$1.err"
    expected=0
    grep -q 'error\[' "$1.err" && expected=1
    if ! cmp -s "$WORK/err" "$1.err"; then
        fail "$1" "gives other messages"
        diff "$1.err" "$WORK/err" | sed 's/^/    /'
    elif [ "$code" -ne "$expected" ]; then
        fail "$1" "ends with status $code"
    elif [ -s "$WORK/out" ]; then
        fail "$1" "prints on standard output"
    elif [ "$expected" -eq 1 ] && { [ -e "$WORK/dir/m.c" ] || [ -e "$WORK/dir/m.h" ]; }; then
        fail "$1" "is refused but leaves a file"
    elif [ "$expected" -eq 0 ] && { [ ! -s "$WORK/dir/m.c" ] || [ ! -s "$WORK/dir/m.h" ]; }; then
        fail "$1" "is accepted but not written"
    else
        echo "ok bad/$1"
    fi
}

for file in *.rnn; do
    name=${file%.rnn}
    [ $# -gt 0 ] && [ "$1" != "$name" ] && continue
    check "$name"
done
if [ $# -eq 0 ] || [ "$1" = variations ]; then
    sh ./variations.sh || status=1
fi
exit $status
