"""The cases: for each a model file, its parameters, a window of data, and the same model in plain torch operations.

A case computes row by row, each row cut to its own length, so nothing here knows of masks or padding.
Sizes are odd on purpose. make.py freezes the results; verify.py checks these equations against torch.nn.
"""
from dataclasses import dataclass
from typing import Callable

import numpy as np
import torch
import torch.nn.functional as F

from cells import CELLS, run, width

D, K, V, E = 5, 6, 7, 4
H1, H2 = 17, 7
LENGTHS = [9, 4, 1, 7, 6]


@dataclass
class Case:
    name: str
    shapes: dict  # parameter: shape
    window: Callable  # rng -> {input or target: array}, padded; and "t_len"
    row: Callable  # (params, row) -> {"out": outputs, anything that reduce needs}
    reduce: Callable  # (params, rows) -> (loss, metrics)
    model: str = ""  # another case's model and weights
    frozen: tuple = ()

    def source(self):
        return self.model or self.name


# ---- windows: time-major, what lies past a row's length is NaN or -1 ----

def reals(rng, size, lengths=LENGTHS, steps=None):
    x = rng.standard_normal((steps or max(lengths), len(lengths), size))
    for b, n in enumerate(lengths):
        x[n:, b] = np.nan
    return x


def tokens(rng, vocab, lengths=LENGTHS, steps=None):
    w = rng.integers(0, vocab, (steps or max(lengths), len(lengths))).astype(np.int32)
    for b, n in enumerate(lengths):
        w[n:, b] = -1
    return w


def lengths_of(lengths=LENGTHS):
    return np.array(lengths, np.int32)


# ---- parts of models ----

def xent(scores, target):
    return torch.logsumexp(scores, -1) - scores[target]


def layer_shapes(layer, cell, d, h):
    return {f"{layer}.{n}": s for n, s in CELLS[cell][0](d, h).items()}


def head_shapes(k, h):
    return {"Wo": (k, h), "bo": (k,)}


def head(p, hs):
    return [p["Wo"] @ h + p["bo"] for h in hs]


def two_layers(p, cell, xs):
    a, _ = run(cell, p, "rnn[1]", xs, H1)
    b, _ = run(cell, p, "rnn[2]", a, H2)
    return b


def scored(scores, targets, extra=None):
    """What a model with a softmax at each step gives for a row."""
    nll = [xent(o, y) for o, y in zip(scores, targets)]
    hits = [float(o.argmax() == y) for o, y in zip(scores, targets)]
    logp = torch.stack([torch.log_softmax(o, -1) for o in scores])
    return {"out": {"logp": logp, **(extra or {})}, "nll": nll, "hits": hits, "scores": scores}


def mean_over_steps(p, rows):
    """mean[t, batch]: all valid steps count the same."""
    nll = torch.stack([e for r in rows for e in r["nll"]])
    hits = np.mean([e for r in rows for e in r["hits"]])
    return nll.mean(), {"ppl": nll.mean().exp(), "acc": torch.tensor(hits)}


def mean_of_sums(p, rows):
    """mean[batch](sum[t]): long rows count more."""
    nll = torch.stack([e for r in rows for e in r["nll"]])
    return torch.stack([sum(r["nll"]) for r in rows]).mean(), {"ppl": nll.mean().exp()}


def mean_of_means(p, rows):
    """mean[batch](mean[t]): every row counts the same."""
    hits = np.mean([e for r in rows for e in r["hits"]])
    return torch.stack([torch.stack(r["nll"]).mean() for r in rows]).mean(), {"acc": torch.tensor(hits)}


# ---- two layers of one cell ----

def stack_shapes(cell, d, k):
    return {**head_shapes(k, width(cell, H2)), **layer_shapes("rnn[1]", cell, d, H1),
            **layer_shapes("rnn[2]", cell, width(cell, H1), H2)}


def over_vectors(name, cell=None, reduce=mean_over_steps, lengths=LENGTHS, steps=None, model=""):
    """Real inputs, a class at each step."""
    cell = cell or name

    def window(rng):
        w = {"x": reals(rng, D, lengths, steps), "y": tokens(rng, K, lengths, steps)}
        return w if min(lengths) == (steps or max(lengths)) else {**w, "t_len": lengths_of(lengths)}

    def row(p, r):
        top = two_layers(p, cell, list(r["x"]))
        return scored(head(p, top), r["y"], {"top": torch.stack(top)})

    return Case(name, stack_shapes(cell, D, K), window, row, reduce, model)


