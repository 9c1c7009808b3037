#!/bin/sh
# Runs the test suites and prints a line for each, then "N passed, N failed".
#     sh tests/run.sh quick     what is done in under a minute
#     sh tests/run.sh check     everything, with sanitizers
#     sh tests/run.sh accept    rewrites the golden files
# A suite is a folder with a run.sh that prints "ok SUITE/NAME" or "FAIL SUITE/NAME why" and indented lines after it.
# T=name: only tests of that name (T=suite/name: of that suite). BUILD: where rnnc and librnn.a are.
cd "$(dirname "$0")/.." || exit 1
ROOT=$PWD
MODE=${1:-check}
BUILD=${BUILD:-build}
T=${T:-}
CC=${CC:-$(command -v clang || command -v gcc)}
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM
case $BUILD in /*) ;; *) BUILD=$ROOT/$BUILD ;; esac
XDG_CACHE_HOME=$BUILD/cache # compiled models: shared by the suites, thrown away by make clean
ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export ROOT BUILD CC MODE XDG_CACHE_HOME ASAN_OPTIONS UBSAN_OPTIONS
passed=0
failed=0

# Counts what a suite printed, shows its failures, and its line.
tally() { # suite log seconds status
    good=$(grep -c '^ok ' "$2")
    bad=$(grep -c '^FAIL ' "$2")
    if [ "$4" -ne 0 ] && [ "$bad" -eq 0 ]; then
        echo "FAIL $1: the suite ended with status $4" >>"$2"
        bad=1
    fi
    # a suite that checked nothing is no success, unless one test was asked for
    if [ "$good" -eq 0 ] && [ "$bad" -eq 0 ] && [ -z "$T" ] && ! grep -q '^skipped ' "$2"; then
        echo "FAIL $1: no test ran" >>"$2"
        bad=1
    fi
    [ "$bad" -eq 0 ] || sed -n '/^FAIL /,/^ok /{/^ok /!p;}' "$2" | head -60
    grep '^skipped ' "$2"
    printf '%-12s %5d passed %5d failed   %3d s\n' "$1" "$good" "$bad" "$3"
    passed=$((passed + good))
    failed=$((failed + bad))
}

suite() { # name: runs tests/name/run.sh
    wanted=$T
    case $T in
    "$1"/*) wanted=${T#*/} ;;
    */*) return ;;
    esac
    [ -f "tests/$1/run.sh" ] || return
    [ "$1" != kernels ] || wanted=$MODE # its one argument is how much to do
    start=$(date +%s)
    # shellcheck disable=SC2086
    sh "tests/$1/run.sh" $wanted >"$WORK/$1.log" 2>&1
    tally "$1" "$WORK/$1.log" $(($(date +%s) - start)) $?
}

# The runner must see a failure: of a test, of a suite that dies, of a suite that does nothing.
self_test() {
    echo "ok self/good" >"$WORK/self"
    echo "FAIL self/bad on purpose" >>"$WORK/self"
    seen=$(tally self "$WORK/self" 0 1 | grep -c '1 passed *1 failed')
    echo "ok self/good" >"$WORK/self"
    seen=$seen$(tally self "$WORK/self" 0 3 | grep -c '1 passed *1 failed')
    : >"$WORK/self"
    seen=$seen$(T='' tally self "$WORK/self" 0 0 | grep -c '0 passed *1 failed')
    [ "$seen" = 111 ] || { echo "FAIL the runner does not see failures ($seen)"; exit 1; }
}

sanitized() { # builds everything again with sanitizers, for the suites that use it
    SANITIZED=$BUILD/asan
    export SANITIZED
    make --no-print-directory -j2 -s BUILD="$SANITIZED" OPT="-O1 -g" SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all" \
        WERROR=-Werror all lib-compiler || { echo "FAIL the sanitized build"; failed=$((failed + 1)); }
}

self_test
case $MODE in
accept)
    ACCEPT=1 sh tests/golden/run.sh
    exit $?
    ;;
quick) suites="unit bad golden structure run" ;;
*)
    sanitized
    suites="unit bad golden structure run gradcheck emitted kernels parity train commands"
    if ! make -s deps-check; then
        echo "FAIL includes point the wrong way (make deps-check)"
        failed=$((failed + 1))
    fi
    ;;
esac
for name in $suites; do suite "$name"; done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
