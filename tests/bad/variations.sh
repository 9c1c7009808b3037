#!/bin/sh
# The rules behind the messages are general: the twenty-five programs of the language reference are changed, and must
# give the same messages with the new names and places.
#     renamed   every dim, axis and variable has another name of the same length
#     shifted   two unrelated equations stand before the faulty line
#     other     the fault lies over another axis, declared beside the first
#     cell      params and equations stand in a cell; lines that end in a place are compared without it
#     twice     the fault is there twice, once with other names over another axis: two messages
#     together  as twice, and in a cell beside them: three messages
# Run by run.sh, which sets RNNC and WORK.
DOCUMENTED="syntax-minus-sign syntax-number-letter syntax-unclosed-call syntax-operator-first syntax-mixed-products
shifted-left-side defined-twice unknown-function product-wrong-matrix product-transposed star-for-product
softmax-before-xent token-out-of-range loss-over-batch cell-wrong-dim token-in-product token-without-init
cycle-in-step both-ways unbound-axis carry-reverse argmax-loss step-future generate-cycle dropout-recurrent"
# lines of the loss or of an entry point cannot stand in a cell; what cannot be parsed cannot be moved
MOVABLE="shifted-left-side defined-twice unknown-function product-wrong-matrix product-transposed star-for-product
softmax-before-xent token-out-of-range cell-wrong-dim token-in-product token-without-init cycle-in-step both-ways
unbound-axis carry-reverse step-future dropout-recurrent"
REPEATED="shifted-left-side defined-twice unknown-function product-wrong-matrix product-transposed star-for-product
token-out-of-range cell-wrong-dim token-in-product token-without-init cycle-in-step both-ways unbound-axis
carry-reverse"
status=0

# Renames whole words of the program; in messages the head of a library cell and its own names stay.
rename() { # map, e.g. "x=u y=v"
    awk -v map="$1" '
    BEGIN { n = split(map, pair, " "); for (i = 1; i <= n; i++) { split(pair[i], two, "="); to[two[1]] = two[2] } }
    /note: std\// { print; next }
    {
        text = $0; out = ""
        while (match(text, /[A-Za-z][A-Za-z0-9]*/)) {
            word = substr(text, RSTART, RLENGTH); before = substr(text, 1, RSTART - 1)
            after = substr(text, RSTART + RLENGTH)
            own = (out before) ~ /GRU expects $/ || ((out before) ~ / has $/ && after ~ /^ :=/)
            file = after ~ /^\.rnn/ || after ~ /^\+2212/
            out = out before ((word in to) && !own && !file ? to[word] : word); text = after
        }
        print out text
    }'
}

# Adds `by` to every line number from `from` on, in places, excerpts and "line N".
shift_lines() { # from by
    awk -v from="$1" -v by="$2" '
    function moved(n) { return n + 0 >= from + 0 ? n + by : n + 0 }
    /^m\.rnn:/ { split($0, part, ":"); sub(/^m\.rnn:[0-9]+/, "m.rnn:" moved(part[2])) }
    /^ *[0-9]+ \| / { n = $1; sub(/^ *[0-9]+/, sprintf("%5d", moved(n))) }
    /^      (note|hint): / {
        text = $0; out = ""
        while (match(text, /(line [0-9]+)|([0-9]+:[0-9]+: )/)) {
            found = substr(text, RSTART, RLENGTH); out = out substr(text, 1, RSTART - 1)
            if (found ~ /^line/) found = "line " moved(substr(found, 6))
            else { split(found, two, ":"); found = moved(two[1]) ":" two[2] ": " }
            out = out found; text = substr(text, RSTART + RLENGTH)
        }
        $0 = out text
    }
    { print }'
}

# Without places and without the note that names the copy: what must not change when text moves.
placeless() {
    grep -v '^      note: in cell ' | awk '
    /^m\.rnn:/ { sub(/^m\.rnn:[0-9]+:[0-9]+/, "m.rnn") }
    /^ *[0-9]* \| / { sub(/^ *[0-9]* \| */, "| ") }
    { gsub(/[0-9]+:[0-9]+: /, ""); print }'
}

run() { # program: messages in $WORK/err
    rm -rf "$WORK/dir"
    mkdir "$WORK/dir"
    cp "$1" "$WORK/dir/m.rnn"
    (cd "$WORK/dir" && timeout 20 "$RNNC" m.rnn --dump=model >/dev/null 2>../err)
}

compare() { # variation name: expected in $WORK/expected
    if cmp -s "$WORK/expected" "$WORK/err"; then
        echo "ok bad/$1/$2"
    else
        echo "FAIL bad/$1/$2 gives other messages"
        diff "$WORK/expected" "$WORK/err" | sed 's/^/    /'
        status=1
    fi
}

