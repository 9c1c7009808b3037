#!/bin/sh
# Checks that includes point one way: support <- op <- syntax <- grammar <- sema <- graph <- opt <- loop <- emit <- cmd
# <- main, and that the runtime includes nothing of the compiler. Only cmd uses the library; emit reads rnn/rnn.h. Run from the root.
rank() {
    case $1 in
    support) echo 0 ;; op) echo 1 ;; syntax) echo 2 ;; grammar) echo 3 ;; sema) echo 4 ;; graph) echo 5 ;;
    opt) echo 6 ;; loop) echo 7 ;; emit) echo 8 ;; cmd) echo 9 ;; *) echo none ;;
    esac
}

wrong=0
for file in compiler/*/*.[ch] compiler/*/*.def grammar/*; do
    [ -f "$file" ] || continue
    own=${file%/*}
    own=$(rank "${own#compiler/}")
    for include in $(sed -n 's/^ *# *include "\([^"]*\)".*/\1/p' "$file"); do
        other=$(rank "${include%%/*}")
        if [ "$other" = none ]; then
            case $include in
            rnn.tab.h | rnn.lex.h) other=3 ;;
            rnn/rnn.h) other=8 ;; # emit fills the table of that header
            rnn/*) other=9 ;;
            *) other=99 ;;
            esac
        fi
        if [ "$other" -gt "$own" ]; then
            echo "$file includes \"$include\": against the direction of the folders"
            wrong=1
        fi
    done
done
for file in runtime/*/*.[ch] runtime/include/rnn/*.h; do
    [ -f "$file" ] || continue
    for include in $(sed -n 's/^ *# *include "\([^"]*\)".*/\1/p' "$file"); do
        if [ "${include#rnn/}" = "$include" ] && [ ! -f "${file%/*}/$include" ]; then
            echo "$file includes \"$include\": the runtime knows nothing of the compiler"
            wrong=1
        fi
    done
done
exit $wrong
