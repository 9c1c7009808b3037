#!/bin/sh
# Compiles emitted C under the whole list of warnings: warn.sh COMPILER options... A compiler that is absent is skipped.
command -v "$1" >/dev/null || exit 0
exec "$@" -std=c99 -O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion -Wfloat-conversion \
    -Wcast-qual -Wcast-align -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wswitch-default -Werror
