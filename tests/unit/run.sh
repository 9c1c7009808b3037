#!/bin/sh
# Compiles each tests/unit/*.c with everything of the compiler but main, and the runtime, and runs it: exit 0 passes.
# make check gives SANITIZED, a build with ASan and UBSan; make quick does without.
# A test may say which files it needs: they are in ROOT, its working directory.
cd "$ROOT" || exit 1
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM
flags="-std=c11 -g -O1 -Wall -Wextra -Werror -D_POSIX_C_SOURCE=200809L -Icompiler -I. -Iruntime/include -Itests/unit"
libraries="$BUILD/librnnc.a $BUILD/librnn.a"
if [ -n "$SANITIZED" ]; then
    flags="$flags -fsanitize=address,undefined -fno-sanitize-recover=all"
    libraries="$SANITIZED/librnnc.a $SANITIZED/librnn.a"
else
    make -s --no-print-directory BUILD="$BUILD" lib-compiler || exit 1
fi
export WORK flags libraries

one='
name=$(basename "$1" .c)
# shellcheck disable=SC2086
if ! $CC $flags -o "$WORK/$name" "$1" $libraries -lm -ldl >"$WORK/$name.log" 2>&1; then
    why="does not compile"
elif ! timeout 100 "$WORK/$name" >"$WORK/$name.log" 2>&1; then
    why="fails"
else
    why=
fi
{
    if [ -z "$why" ]; then echo "ok unit/$name"; else echo "FAIL unit/$name $why"; sed "s/^/    /" "$WORK/$name.log" | head -30; fi
} >"$WORK/$name.result"
'
for test in tests/unit/*.c; do
    [ -f "$test" ] || continue
    if [ $# -eq 0 ] || [ "$1" = "$(basename "$test" .c)" ]; then echo "$test"; fi
done | xargs -n 1 -P 2 sh -c "$one" unit
cat "$WORK"/*.result 2>/dev/null
! grep -q '^FAIL' "$WORK"/*.result 2>/dev/null
