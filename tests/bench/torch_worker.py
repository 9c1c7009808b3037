"""A contestant of a benchmark: torch.nn.LSTM, one thread, behind a pipe. The commands are those of worker.c.

    python3 torch_worker.py DATA infer|train VARIANT      VARIANT: eager, or plain (without oneDNN)
"""
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
import torch  # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parity"))
import tensors  # noqa: E402

GATES = "ifgo"


def module_of(data):
    w = {n: torch.from_numpy(v) for n, v in data.items()}
    h, d = w["rnn.Ui"].shape
    m = torch.nn.LSTM(d, h)
    with torch.no_grad():
        m.weight_ih_l0.copy_(torch.cat([w["rnn.U" + g] for g in GATES]))
        m.weight_hh_l0.copy_(torch.cat([w["rnn.W" + g] for g in GATES]))
        m.bias_ih_l0.copy_(torch.cat([w["rnn.b" + g] for g in GATES]))
        m.bias_hh_l0.zero_()
    return m, w["x"], w["g"] / w["x"].shape[1]


def infer_call(m, x, g):
    def call():
        with torch.inference_mode():
            return {"y": m(x)[0]}
    return call


def train_call(m, x, g):
    x.requires_grad_(True)
    weights = [m.weight_ih_l0, m.weight_hh_l0, m.bias_ih_l0, m.bias_hh_l0]

    def call():
        y = m(x)[0]
        u, w, b, _, dx = torch.autograd.grad(y, weights + [x], g)
        return {"y": y, "U": u, "W": w, "b": b, "d_x": dx}
    return call


def dump(result, path):
    out = {}
    for name, value in result.items():
        if name in "UWb":
            parts = value.detach().chunk(4)
            out.update({f"rnn.{name}{g}": p.numpy().ravel() for g, p in zip(GATES, parts)})
        else:
            out[name] = value.detach().numpy().ravel()
    tensors.write(path, out)


def main():
    data, mode, variant = sys.argv[1:]
    torch.set_num_threads(1)
    torch.backends.mkldnn.enabled = variant != "plain"
    call = {"infer": infer_call, "train": train_call}[mode](*module_of(tensors.read(data)))
    for line in sys.stdin:
        command, value = line.split()
        if command == "dump":
            dump(call(), value)
            print("ok", flush=True)
        else:
            begin, calls, end = time.perf_counter(), 0, 0.0
            while end - begin < float(value) * 1e-3:
                call()
                calls += 1
                end = time.perf_counter()
            print(calls, end - begin, flush=True)


main()
