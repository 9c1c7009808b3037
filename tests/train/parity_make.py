"""Writes what the training parity compares with (needs PyTorch; run by hand): text, weights, vocabulary, losses.

    python3 parity_make.py            writes parity.txt, parity.weights.safetensors(.vocab), parity.sgd.log, parity.adam.log
    python3 parity_make.py --check    compares them with what it would write, and tells how firm the losses are:
                                      the same run from weights changed in the last bits, and in float
"""
import os
import sys
from collections import Counter

import numpy as np
import torch


from charlm import CharLM, tensors, train, windows

HERE = os.path.dirname(os.path.abspath(__file__))
ALPHABET = "abcdefghijk_"
ROWS, STEPS, E, H = 4, 16, 9, 19
LENGTH = ROWS * 100 * STEPS + 3  # an epoch is 100 full windows, two tokens are left over
RUNS = {"sgd": dict(optimizer="sgd", lr=3.0, clip_norm=0.2), "adam": dict(optimizer="adam", lr=0.01, clip_norm=0.0)}


def make_text():
    """A Markov chain of order 2 with few followers, from a generator written out here: the same text anywhere."""
    state = 12346

    def draw(n):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) % n

    followers = [[(draw(12), draw(12), draw(12)) for _ in range(12)] for _ in range(12)]
    a, b, out = 0, 1, []
    for _ in range(LENGTH):
        choice = followers[a][b][(0, 0, 0, 1, 1, 2)[draw(6)]] if draw(20) else draw(12)
        a, b = b, choice
        out.append(ALPHABET[choice])
    return "".join(out)


def make_vocab(text):
    """By falling frequency; no two letters are equally frequent, so nothing hangs on how ties are broken."""
    counts = Counter(text)
    assert len(counts) == len(ALPHABET) == len(set(counts.values()))
    return sorted(counts, key=lambda c: -counts[c])


def make_weights():
    rng = np.random.default_rng(7)
    shapes = {"Emb": (12, E), "Wo": (12, H), "bo": (12,)}
    for k, d in ((1, E), (2, H)):
        shapes.update({f"rnn[{k}].W{g}": (H, H) for g in "ifog"})
        shapes.update({f"rnn[{k}].U{g}": (H, d) for g in "ifog"})
        shapes.update({f"rnn[{k}].b{g}": (H,) for g in "iogf"})
    return {n: rng.uniform(-0.4, 0.4, s) for n, s in shapes.items()}


def run(weights, text, name, dtype=torch.float64, steps=200):
    index = {c: i for i, c in enumerate(make_vocab(text))}
    epoch = windows([index[c] for c in text], ROWS, STEPS)
    assert len(epoch) == 100 and len(epoch[-1][0]) == STEPS
    log = []
    train(CharLM(weights, dtype), epoch, steps, each=lambda *line: log.append(line), **RUNS[name])
    return log


def as_text(log):
    return "".join(f"{step} {loss:.17g} {norm:.17g}\n" for step, loss, norm in log)


def apart(a, b):
    """The largest relative difference of the losses and of the norms."""
    a, b = np.array(a)[:, 1:], np.array(b)[:, 1:]
    return (np.abs(a - b[: len(a)]) / np.abs(b[: len(a)])).max(0)


def check(weights, text):
    rng = np.random.default_rng(8)
    shaken = {n: v * (1 + 4e-16 * rng.standard_normal(v.shape)) for n, v in weights.items()}
    good = open(os.path.join(HERE, "parity.txt")).read() == text
    good &= all(np.array_equal(tensors.read(os.path.join(HERE, "parity.weights.safetensors"))[n], v) for n, v in weights.items())
    for name in RUNS:
        frozen = np.loadtxt(os.path.join(HERE, f"parity.{name}.log"))
        again, last, single = run(weights, text, name), run(shaken, text, name), run(weights, text, name, torch.float32, 50)
        print(name, "frozen: loss %.1e norm %.1e" % tuple(apart(again, frozen)),
              "| last bits: %.1e %.1e" % tuple(apart(last, frozen)), "| float, 50 steps: %.1e %.1e" % tuple(apart(single, frozen)),
              "| loss %.3f to %.3f, norm %.3f to %.3f" % (frozen[0, 1], frozen[-1, 1], frozen[:, 2].min(), frozen[:, 2].max()))
        good &= apart(again, frozen).max() < 1e-10 and apart(last, frozen).max() < 1e-9 and apart(single, frozen).max() < 2.5e-5
    print("ok" if good else "FAIL: not as frozen, or not firm enough")
    return 0 if good else 1


def main():
    torch.set_num_threads(1)
    text, weights = make_text(), make_weights()
    if "--check" in sys.argv:
        return check(weights, text)
    with open(os.path.join(HERE, "parity.txt"), "w") as f:
        f.write(text)
    tensors.write(os.path.join(HERE, "parity.weights.safetensors"), weights)
    with open(os.path.join(HERE, "parity.weights.safetensors.vocab"), "w") as f:
        f.write("".join(c + "\n" for c in make_vocab(text)))
    for name in RUNS:
        with open(os.path.join(HERE, f"parity.{name}.log"), "w") as f:
            f.write(as_text(run(weights, text, name)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
