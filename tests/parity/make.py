"""Writes the frozen vectors: weights, window and expected results of each case (needs PyTorch; run by hand).

    python3 make.py            writes vectors/NAME.{weights,window,expect}.safetensors
    python3 make.py --check    only compares them with what it would write
"""
import os
import sys
import zlib

import numpy as np
import torch

import carried
import tensors
from cases import CASES
from cells import GAINS

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vectors")


def seeded(text):
    return np.random.default_rng(zlib.crc32(text.encode()))


def weights_of(case):
    return weights_of_shapes(case.source(), case.shapes)


def weights_of_shapes(source, shapes):
    """Independent of the model's initialisers: large enough that every path carries weight."""
    rng = seeded(source + ".weights")
    made = {}
    for name, shape in shapes.items():
        last = name.split(".")[-1]
        if last.startswith("Emb"):
            made[name] = rng.standard_normal(shape)
        elif last in GAINS:
            made[name] = 1 + 0.3 * rng.uniform(-1, 1, shape)
        elif len(shape) == 2:
            made[name] = rng.uniform(-1, 1, shape) * np.sqrt(2.0 / shape[1])
        else:
            made[name] = 0.4 * rng.uniform(-1, 1, shape)
    return made


def rows_of(window, dtype):
    """Cuts a padded window into rows of their own lengths."""
    rows = []
    lengths = window.get("t_len")
    sequence = {k: v for k, v in window.items() if k != "t_len" and is_sequence(k, v)}
    steps, count = next(iter(sequence.values())).shape[:2]
    for b in range(count):
        n = steps if lengths is None else int(lengths[b])
        row = {}
        for name, value in window.items():
            if name != "t_len":
                v = value[:n, b] if name in sequence else value[b]
                row[name] = torch.tensor(v, dtype=dtype) if value.dtype == np.float64 else v.tolist()
        rows.append(row)
    return rows


def is_sequence(name, value):
    return value.ndim == 3 or (value.ndim == 2 and value.dtype == np.int32)


def evaluate(case, weights, window, dtype=torch.float64):
    """Loss, metrics, outputs per row, and the parameters the loss hangs on."""
    p = {n: torch.tensor(v, dtype=dtype, requires_grad=True) for n, v in weights.items()}
    rows = [case.row(p, r) for r in rows_of(window, dtype)]
    loss, metrics = case.reduce(p, rows)
    return p, rows, loss, metrics


def padded(rows, name, steps):
    """An output of all rows in the layout of a window; zero past the end of a row."""
    values = [r["out"][name].detach().numpy() for r in rows]
    if name in ("prob", "p"):
        return np.stack(values)
    out = np.zeros((steps, len(values)) + values[0].shape[1:], values[0].dtype)
    for b, v in enumerate(values):
        out[: len(v), b] = v
    return out


def expect_of(case, weights, window, dtype=torch.float64):
    p, rows, loss, metrics = evaluate(case, weights, window, dtype)
    loss.backward()
    steps = max(v.shape[0] for k, v in window.items() if k != "t_len" and is_sequence(k, v))
    e = {"loss": np.float64(loss.item())}
    e.update({name: padded(rows, name, steps) for name in rows[0]["out"]})
    e.update({name: np.float64(value.item()) for name, value in metrics.items()})
    e.update({name: q.grad.numpy() for name, q in p.items() if name not in case.frozen})
    return e


def check_margins(case, weights, window):
    """Classes that argmax chooses must not hang on the last bits."""
    _, rows, _, _ = evaluate(case, weights, window)
    for r in rows:
        for o in r["scores"]:
            top = torch.topk(o, 2).values
            assert top[0] - top[1] > 1e-4, f"{case.name}: two classes nearly tie"


def files_of(case):
    weights, window = weights_of(case), case.window(seeded(case.name + ".window"))
    check_margins(case, weights, window)
    files = {f"{case.name}.window": window, f"{case.name}.expect": expect_of(case, weights, window)}
    if not case.model:
        files[f"{case.name}.weights"] = weights
    return files


def carried_files():
    """carried.1, carried.2 ...: one window after the other."""
    weights = weights_of_shapes("carried", carried.SHAPES)
    windows = carried.windows(seeded("carried.window"))
    files = {"carried.weights": weights}
    for k, (loss, ppl, rows, grads) in enumerate(carried.results(weights, windows)):
        files[f"carried.{k + 1}.window"] = windows[k]
        files[f"carried.{k + 1}.expect"] = {
            "loss": np.float64(loss.item()), "logp": padded(rows, "logp", len(windows[k]["w"])),
            "ppl": np.float64(ppl.item()), **{n: g.numpy() for n, g in grads.items()}}
    return files


def differs(old, new):
    if list(old) != list(new):
        return True
    return any(not np.allclose(old[n], new[n], rtol=1e-12, atol=1e-13, equal_nan=True) for n in new)


def main():
    torch.set_num_threads(1)
    os.makedirs(HERE, exist_ok=True)
    stale = []
    for files in [*(files_of(case) for case in CASES), carried_files()]:
        for name, made in files.items():
            path = os.path.join(HERE, name + ".safetensors")
            if "--check" not in sys.argv:
                tensors.write(path, made)
                assert os.path.getsize(path) < 60000, path
            elif differs(tensors.read(path), made):
                stale.append(name)
    print("stale:" if stale else "all vectors are as made", *stale)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
