#!/bin/sh
# Installs what building and testing needs and the machine does not have: flex, bison, clang with its sanitizers.
# On Debian and its relatives through apt-get (with sudo unless root); elsewhere it says what to install.
have() {
    command -v "$1" >/dev/null 2>&1
}

# clang's own runtime of the sanitizers is a package of its own, numbered like the compiler.
has_sanitizers() {
    probe=$(mktemp -d) || return 1
    echo 'int main(void){return 0;}' >"$probe/t.c"
    clang -fsanitize=address,undefined -o "$probe/t" "$probe/t.c" >/dev/null 2>&1
    found=$?
    rm -rf "$probe"
    return $found
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

install() {
    if ! have apt-get || { [ "$(id -u)" -ne 0 ] && ! have sudo; }; then
        echo "please install: $*" >&2
        exit 1
    fi
    echo "installing: $*"
    if [ -z "$updated" ]; then
        as_root apt-get update -qq || exit 1
        updated=1
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null || exit 1
}

updated=
missing=
for program in flex bison clang make; do
    have $program || missing="$missing $program"
done
have clang || have gcc || missing="$missing gcc"
if ! have clang && ! [ -e /usr/include/stdio.h ]; then
    missing="$missing libc6-dev"
fi
# shellcheck disable=SC2086
[ -z "$missing" ] || install $missing
if ! has_sanitizers; then
    version=$(clang -dumpversion | cut -d. -f1)
    install "libclang-rt-$version-dev"
fi