NAMES="D=P H=Q K=R x=u y=v W=A U=B V=C h=k o=p c=d q=n g=l J=L t=i s=j"
for name in $DOCUMENTED; do
    rename "$NAMES" <"$name.rnn" >"$WORK/a.rnn"
    rename "$NAMES" <"$name.err" >"$WORK/expected"
    run "$WORK/a.rnn"
    compare renamed "$name"

    first=$(grep -n '^    h\[t' "$name.rnn" | head -1 | cut -d: -f1)
    sed "${first}i\\
    aa[t] = 0.5 * x[t]\\
    bb[t] = aa[t] * aa[t]" "$name.rnn" >"$WORK/a.rnn"
    shift_lines "$first" 2 <"$name.err" >"$WORK/expected"
    run "$WORK/a.rnn"
    compare shifted "$name"

    axis=$(grep -n '^    axis t' "$name.rnn" | cut -d: -f1)
    rename "t=e" <"$name.rnn" | sed "${axis}a\\
    axis t in 1..7" >"$WORK/a.rnn"
    rename "t=e" <"$name.err" | shift_lines $((axis + 1)) 1 >"$WORK/expected"
    run "$WORK/a.rnn"
    compare other "$name"
done

# Ports are the inputs and targets; o is the output; everything that a cell may hold goes into it.
into_cell() {
    awk '
    /^model/ { model = $0; next }
    !model { print; next }
    /^    (axis|input|target|loss|step)/ { kept[++k] = $0 }
    /^    (input|target)/ { port = $0; sub(/^    [a-z]+ /, "", port); ports = ports (ports ? ", " : "") port
        name = port; sub(/ :.*/, "", name); if (name ~ /\[s\]/) sub(/\[.*/, "", name); args = args (args ? ", " : "") name }
    /^    (param|layer|init|[a-z]\[)/ { moved[++m] = $0 }
    END {
        print "cell Bad[D, H, K](" ports ") -> o[t] : [K] {"
        for (i = 1; i <= m; i++) print moved[i]
        print "}"; print model
        for (i = 1; i <= k; i++) {
            if (kept[i] ~ /^    loss/) { print "    layer bad = Bad[D, H, K]"; print "    o[t] = bad(" args ")" }
            print kept[i]
        }
        print "}"
    }'
}

for name in $MOVABLE; do
    into_cell <"$name.rnn" >"$WORK/a.rnn"
    placeless <"$name.err" >"$WORK/expected"
    run "$WORK/a.rnn"
    placeless <"$WORK/err" >"$WORK/err2"
    mv "$WORK/err2" "$WORK/err"
    compare cell "$name"
done

OTHERS="x=u y=v W=A U=B V=C h=k o=p c=d q=n g=l t=i s=j"
for name in $REPEATED; do
    awk '/^    loss/ { exit } { print }' "$name.rnn" >"$WORK/a.rnn"
    sed -n '/^    axis t/,/^    loss/p' "$name.rnn" | grep -v '^    loss' | rename "$OTHERS" >>"$WORK/a.rnn"
    sed -n '/^    loss/,$p' "$name.rnn" >>"$WORK/a.rnn"
    placeless <"$name.err" >"$WORK/expected"
    rename "$OTHERS" <"$name.err" | placeless >>"$WORK/expected"
    run "$WORK/a.rnn"
    placeless <"$WORK/err" >"$WORK/err2"
    mv "$WORK/err2" "$WORK/err"
    compare twice "$name"

    into_cell <"$name.rnn" | awk '/^cell/ { on = 1 } on { print } /^}/ { exit }' >"$WORK/cell"
    args=$(into_cell <"$name.rnn" | sed -n 's/.*bad(\(.*\))/\1/p')
    {
        sed '/^model/,$d' "$name.rnn"
        cat "$WORK/cell"
        sed -n '/^model/,/^    loss/p' "$name.rnn" | grep -v '^    loss'
        sed -n '/^    axis t/,/^    loss/p' "$name.rnn" | grep -v '^    loss' | rename "$OTHERS"
        echo "    layer bad = Bad[D, H, K]"
        echo "    res[t] = bad($args)"
        sed -n '/^    loss/,$p' "$name.rnn"
    } >"$WORK/a.rnn"
    {
        placeless <"$name.err"
        placeless <"$name.err"
        rename "$OTHERS" <"$name.err" | placeless
    } >"$WORK/expected"
    run "$WORK/a.rnn"
    placeless <"$WORK/err" >"$WORK/err2"
    mv "$WORK/err2" "$WORK/err"
    compare together "$name"
done
exit $status
