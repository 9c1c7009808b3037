"""The case of several windows of one stream: what a row ends with is what it starts from in the next window.

Each window has its own lengths; gradients stop at its start. Before the last window one row is reset.
make.py freezes it; drive.c runs it, because a command sees one window only.
"""
import torch

from cases import E, H1, H2, V, head_shapes, layer_shapes, lengths_of, mean_over_steps, scored, tokens
from cells import run

WINDOWS = [[9, 4, 1, 7, 6], [5, 9, 3, 1, 8], [6, 2, 9, 4, 1]]
RESET = {2: [1]}  # before this window (counted from 0), these rows
SHAPES = {"Emb": (V, E), "a0": (H1,), "Wp": (V, H2), **head_shapes(V, H2), **layer_shapes("rnn[1]", "lstm", E, H1),
          **layer_shapes("rnn[2]", "gru", H1, H2)}


def windows(rng):
    return [{"w": tokens(rng, V, lengths), "t_len": lengths_of(lengths)} for lengths in WINDOWS]


def start(p):
    zero = torch.zeros_like(p["bo"][:1]).expand(H2)
    return {"token": 0, "a": [torch.tanh(p["a0"]), None], "b": [None], "past": [zero, zero]}


def row(p, w, state):
    """One row of one window; returns its results and the state it ends with, cut off from the gradient."""
    a, a_end = run("lstm", p, "rnn[1]", [p["Emb"][v] for v in [state["token"]] + w[:-1]], H1, state["a"])
    b, b_end = run("gru", p, "rnn[2]", a, H2, state["b"])
    back = (state["past"] + b)[: len(b)]
    o = [p["Wo"] @ now + p["Wp"] @ then + p["bo"] for now, then in zip(b, back)]
    cut = lambda list_: [v.detach() for v in list_]
    return scored(o, w), {"token": w[-1], "a": cut(a_end), "b": cut(b_end), "past": cut((state["past"] + b)[-2:])}


def results(weights, windows_, dtype=torch.float64):
    """For each window: loss, metrics, rows and gradients."""
    p = {n: torch.tensor(v, dtype=dtype, requires_grad=True) for n, v in weights.items()}
    states = [None] * len(WINDOWS[0])
    every = []
    for k, window in enumerate(windows_):
        rows = []
        for b, n in enumerate(window["t_len"]):
            begin = start(p) if states[b] is None or b in RESET.get(k, ()) else states[b]
            result, states[b] = row(p, window["w"][:n, b].tolist(), begin)
            rows.append(result)
        loss, metrics = mean_over_steps(p, rows)
        grads = torch.autograd.grad(loss, list(p.values()), allow_unused=True)
        zero = {n: torch.zeros_like(q) for n, q in p.items()}
        every.append((loss, metrics["ppl"], rows, {n: zero[n] if g is None else g for n, g in zip(p, grads)}))
    return every
