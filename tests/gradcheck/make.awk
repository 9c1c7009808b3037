# make.awk: a line of functions.txt or axes.txt to a model with twelve shapes.
#   awk -F';' -v want=tanh -v loop=0 -f make.awk functions.txt
# loop=1: the expression stands in the recurrence (vector results: a also depends on the result of the step before).
# axes=1: the line is of axes.txt.  sizes: a list that replaces the twelve.
function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }
# the letters a, b, c, M, P, y of an expression, as names of this shape
function bind(s, i, index_,   out, word, rest) {
    out = ""
    rest = s
    while (match(rest, /[A-Za-z_][A-Za-z_0-9]*/)) {
        word = substr(rest, RSTART, RLENGTH)
        out = out substr(rest, 1, RSTART - 1)
        rest = substr(rest, RSTART + RLENGTH)
        if (word ~ /^[abc]$/) word = word i index_
        else if (word == "M" || word == "P") word = word i
        else if (word == "y") word = word i index_
        out = out word
    }
    return out rest
}
/^#/ { next }
trim($1) == want {
    count = split(sizes ? sizes : "1 2 3 5 7 8 9 15 16 17 31 33", size, " ")
    split(trim($2), ra, " "); split(trim($3), rb, " ")
    type = trim($4); text = trim($5)
    print "# " want ": " text
    print "rnn 1"
    for (i = 1; i <= count; i++) printf "%s N%d = %d", i == 1 ? "dim" : ",", i, size[i]
    print "\nmodel gradient {\n    axis batch in 1..3\n    axis t in 1..5"
    loss = ""
    for (i = 1; i <= count; i++) {
        print "    input x" i "[t], z" i "[t] : [N" i "]"
        print "    param A" i ", B" i ", W" i " : [N" i "] = uniform(1); param C" i " : real = uniform(1)"
        if (text ~ /M/) print "    param M" i " : [N" i ", N" i "] = uniform(1)"
        if (text ~ /P\[/) print "    param P" i " : [N" i "] = uniform(1)"
        if (text ~ /(^|[^a-z])y([^a-z]|$)/) print "    input y" i "[t] : index(N" i ")"
        past = loop ? (type == "v" ? " + 0.3 * tanh(r" i "[t-1])" : " + 0.3 * tanh(r" i "[t-1]) * B" i) : ""
        print "    a" i "[t] = " ra[1] " + " (ra[2] - ra[1]) " * sigmoid(A" i " + x" i "[t]" past ")"
        print "    b" i "[t] = " rb[1] " + " (rb[2] - rb[1]) " * sigmoid(B" i " * z" i "[t])"
        print "    c" i "[t] = tanh(C" i " + sum(z" i "[t]))"
        print "    r" i (axes ? "" : "[t]") " = " bind(text, i, axes ? "" : "[t]")
        term = type == "v" ? "dot(W" i ", r" i (axes ? "" : "[t]") ")" : "r" i (axes ? "" : "[t]")
        # what the expression does not use is used here, so that every parameter has a gradient
        print "    l" i (axes ? "" : "[t]") " = " term " + 0.01 * (sumsq(A" i ") + sumsq(B" i ") + sumsq(W" i ") + C" i " * C" i ")"
        loss = loss (i == 1 ? "" : i % 6 == 1 ? " +\n        " : " + ") "l" i (axes ? "" : "[t]")
    }
    if (axes) print "    loss J = mean[batch](" loss ")"
    else print "    loss J = mean[batch](sum[t](" loss "))"
    print "}"
}
