"""Paired benchmark of emitted LSTM code against torch.nn.LSTM, one thread (run by hand; needs PyTorch).

    python3 tests/bench/bench.py [--build build] [--rounds 31] [--slice 30] [--row infer|train]

All contestants stand ready as processes behind pipes and are asked in turn, in an order that rotates every round, for a
slice of a few calls each; what counts is the ratio of times within a round. Before and after a round a micro-kernel is
timed: rounds in which it changed by more than 15 % or time was stolen are dropped, at most a fifth of them.
The results of all contestants are compared before anything is timed.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PARITY = os.path.join(ROOT, "tests", "parity")
sys.path.insert(0, PARITY)
import tensors  # noqa: E402

ROWS = {"infer": (1, 100, 128, 128), "train": (16, 100, 128, 256)}  # B, T, D, H
PEERS = ["eager", "plain"]
TOLERANCE = 2e-5
CPU = 0


class Process:
    def __init__(self, name, command):
        self.name = name
        self.pipe = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                     preexec_fn=lambda: os.sched_setaffinity(0, {CPU}))

    def ask(self, command):
        self.pipe.stdin.write(command + "\n")
        self.pipe.stdin.flush()
        answer = self.pipe.stdout.readline()
        if not answer:
            sys.exit(f"{self.name} ended at '{command}'")
        return answer.split()

    def time(self, ms):
        """Seconds a call."""
        calls, seconds = self.ask(f"run {ms}")
        return float(seconds) / int(calls)

    def close(self):
        self.pipe.stdin.close()
        self.pipe.wait()


def make_data(row, path):
    B, T, D, H = ROWS[row]
    rng = np.random.RandomState(0)
    f = lambda *s: (rng.rand(*s) * 2 - 1).astype(np.float32)
    k = np.float32(1 / np.sqrt(H))
    data = {}
    for g in "ifog":
        data.update({f"rnn.W{g}": f(H, H) * k, f"rnn.U{g}": f(H, D) * k, f"rnn.b{g}": f(H) * k})
    data.update({"x": f(T, B, D) * np.float32(0.5), "g": f(T, B, H) * np.float32(0.1)})
    tensors.write(path, data)


def run(command):
    if subprocess.run(command).returncode != 0:
        sys.exit("failed: " + " ".join(command))


def build(args, row, work):
    """The emitted model as a shared object, the worker and the calibration; returns the worker's command."""
    B, T, D, H = ROWS[row]
    include = os.path.join(ROOT, "runtime", "include")
    c, so, worker, data = (os.path.join(work, f"{row}{end}") for end in (".c", ".so", ".worker", ".data"))
    if args.model_c:
        c = args.model_c
    else:
        sizes = [a for n, v in (("batch", B), ("t", T), ("D", D), ("H", H)) for a in ("-D", f"{n}={v}")]
        run([os.path.join(args.build, "rnnc"), os.path.join(HERE, "lstm.rnn"), *sizes, "-o", c])
    library = os.path.join(args.build, "librnn.a")
    run([args.cc, "-std=c99", "-O3", "-march=native", "-ffp-contract=off", "-fPIC", "-shared", "-DRNN_WITH_MODEL", "-I",
         include, "-I", os.path.dirname(c), "-o", so, c, *([library] if os.path.exists(library) else []), "-lm"])
    run([args.cc, "-std=c99", "-O2", "-I", include, "-I", PARITY, "-o", worker, os.path.join(HERE, "worker.c"),
         os.path.join(PARITY, "tensors.c"), "-ldl"])
    run([args.cc, "-std=c99", "-O3", "-march=native", "-o", os.path.join(work, "calibrate"),
         os.path.join(HERE, "calibrate.c")])
    make_data(row, data)
    return [worker, so, "lstm_model", data, row], data


