# make.awk: the lines of one name of ops.txt to a model.
#   awk -F';' -v want=TANH -v sizes="1 15 16" -v others="3 2 1" -f make.awk ops.txt
# Shape i has N = the i-th of sizes and K = the i-th of others, names that end in i, an output li (its part of the loss,
# for each row), and `most` of the expressions of the name, beginning with another one each. The first is in a recurrence:
# forward loops in one half of the shapes, reverse loops in the other.
function trim(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }

function add_variant(text) {
    text = trim(text)
    loops[count] = substr(text, 1, 1) !~ /[-VKSM]/
    if (substr(text, 1, 1) == "-") text = substr(text, 2)
    if (substr(text, 1, 1) != "@") { kind[count] = substr(text, 1, 1); body[count++] = trim(substr(text, 2)); return }
    text = substr(text, 2)
    add_variant("v " text "(a)"); add_variant("s " text "(s)"); add_variant("m " text "(X)")
    add_variant("v " text "(p) * a"); add_variant("v " text "(q) * a"); add_variant("v " text "(b) + " text "(a)")
}

# The expression with names of shape i; notes in `used` which letters stand in it.
function bind(s, i,   out, word, rest) {
    out = ""
    rest = s
    while (match(rest, /[A-Za-z_][A-Za-z_0-9]*/)) {
        word = substr(rest, RSTART, RLENGTH)
        out = out substr(rest, 1, RSTART - 1)
        rest = substr(rest, RSTART + RLENGTH)
        if (length(word) == 1 && index("abcesuqXykpodYMGRQPNK", word) > 0) {
            used[word] = 1
            word = word i
            if (index("abcesuqXyk", substr(word, 1, 1)) > 0 && rest !~ /^\[(t|first|last)/) word = word "[t]"
        }
        out = out word
    }
    return out rest
}

function ranged(low, high, inside) { return low " + " (high - low) " * sigmoid(" inside ")" }

# Cuts what stands before the next ";" off the line.
function field(   at, text) {
    at = index($0, ";")
    text = trim(substr($0, 1, at - 1))
    $0 = substr($0, at + 1)
    return text
}

BEGIN { count = 0 }
/^#/ || NF == 0 { next }
{
    name = field()
    sub(/:.*/, "", name)
    if (name != want) next
    split(field(), ra, " ")
    split(field(), rb, " ")
    n = split($0, part, "|")
    for (j = 1; j <= n; j++) add_variant(part[j])
}

END {
    if (count == 0) exit 1
    shapes = split(sizes, size, " ")
    split(others, other, " ")
    if (!most) most = 2
    print "# " want
    print "rnn 1"
    for (i = 1; i <= shapes; i++) print "dim N" i " = " size[i] ", K" i " = " other[i]
    print "model " (model ? model : "gradient") " {\n    axis batch in 1.." (rows ? rows : 7) "\n    axis t in 1.." (steps ? steps : 5)
    total = ""
    for (i = 1; i <= shapes; i++) total = total (i > 1 ? (i % 8 == 1 ? " +\n        " : " + ") : "") shape(i)
    print "    loss J = mean[batch](" total ")"
    print "}"
}

function shape(i,   j, v, first, back, past, state, start, carrier, shape_of_state, text, sum, r) {
    split("", used)
    first = (i - 1) * (step ? step : 1) % count
    back = (i + int((i - 1) / count)) % 2 ? "[t-1]" : "[t+1]"
    text = ""
    sum = ""
    for (j = 0; j < most && j < count; j++) {
        v = (first + j) % count
        r = "r" i "_" j
        text = text "    " r (kind[v] ~ /[vksm]/ ? "[t]" : "") " = " bind(body[v], i) "\n"
        sum = sum (j ? " - 1.37 * " : "") term(kind[v], r, i)
    }
    # the recurrence: one letter of the first expression, the value of the step before it, its start
    carrier = "a"
    if (loops[first]) {
        for (j = 1; j <= 4; j++) if (body[first] ~ ("(^|[^A-Za-z_0-9])" substr("esXa", j, 1) "([^A-Za-z_0-9]|$)")) carrier = substr("esXa", j, 1)
        if (carrier == "X") carrier = "s"
    }
    used[carrier] = 1
    if (used["X"]) used["s"] = used["M"] = 1
    state = loops[first] ? "r" i "_0" : "a" i
    shape_of_state = loops[first] ? kind[first] : "v"
    past = state back
    if (shape_of_state != "s" && !(shape_of_state == "v" && carrier == "a") && !(shape_of_state == "k" && carrier == "e")) past = "sum(" past ")"
    past = " + 0.3 * tanh(" past ")"
    # leaves, then what is made of them
    print "    input x" i "[t] : [N" i "]"
    if (used["q"]) print "    target q0" i "[t] : [N" i "]"
    if (used["y"]) print "    input y" i "[t] : index(N" i ")"
    if (used["k"]) print "    input k" i "[t] : index(K" i ")"
    print "    param A" i ", B" i " : [N" i "] = uniform(1)"
    print "    param C" i " : real = uniform(1)"
    if (need_w) print "    param W" i " : [N" i "] = uniform(1)"
    if (used["e"] || need_v) print "    param V" i " : [K" i "] = uniform(1)"
    if (need_z) print "    param Z" i " : [N" i ", N" i "] = uniform(1)"
    if (used["M"] || used["Y"]) print "    param M" i " : [N" i ", N" i "] = uniform(1)"
    if (used["G"]) print "    param G" i " : [N" i ", N" i "] = uniform(1)"
    if (used["R"]) print "    param R" i " : [K" i ", N" i "] = uniform(1)"
    if (used["Q"]) print "    param Q" i " : [N" i ", K" i "] = uniform(1)"
    if (used["P"]) print "    param P" i " : [N" i "] = uniform(1)"
    need_w = need_v = need_z = 0
    if (used["a"]) print "    a" i "[t] = " ranged(ra[1], ra[2], "A" i " + x" i "[t]" (carrier == "a" ? past : ""))
    if (used["b"]) print "    b" i "[t] = " ranged(rb[1], rb[2], "B" i " * x" i "[t] + 0.2")
    if (used["s"]) print "    s" i "[t] = " ranged(ra[1], ra[2], "C" i " + 0.2 * sum(x" i "[t])" (carrier == "s" ? past : ""))
    if (used["u"]) print "    u" i "[t] = " ranged(rb[1], rb[2], "C" i " - dot(B" i ", x" i "[t])")
    if (used["e"]) print "    e" i "[t] = " ranged(ra[1], ra[2], "V" i " + 0.2 * sum(x" i "[t])" (carrier == "e" ? past : ""))
    if (used["X"]) print "    X" i "[t] = " ranged(ra[1], ra[2], "M" i " + s" i "[t]")
    if (used["p"]) print "    p" i " = " ranged(ra[1], ra[2], "1.5 * A" i)
    if (used["c"]) print "    c" i "[t] = " ranged(ra[1], ra[2], "1.5 * A" i)
    if (used["o"]) print "    o" i " = " ranged(rb[1], rb[2], "1.5 * B" i)
    if (used["d"]) print "    d" i " = " ranged(ra[1], ra[2], "1.5 * C" i)
    if (used["Y"]) print "    Y" i " = " ranged(rb[1], rb[2], "1.5 * M" i)
    if (used["q"]) print "    q" i "[t] = " ranged(rb[1], rb[2], "q0" i "[t]")
    printf "%s", text
    start = shape_of_state == "v" ? "B" : shape_of_state == "k" ? "V" : shape_of_state == "m" ? "Z" : "C"
    print "    init " state " = tanh(" start i ")"
    print "    output l" i " = " sum
    return "l" i
}

# One result in the loss: everything weighted, then summed over t.
function term(k, r, i,   t) {
    t = k ~ /[vksm]/ ? r "[t]" : r
    if (k ~ /[vV]/) { need_w = 1; t = "dot(W" i ", " t ")" }
    if (k ~ /[kK]/) { need_v = 1; t = "dot(V" i ", " t ")" }
    if (k ~ /[mM]/) { need_z = 1; t = "sum(Z" i " * " t ")" }
    return k ~ /[vksm]/ ? "sum[t](" t ")" : t
}
