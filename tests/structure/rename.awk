# Prints a program with other names for everything that its author named, and writes to the file `back` the sed script
# that puts the old names back into what is printed of it. Comments go. A new name is longer than the old one and stands
# in another order among its like. Left alone: keywords, built-in functions, initialisers, the library's cells and the
# names of their settings, `batch`, and the block `train`.
function fill(set, list,    n, i, word) {
    n = split(list, word, " ")
    for (i = 1; i <= n; i++) set[word[i]] = 1
}

# What follows an identifier that is called: "(" or "[...](".
function is_called(rest,    i, depth, c) {
    if (substr(rest, 1, 1) == "(") return 1
    if (substr(rest, 1, 1) != "[") return 0
    for (i = 1; i <= length(rest); i++) {
        c = substr(rest, i, 1)
        if (c == "[") depth++
        if (c == "]" && --depth == 0) return substr(rest, i + 1, 1) == "("
    }
    return 0
}

function new_name(old) {
    if (!(old in changed)) {
        changed[old] = sprintf("N%dx", 999 - count++)
        print "s/" changed[old] "/" old "/g" > back
    }
    return changed[old]
}

function rename(line,    out, token) {
    out = ""
    while (line != "") {
        if (match(line, /^[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?/) || match(line, /^"[^"]*"/) || match(line, /^[ \t]+/)) {
            out = out substr(line, 1, RLENGTH)
        } else if (match(line, /^[A-Za-z][A-Za-z0-9_]*/)) {
            token = substr(line, 1, RLENGTH)
            if (token in fixed || (token in functions && is_called(substr(line, RLENGTH + 1)))) out = out token
            else out = out new_name(token)
        } else {
            match(line, /^./)
            out = out substr(line, 1, 1)
        }
        line = substr(line, RLENGTH + 1)
    }
    return out
}

BEGIN {
    fill(fixed, "use dim const fn cell model axis carry input target control param frozen layer partition init output loss")
    fill(fixed, "metric step generate over stop train for in reverse first last and or not batch real index dist logdist per weight")
    fill(fixed, "zeros ones constant uniform normal glorot he orthogonal identity")
    fill(fixed, "Elman IRNN LSTM PeepLSTM GRU GRUAfter SCRN LayerNormLSTM forget alpha")
    fill(functions, "tanh sigmoid hard_sigmoid relu leaky_relu elu gelu softplus exp log sqrt abs sign sin cos clip where max")
    fill(functions, "min stopgrad sum mean logsumexp softmax log_softmax norm sumsq dot outer slice xent nll bce sqerr mse abserr")
    fill(functions, "huber argmax sample onehot dropout count standardize")
}
{ sub(/[ \t]*#.*/, "") }
/^rnn [0-9]+$/ || /^use / { print; next }
/^ *train *\{/ { skip = 1 }
skip { if (/\}/) skip = 0; next }
{ print rename($0) }