def check(contestants, work):
    """Everybody gives the first peer's results, or nothing is timed."""
    results = []
    for p in contestants:
        path = os.path.join(work, "dump")
        p.ask("dump " + path)
        results.append(tensors.read(path))
    wanted = results[-1]
    for p, result in zip(contestants, results):
        for name, e in wanted.items():
            if name not in result or result[name].shape != e.shape:
                sys.exit(f"{p.name}: {name} is missing or of another size")
            d = np.abs(result[name].astype(float) - e).max() / np.abs(e).max()
            if not d <= TOLERANCE:
                sys.exit(f"{p.name}: {name} differs by {d:.1e} of its largest element")


def stolen():
    with open("/proc/stat") as f:
        t = [int(v) for v in f.readline().split()[1:]]
    return t[7], sum(t[:8])


def measure(contestants, calibrate, args):
    """Seconds a call [rounds][contestants] of the rounds that count, and GF/s of the micro-kernel."""
    rounds = []
    for r in range(args.rounds):
        before, steal = float(calibrate.ask("kernel 0.4")[0]), stolen()
        times = [0.0] * len(contestants)
        for k in range(len(contestants)):
            i = (k + r) % len(contestants)
            times[i] = contestants[i].time(args.slice)
        after, now = float(calibrate.ask("kernel 0.4")[0]), stolen()
        share = (now[0] - steal[0]) / max(1, now[1] - steal[1])
        doubt = max(before, after) / min(before, after) - 1 + (1 if share > 0.02 else 0)
        rounds.append((doubt, times, (before + after) / 2))
    rounds.sort(key=lambda r: r[0])
    doubtful = sum(r[0] > 0.15 for r in rounds)
    drop = min(doubtful, args.rounds // 5)
    kept = rounds[: len(rounds) - drop]
    print(f"rounds {args.rounds}, doubtful {doubtful}, dropped {drop}")
    return np.array([r[1] for r in kept]), np.median([r[2] for r in kept])


def flops(row):
    B, T, D, H = ROWS[row]
    forward = 2.0 * B * T * 4 * H * (D + H)
    return forward if row == "infer" else 3 * forward


def report(row, contestants, times, kernel):
    print(f"{row} B,T,D,H = {','.join(map(str, ROWS[row]))}, one thread; micro-kernel {kernel:.0f} GF/s")
    for i, p in enumerate(contestants):
        t = times[:, i] * 1e3
        share = flops(row) / np.median(times[:, i]) * 1e-9 / kernel
        print(f"  {p.name:12} median {np.median(t):8.3f} ms, least {t.min():8.3f} ms, {100 * share:3.0f} % of the micro-kernel")
    best = min(range(1, len(contestants)), key=lambda i: np.median(times[:, i]))
    for i in range(1, len(contestants)):
        q = np.percentile(times[:, i] / times[:, 0], [25, 50, 75])
        print(f"  {contestants[i].name} / {contestants[0].name} = {q[1]:.3f} [{q[0]:.3f}..{q[2]:.3f}]" + ("   best peer" if i == best else ""))


def bench(args, row):
    with tempfile.TemporaryDirectory() as work:
        command, data = build(args, row, work)
        contestants = [Process("given C" if args.model_c else "rnnc", command)]
        for variant in PEERS:
            contestants.append(Process("torch " + variant, [sys.executable, os.path.join(HERE, "torch_worker.py"), data, row, variant]))
        calibrate = Process("calibrate", [os.path.join(work, "calibrate")])
        check(contestants, work)
        for p in contestants:
            p.time(2 * args.slice)
        report(row, contestants, *measure(contestants, calibrate, args))
        for p in [*contestants, calibrate]:
            p.close()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default=os.path.join(ROOT, "build"))
    p.add_argument("--cc", default="clang")
    p.add_argument("--rounds", type=int, default=31)
    p.add_argument("--slice", type=float, default=30, help="milliseconds")
    p.add_argument("--row", choices=list(ROWS))
    p.add_argument("--model-c", help="C of the model lstm made elsewhere, instead of calling rnnc")
    args = p.parse_args()
    for row in [args.row] if args.row else ROWS:
        bench(args, row)


main()