def over_tokens(name, cell=None, reduce=mean_over_steps):
    """Tokens in by their embeddings, tokens out: the gradient also goes through the input of the first layer."""
    cell = cell or name
    shapes = {"Emb": (V, E), **stack_shapes(cell, E, K)}

    def window(rng):
        return {"x": tokens(rng, V), "y": tokens(rng, K), "t_len": lengths_of()}

    def row(p, r):
        top = two_layers(p, cell, [p["Emb"][w] for w in r["x"]])
        return scored(head(p, top), r["y"], {"top": torch.stack(top)})

    return Case(name, shapes, window, row, reduce)


def language_model():
    """The token before is the input (0 at the start), the token itself the target."""
    shapes = {"Emb": (V, E), **stack_shapes("lstm", E, V)}

    def row(p, r):
        before = [0] + list(r["w"][:-1])
        top = two_layers(p, "lstm", [p["Emb"][w] for w in before])
        return scored(head(p, top), r["w"])

    return Case("language_model", shapes, lambda rng: {"w": tokens(rng, V), "t_len": lengths_of()}, row, mean_over_steps)


# ---- the plain forms ----

def one_to_one():
    """One step only: the previous state is the start value."""
    return over_vectors("one_to_one", "elman_tanh", lengths=[1] * 5)


def bidirectional():
    """Two layers, each with a loop in either direction; the embedding is frozen, the best class is an output."""
    def layer(name, d, h):
        return {f"{name}.Wf": (h, d), f"{name}.Wb": (h, d), f"{name}.Vf": (h, h), f"{name}.Vb": (h, h),
                f"{name}.bf": (h,), f"{name}.bb": (h,)}

    def apply(p, name, xs, h):
        q = lambda n: p[f"{name}.{n}"]
        f, b = [], []
        s = xs[0].new_zeros(h)
        for x in xs:
            s = torch.relu(q("Wf") @ x + q("Vf") @ s + q("bf"))
            f.append(s)
        s = xs[0].new_zeros(h)
        for x in reversed(xs):
            s = torch.relu(q("Wb") @ x + q("Vb") @ s + q("bb"))
            b.append(s)
        return [torch.cat(pair) for pair in zip(f, b[::-1])]

    def row(p, r):
        y = apply(p, "bi[1]", [p["Emb"][w] for w in r["word"]], 9)
        y = apply(p, "bi[2]", y, H2)
        o = head(p, y)
        best = torch.tensor([int(e.argmax()) for e in o], dtype=torch.int32)
        return scored(o, r["tag"], {"best": best})

    shapes = {"Emb": (V, E), **layer("bi[1]", E, 9), **layer("bi[2]", 18, H2), **head_shapes(K, 2 * H2)}
    window = lambda rng: {"word": tokens(rng, V), "tag": tokens(rng, K), "t_len": lengths_of()}
    return Case("bidirectional", shapes, window, row, mean_of_means, frozen=("Emb",))


def many_to_one():
    """An LSTM from each end, two layers; the label is read from where each of them stops."""
    def row(p, r):
        xs = list(r["x"])
        f1, _ = run("lstm", p, "fw[1]", xs, H2)
        b1, _ = run("lstm", p, "bw[1]", xs, H2, backwards=True)
        both = [torch.cat(pair) for pair in zip(f1, b1)]
        f2, _ = run("lstm", p, "fw[2]", both, H2)
        b2, _ = run("lstm", p, "bw[2]", both, H2, backwards=True)
        z = p["Wo"] @ torch.cat([f2[-1], b2[0]]) + p["bo"]
        return {"out": {"prob": torch.softmax(z, -1)}, "nll": xent(z, r["label"]), "hit": float(z.argmax() == r["label"]),
                "scores": [z]}

    def reduce(p, rows):
        nll = torch.stack([r["nll"] for r in rows])
        loss = nll.mean() + 0.01 * (p["Wo"] ** 2).sum()
        return loss, {"acc": torch.tensor(np.mean([r["hit"] for r in rows]))}

    shapes = {}
    for d in ("fw", "bw"):
        shapes.update(layer_shapes(f"{d}[1]", "lstm", D, H2))
        shapes.update(layer_shapes(f"{d}[2]", "lstm", 2 * H2, H2))
    shapes.update(head_shapes(3, 2 * H2))
    window = lambda rng: {"x": reals(rng, D), "label": rng.integers(0, 3, 5).astype(np.int32), "t_len": lengths_of()}
    return Case("many_to_one", shapes, window, row, reduce)


