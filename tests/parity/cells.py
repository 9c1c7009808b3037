"""The equations of the standard cells for one row and one step, in plain torch operations.

A cell is a table: the shapes of its parameters, the sizes of its state, and step(p, x, state) -> (output, state).
`p` gives a parameter by its name in the cell. There is no batch and no mask here: a row of length n takes n steps.
"""
import torch

sigmoid, tanh, relu = torch.sigmoid, torch.tanh, torch.relu


def gates(names, rest=()):
    """W*: [H, H], U*: [H, D], b*: [H] for each gate, and further vectors."""
    return lambda D, H: {
        **{"W" + g: (H, H) for g in names},
        **{"U" + g: (H, D) for g in names},
        **{"b" + g: (H,) for g in names},
        **{v: (H,) for v in rest},
    }


def without_biases(shapes):
    return lambda D, H: {n: s for n, s in shapes(D, H).items() if not n.startswith("b")}


def pre(p, gate, x, h):
    """W h + U x + b; cells without biases have no b."""
    a = p("W" + gate) @ h + p("U" + gate) @ x
    b = p("b" + gate)
    return a if b is None else a + b


def elman(activation):
    def step(p, x, s):
        h = activation(p("W") @ s[0] + p("U") @ x + p("b"))
        return h, [h]
    return step


def lstm(p, x, s):
    h, c = s
    i, f, o = (sigmoid(pre(p, g, x, h)) for g in "ifo")
    c = f * c + i * tanh(pre(p, "g", x, h))
    h = o * tanh(c)
    return h, [h, c]


def peep_lstm(p, x, s):
    h, c = s
    i = sigmoid(pre(p, "i", x, h) + p("pi") * c)
    f = sigmoid(pre(p, "f", x, h) + p("pf") * c)
    new = f * c + i * tanh(pre(p, "g", x, h))
    o = sigmoid(pre(p, "o", x, h) + p("po") * new)
    h = o * tanh(new)
    return h, [h, new]


def norm(a):
    """Layer normalisation without gain; the epsilon is part of the cell."""
    centred = a - a.mean()
    return centred / torch.sqrt((centred ** 2).mean() + 1e-5)


def layer_norm_lstm(p, x, s):
    h, c = s
    gate = lambda k: p("w" + k) * norm(p("W" + k) @ h) + p("u" + k) * norm(p("U" + k) @ x) + p("b" + k)
    i, f, o = (sigmoid(gate(k)) for k in "ifo")
    c = f * c + i * tanh(gate("g"))
    h = o * tanh(p("wc") * norm(c) + p("bc"))
    return h, [h, c]


def gru(p, x, s):
    (h,) = s
    z, r = sigmoid(pre(p, "z", x, h)), sigmoid(pre(p, "r", x, h))
    n = tanh(pre(p, "n", x, r * h))
    h = (1 - z) * h + z * n
    return h, [h]


def gru_after(p, x, s):
    (h,) = s
    z, r = sigmoid(pre(p, "z", x, h)), sigmoid(pre(p, "r", x, h))
    n = tanh(p("Un") @ x + p("bn") + r * (p("Wn") @ h + p("bhn")))
    h = (1 - z) * n + z * h
    return h, [h]


def scrn(p, x, s, alpha=0.95):
    c, h = s
    c = (1 - alpha) * (p("B") @ x) + alpha * c
    h = sigmoid(p("P") @ c + p("A") @ x + p("R") @ h)
    return torch.cat([c, h]), [c, h]


def scrn_shapes(D, H, C=3):
    return {"B": (C, D), "A": (H, D), "P": (H, C), "R": (H, H)}


GAINS = ("wi", "wf", "wo", "wg", "ui", "uf", "uo", "ug", "wc")  # of the normalisations: near 1
SIMPLE = lambda D, H: {"W": (H, H), "U": (H, D), "b": (H,)}
ONE = lambda H: [H]
TWO = lambda H: [H, H]

# name: (shapes(D, H), sizes of the state(H), step)
CELLS = {
    "elman_tanh": (SIMPLE, ONE, elman(tanh)),
    "elman_relu": (SIMPLE, ONE, elman(relu)),
    "irnn": (SIMPLE, ONE, elman(relu)),
    "lstm": (gates("ifog"), TWO, lstm),
    "peep_lstm": (gates("ifog", ("pi", "pf", "po")), TWO, peep_lstm),
    "layer_norm_lstm": (gates("ifog", GAINS + ("bc",)), TWO, layer_norm_lstm),
    "gru": (gates("zrn"), ONE, gru),
    "gru_after": (gates("zrn", ("bhn",)), ONE, gru_after),
    "scrn": (scrn_shapes, lambda H: [3, H], scrn),
    "plain_lstm": (without_biases(gates("ifog")), TWO, lstm),
    "plain_gru": (without_biases(gates("zrn")), ONE, gru),
}


def width(cell, H):
    """Size of the cell's output: SCRN shows its slow state too."""
    return 3 + H if cell == "scrn" else H


def run(cell, params, layer, xs, H, state=None, backwards=False):
    """Runs a layer over the steps of one row; returns the outputs in the order of the steps and the last state."""
    sizes, step = CELLS[cell][1:]
    like = xs[0]
    given = state or [None] * len(sizes(H))
    s = [like.new_zeros(n) if g is None else g for n, g in zip(sizes(H), given)]
    p = lambda name: params.get(f"{layer}.{name}")
    ys = []
    for x in reversed(xs) if backwards else xs:
        y, s = step(p, x, s)
        ys.append(y)
    return (ys[::-1] if backwards else ys), s
