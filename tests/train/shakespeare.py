"""The PyTorch reference of the long run (run by hand): the same initial weights, windows and optimiser as rnnc.

    rnnc init tests/train/shakespeare.rnn --seed 1 -o W0.safetensors
    rnnc train tests/train/shakespeare.rnn --text x,y=TEXT --weights W0.safetensors --steps 10000 --held-out 0.1 \\
        -o W.safetensors
    python3 tests/train/shakespeare.py TEXT --weights W0.safetensors --vocab W.safetensors.vocab [--dropout 0.2]

The first 90 % of the text train, the last 10 % validate; 50 rows, 50 steps, state carried in both; Adam 2e-3, clipping
by norm 5, 10,000 steps, one thread. Prints the losses and at the end the validation in nats a character.
"""
import argparse
import time

import torch

from charlm import CharLM, train, weights_of, windows

SIMPLE = {"\\": "\\", "n": "\n", "t": "\t", "r": "\r"}


def unescape(line):
    """A line of a vocabulary: the unit's text. Reserved ids, which no text contains, become their line."""
    if not line.startswith("\\") or line.startswith("\\<"):
        return line
    if line[1] == "u":
        return chr(int(line[3:-1], 16))
    return chr(int(line[2:], 16)) if line[1] == "x" else SIMPLE[line[1]]


def read_vocab(path):
    with open(path, encoding="utf-8", newline="\n") as f:
        return {unescape(line): i for i, line in enumerate(f.read().rstrip("\n").split("\n"))}


def nats(model, epoch):
    """Mean over all characters; the state is carried from window to window."""
    model.eval()
    total = count = 0
    state = None
    with torch.no_grad():
        for x, y in epoch:
            loss, state = model(x, y, state)
            total += loss.item() * x.numel()
            count += x.numel()
    model.train()
    return total / count


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("text")
    p.add_argument("--weights", required=True)
    p.add_argument("--vocab", required=True)
    p.add_argument("--steps", type=int, default=10000)
    p.add_argument("--rows", type=int, default=50)
    p.add_argument("--valid-rows", type=int, default=50)
    p.add_argument("--window", type=int, default=50)
    p.add_argument("--dropout", type=float, default=0.0)
    p.add_argument("--every", type=int, default=1000, help="steps between validations")
    p.add_argument("--log", help="a line a step: step, loss, norm")
    return p.parse_args()


def main():
    a = arguments()
    torch.set_num_threads(1)
    torch.manual_seed(1)  # only dropout draws from it
    index = read_vocab(a.vocab)
    with open(a.text, encoding="utf-8", newline="") as f:
        tokens = [index[c] for c in f.read()]
    split = len(tokens) - len(tokens) // 10
    model = CharLM(weights_of(a.weights), torch.float32, a.dropout)
    valid = windows(tokens[split:], a.valid_rows, a.window)
    log = open(a.log, "w") if a.log else None
    began = time.time()

    def each(step, loss, norm):
        if log:
            log.write(f"{step} {loss:.17g} {norm:.17g}\n")
        if step % a.every == 0 or step == a.steps:
            print(f"step {step} loss {loss:.4f} valid {nats(model, valid):.4f} seconds {time.time() - began:.0f}", flush=True)

    train(model, windows(tokens[:split], a.rows, a.window), a.steps, "adam", 0.002, 5.0, each)


if __name__ == "__main__":
    main()
