#!/bin/sh
# Compares stages with what a reader has approved: NAME.rnn and NAME.STAGE, where STAGE is a stage of --dump, or fmt.
# ACCEPT=1 rewrites the files (make accept): read the difference before committing it.
# Short enough to be read: inputs of at most 15 lines, expected texts of at most 60, but for the C of one or two models.
cd "${ROOT:-$(dirname "$0")/../..}" || exit 1
RNNC=${SANITIZED:-${BUILD:-build}}/rnnc
ACTUAL=$(mktemp) || exit 1
trap 'rm -f "$ACTUAL"' EXIT
status=0

fail() { # name why
    echo "FAIL golden/$1 $2"
    status=1
}

for expected in tests/golden/*.*; do
    stage=${expected##*.}
    name=$(basename "$expected" ".$stage")
    source=tests/golden/$name.rnn
    case $stage in rnn | sh) continue ;; esac
    [ $# -eq 0 ] || [ "$1" = "$name" ] || continue
    if [ "$stage" = fmt ]; then command="fmt $source"; else command="$source --dump=$stage"; fi
    # shellcheck disable=SC2086
    if ! "$RNNC" $command >"$ACTUAL" 2>&1; then
        fail "$name.$stage" "rnnc refuses it"
        sed 's/^/    /' "$ACTUAL" | head -20
    elif [ -n "$ACCEPT" ]; then
        cp "$ACTUAL" "$expected"
    elif [ "$(wc -l <"$source")" -gt 15 ] || { [ $stage != c ] && [ "$(wc -l <"$expected")" -gt 60 ]; }; then
        fail "$name.$stage" "is too long to be read: 15 lines in, 60 lines out"
    elif cmp -s "$expected" "$ACTUAL"; then
        echo "ok golden/$name.$stage"
    else
        fail "$name.$stage" "differs"
        diff -u "$expected" "$ACTUAL" | sed 's/^/    /' | head -40
    fi
done
exit $status