def one_to_many():
    """A vector of features starts the state and stands in for the first input; then words."""
    def row(p, r):
        xs = [p["Pi"] @ r["feat"]] + [p["Emb"][w] for w in r["w"][:-1]]
        start = [torch.tanh(p["Ph"] @ r["feat"]), p["c0"]]
        top, _ = run("lstm", p, "rnn", xs, H1, start)
        return scored(head(p, top), r["w"])

    shapes = {"Emb": (V, E), "Pi": (E, D), "Ph": (H1, D), "c0": (H1,), **layer_shapes("rnn", "lstm", E, H1),
              **head_shapes(V, H1)}
    window = lambda rng: {"feat": rng.standard_normal((5, D)), "w": tokens(rng, V), "t_len": lengths_of()}
    return Case("one_to_many", shapes, window, row, mean_over_steps)


def regression():
    """Squared error of vectors, a GRU and its outputs one step back."""
    def row(p, r):
        h, _ = run("gru", p, "rnn", list(r["x"]), H1)
        back = [torch.zeros_like(h[0])] + h[:-1]
        yhat = [p["Wy"] @ a + p["Wd"] @ b + p["by"] for a, b in zip(h, back)]
        mse = [((a - b) ** 2).mean() for a, b in zip(yhat, r["y"])]
        mae = [(a - b).abs().mean() for a, b in zip(yhat, r["y"])]
        return {"out": {"yhat": torch.stack(yhat)}, "mse": mse, "mae": mae, "scores": []}

    def reduce(p, rows):
        every = lambda k: torch.stack([e for r in rows for e in r[k]]).mean()
        return every("mse"), {"mae": every("mae")}

    shapes = {**layer_shapes("rnn", "gru", D, H1), "Wy": (3, H1), "Wd": (3, H1), "by": (3,)}
    window = lambda rng: {"x": reals(rng, D), "y": reals(rng, 3), "t_len": lengths_of()}
    return Case("regression", shapes, window, row, reduce)


def fast_weights():
    """A state that is a matrix, and layer normalisation as a function of the file."""
    def norm(a):
        return (a - a.mean()) / torch.sqrt(((a - a.mean()) ** 2).mean() + 0.00001)

    def row(p, r):
        A, h = p["Emb"].new_zeros(H1, H1), p["Emb"].new_zeros(H1)
        for w in r["x"]:
            A = 0.95 * A + 0.5 * torch.outer(h, h)
            z = p["rnn.W"] @ h + p["rnn.U"] @ p["Emb"][w] + p["rnn.b"]
            h = torch.relu(norm(z + A @ torch.relu(norm(z))))
        z = p["Wo"] @ h + p["bo"]
        return {"out": {"p": torch.softmax(z, -1)}, "nll": xent(z, r["y"]), "hit": float(z.argmax() == r["y"]), "scores": [z]}

    def reduce(p, rows):
        return torch.stack([r["nll"] for r in rows]).mean(), {"acc": torch.tensor(np.mean([r["hit"] for r in rows]))}

    shapes = {"Emb": (V, E), "rnn.W": (H1, H1), "rnn.U": (H1, E), "rnn.b": (H1,), **head_shapes(V, H1)}
    window = lambda rng: {"x": tokens(rng, V), "y": rng.integers(0, V, 5).astype(np.int32), "t_len": lengths_of()}
    return Case("fast_weights", shapes, window, row, reduce)


CASES = [
    *(over_vectors(c) for c in ("elman_tanh", "elman_relu", "irnn", "peep_lstm", "gru_after", "layer_norm_lstm")),
    *(over_tokens(c) for c in ("lstm", "gru", "scrn")),
    over_vectors("plain_lstm", reduce=mean_of_sums),
    over_vectors("plain_gru", reduce=mean_of_sums),
    over_vectors("one_row", "peep_lstm", lengths=[9], model="peep_lstm"),
    over_vectors("one_step", "gru_after", lengths=[1] * 4, model="gru_after"),
    over_vectors("short_rows", "elman_tanh", lengths=[2, 5, 3], steps=9, model="elman_tanh"),
    language_model(), one_to_one(), bidirectional(), many_to_one(), one_to_many(), regression(), fast_weights(),
]
