"""Checks the references themselves (needs PyTorch; run by hand, prints what it found, exits 1 on a failure).

1. The stacks that torch.nn has (LSTM, GRU, RNN) are run by torch.nn on packed sequences with the same weights.
2. Every gradient is compared with central differences (gradcheck along random directions).
3. The same in float32: no tensor may be so badly conditioned that a float build could not meet its tolerance.
"""
import sys

import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import carried
from cases import CASES, H1, H2
from cells import norm
from make import expect_of, rows_of, seeded, weights_of, weights_of_shapes

FLOAT_LIMIT = 5e-6  # a quarter of the tolerance of the float comparison
NN = {  # case: (module, order of the gates in torch, their names here)
    "elman_tanh": (lambda d, h: torch.nn.RNN(d, h), ("",)),
    "elman_relu": (lambda d, h: torch.nn.RNN(d, h, nonlinearity="relu"), ("",)),
    "short_rows": (lambda d, h: torch.nn.RNN(d, h), ("",)),
    "lstm": (torch.nn.LSTM, "ifgo"),
    "plain_lstm": (torch.nn.LSTM, "ifgo"),
    "gru_after": (torch.nn.GRU, "rzn"),
    "one_step": (torch.nn.GRU, "rzn"),
}


def joined(p, layer, kind, names):
    """The rows of torch's joined weights; a bias the cell does not have is 0."""
    like = p[f"{layer}.W{names[0]}"]
    return torch.cat([p.get(f"{layer}.{kind}{g}", like.new_zeros(like.shape[0])) for g in names])


def torch_weights(p, layer, names):
    bias = joined(p, layer, "b", names)
    second = torch.zeros_like(bias)
    if f"{layer}.bhn" in p:
        second = torch.cat([torch.zeros_like(bias[: -p[f"{layer}.bhn"].shape[0]]), p[f"{layer}.bhn"]])
    return {"weight_ih_l0": joined(p, layer, "U", names), "weight_hh_l0": joined(p, layer, "W", names),
            "bias_ih_l0": bias, "bias_hh_l0": second}


def nn_stack(case, p, window):
    """The outputs of both layers by torch.nn; differentiable in p."""
    make, names = NN[case.name]
    x = p["Emb"][torch.tensor(window["x"]).clamp(min=0).long()] if "Emb" in p else torch.tensor(np.nan_to_num(window["x"]))
    steps, rows = window["x"].shape[:2]
    lengths = torch.tensor(window.get("t_len", [steps] * rows)).long()
    for layer, size in (("rnn[1]", H1), ("rnn[2]", H2)):
        module = make(x.shape[-1], size).double()
        packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
        y, _ = torch.func.functional_call(module, torch_weights(p, layer, names), (packed,))
        x, _ = pad_packed_sequence(y, total_length=steps)
    return x, lengths


def nn_result(case, weights, window):
    p = {n: torch.tensor(v, requires_grad=True) for n, v in weights.items()}
    top, lengths = nn_stack(case, p, window)
    scores = top @ p["Wo"].T + p["bo"]
    mask = torch.arange(scores.shape[0])[:, None] < lengths
    target = torch.tensor(window["y"]).long()
    nll = torch.nn.functional.cross_entropy(scores[mask], target[mask], reduction="sum")
    loss = nll / (len(lengths) if case.name.startswith("plain") else mask.sum())
    loss.backward()
    result = {"loss": loss.item(), "top": top.detach().numpy()}
    result.update({n: q.grad.numpy() for n, q in p.items()})
    return result


def relative(actual, expect):
    """The larger of both measures of compare.c."""
    a, e = np.asarray(actual, float), np.asarray(expect, float)
    if not e.any():
        return float(np.abs(a).max())
    d = a - e
    return max(np.linalg.norm(d) / np.linalg.norm(e), np.abs(d).max() / np.abs(e).max())


def worst(actual, expect, names):
    return max((relative(actual[n], expect[n]), n) for n in names)


def gradients_hold(case, weights, window):
    torch.manual_seed(1)
    p = {n: torch.tensor(v, requires_grad=True) for n, v in weights.items()}

    def loss(*values):
        named = dict(zip(p, values))
        return case.reduce(named, [case.row(named, r) for r in rows_of(window, torch.float64)])[0]

    return torch.autograd.gradcheck(loss, tuple(p.values()), fast_mode=True, atol=1e-8, rtol=1e-5)


def norm_holds():
    a = torch.linspace(-1, 2, 17, dtype=torch.float64) ** 3
    return torch.allclose(norm(a), torch.nn.functional.layer_norm(a, (17,), eps=1e-5), rtol=1e-14, atol=1e-15)


def carried_holds():
    """Full rows in three windows without a reset are one long row: the same loss as in one window."""
    weights = weights_of_shapes("carried", carried.SHAPES)
    rng = np.random.default_rng(5)
    stream = rng.integers(0, 7, (21, 1)).astype(np.int32)
    cut = lambda *ends: [{"w": stream[a:b], "t_len": [b - a]} for a, b in zip((0, *ends), (*ends, 21))]
    losses = [sum(r[0].item() * len(w["w"]) for r, w in zip(carried.results(weights, ws), ws))
              for ws in (cut(), cut(9), cut(9, 10), cut(1, 2))]
    spread = max(losses) - min(losses)
    print(f"carried          one window and several differ by {spread:.1e}")
    return spread < 1e-12


def main():
    torch.set_num_threads(1)
    good = True
    for case in CASES:
        weights, window = weights_of(case), case.window(seeded(case.name + ".window"))
        expect = expect_of(case, weights, window)
        line = [f"{case.name:16}"]
        if case.name in NN:
            w, name = worst(nn_result(case, weights, window), expect, ["loss", "top", *case.shapes])
            good &= w < 1e-13
            line.append(f"torch.nn {w:.1e}")
        good &= gradients_hold(case, weights, window)
        w, name = worst(expect_of(case, weights, window, torch.float32), expect, expect)
        good &= w < FLOAT_LIMIT
        line.append(f"differences ok, float {w:.1e} ({name})")
        print(*line, flush=True)
    good &= carried_holds() and norm_holds()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
