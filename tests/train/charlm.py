"""A character model in PyTorch that trains exactly as rnnc does: Emb, rnn[1..L] (LSTM), Wo, bo.

Parameters come from a file of weights; where it has no second bias of a gate (ci, cf, ..), that of torch's LSTM stays 0
and is not trained. Windows: N tokens
are cut into B streams of floor((N - 1) / B); the windows of an epoch advance together; each epoch starts anew.
Used by parity_make.py (frozen losses) and shakespeare.py (reference of the long run).
"""
import os
import sys

import numpy as np
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parity"))
import tensors  # noqa: E402

GATES = "ifgo"  # torch's order of the joined rows


class CharLM(torch.nn.Module):
    def __init__(self, weights, dtype, dropout=0.0):
        super().__init__()
        layers = sum(n.startswith("rnn[") and n.endswith("].Wi") for n in weights)
        w = {n: torch.tensor(v, dtype=dtype) for n, v in weights.items()}
        self.emb = torch.nn.Parameter(w["Emb"])
        self.wo, self.bo = torch.nn.Parameter(w["Wo"]), torch.nn.Parameter(w["bo"])
        d, h = w["Emb"].shape[1], w["Wo"].shape[1]
        self.rnn = torch.nn.LSTM(d, h, layers, dropout=dropout, dtype=dtype)
        self.out_dropout = torch.nn.Dropout(dropout)
        with torch.no_grad():
            for k in range(layers):
                join = lambda kind: torch.cat([w[f"rnn[{k + 1}].{kind}{g}"] for g in GATES])
                getattr(self.rnn, f"weight_ih_l{k}").copy_(join("U"))
                getattr(self.rnn, f"weight_hh_l{k}").copy_(join("W"))
                getattr(self.rnn, f"bias_ih_l{k}").copy_(join("b"))
                second = getattr(self.rnn, f"bias_hh_l{k}")
                if f"rnn[{k + 1}].ci" in w:
                    second.copy_(join("c"))
                else:
                    second.zero_()
                    second.requires_grad_(False)

    def forward(self, x, y, state):
        """Mean loss of a window [steps, rows], and the state cut off from its gradient."""
        h, state = self.rnn(self.emb[x], state)
        scores = self.out_dropout(h) @ self.wo.T + self.bo
        loss = torch.nn.functional.cross_entropy(scores.flatten(0, 1), y.flatten())
        return loss, tuple(s.detach() for s in state)


def windows(tokens, rows, steps):
    """One epoch: (x, y) of each window; the last one may be shorter."""
    length = (len(tokens) - 1) // rows
    tokens = np.asarray(tokens)
    cut = lambda shift: np.stack([tokens[b * length + shift :][:length] for b in range(rows)], 1)
    x, y = (torch.from_numpy(cut(s).astype(np.int64)) for s in (0, 1))
    return [(x[t : t + steps], y[t : t + steps]) for t in range(0, length, steps)]


def clip_by_norm(params, most):
    """Scales by most / norm where norm > most; returns the norm before. No epsilon."""
    norm = torch.sqrt(sum((p.grad.double() ** 2).sum() for p in params))
    if most and norm > most:
        for p in params:
            p.grad.mul_((most / norm).to(p.dtype))
    return norm.item()


def sgd(params, lr):
    def update():
        with torch.no_grad():
            for p in params:
                p.sub_(p.grad, alpha=lr)
    return update


def adam(params, lr):
    optimizer = torch.optim.Adam(params, lr=lr, betas=(0.9, 0.999), eps=1e-8, foreach=False)
    return optimizer.step


OPTIMIZERS = {"sgd": sgd, "adam": adam}


def train(model, epoch, steps, optimizer, lr, clip_norm, each):
    """`steps` windows, epoch after epoch; each(step, loss, norm) after every one."""
    params = [p for p in model.parameters() if p.requires_grad]
    update = OPTIMIZERS[optimizer](params, lr)
    state = None
    for s in range(steps):
        if s % len(epoch) == 0:
            state = None
        x, y = epoch[s % len(epoch)]
        loss, state = model(x, y, state)
        for p in params:
            p.grad = None
        loss.backward()
        norm = clip_by_norm(params, clip_norm)
        update()
        each(s + 1, loss.item(), norm)


def weights_of(path):
    return tensors.read(path)
