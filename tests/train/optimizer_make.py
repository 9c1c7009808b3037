"""Writes the numbers that tests/unit/test_runtime_optimizer.c compares with (needs PyTorch; run by hand).

    python3 optimizer_make.py > ../unit/optimizer_numbers.h

Each case: 19 weights, 12 updates with gradients of a closed form (gradient() below and in the test), by
torch.optim.SGD or Adam in double and in float; clipping by hand: scale by max / norm where norm > max.
"""
import math
import torch

COUNT, STEPS = 19, 12
CASES = [  # name, optimizer, lr, momentum, beta1, beta2, epsilon, weight_decay, clip_norm
    ("sgd", "sgd", 0.1, 0.0, 0.9, 0.999, 1e-8, 0.0, 0.0),
    ("sgd_decay", "sgd", 0.05, 0.0, 0.9, 0.999, 1e-8, 0.01, 0.0),
    ("sgd_momentum", "sgd", 0.1, 0.9, 0.9, 0.999, 1e-8, 0.0, 0.0),
    ("sgd_momentum_decay_clip", "sgd", 0.1, 0.5, 0.9, 0.999, 1e-8, 0.02, 1.5),
    ("adam", "adam", 0.01, 0.0, 0.9, 0.999, 1e-8, 0.0, 0.0),
    ("adam_decay", "adam", 0.02, 0.0, 0.9, 0.999, 1e-8, 0.1, 0.0),
    ("adam_betas_epsilon", "adam", 0.01, 0.0, 0.5, 0.9, 0.1, 0.0, 0.0),
    ("adam_small_beta1", "adam", 0.01, 0.0, 0.25, 0.99, 1e-6, 0.0, 0.0),
    ("adam_clip", "adam", 0.002, 0.0, 0.9, 0.98, 1e-8, 0.0, 1.0),
]


def start(i):
    return math.sin(1.0 + i)


def gradient(step, i):
    return math.cos(0.7 * step + 1.3 * i) * (0.1 + i % 5)


def run(case, dtype):
    name, kind, lr, momentum, beta1, beta2, epsilon, decay, clip = case
    w = torch.tensor([start(i) for i in range(COUNT)], dtype=dtype, requires_grad=True)
    if kind == "sgd":
        optimizer = torch.optim.SGD([w], lr=lr, momentum=momentum, weight_decay=decay)
    else:
        optimizer = torch.optim.Adam([w], lr=lr, betas=(beta1, beta2), eps=epsilon, weight_decay=decay)
    for step in range(STEPS):
        w.grad = torch.tensor([gradient(step, i) for i in range(COUNT)], dtype=dtype)
        norm = float(w.grad.double().norm())
        if clip > 0 and norm > clip:
            w.grad *= clip / norm
        optimizer.step()
    return w.detach()


def main():
    print("/* optimizer_numbers.h: weights after 12 updates by PyTorch %s; written by tests/train/optimizer_make.py. */"
          % torch.__version__.split("+")[0])
    print("#ifndef OPTIMIZER_NUMBERS_H\n#define OPTIMIZER_NUMBERS_H\nenum { COUNT = %d, STEPS = %d };" % (COUNT, STEPS))
    print("typedef struct Case {\n    const char *name;\n    int optimizer; /* rnn_optimizer */\n    double lr, momentum,"
          " beta1, beta2, epsilon, weight_decay, clip_norm;\n    double wide[COUNT];  /* in double */\n"
          "    float narrow[COUNT]; /* in float */\n} Case;\nstatic const Case cases[] = {")
    for case in CASES:
        wide = [repr(float(v)) for v in run(case, torch.float64)]
        narrow = ["%.9gF" % float(v) for v in run(case, torch.float32)]
        print('    {"%s", %d, %s,' % (case[0], case[1] == "adam", ", ".join(repr(v) for v in case[2:])))
        for values, end in ((wide, "},"), (narrow, "}},")):
            lines = [", ".join(values[i:i + 5]) for i in range(0, COUNT, 5)]
            print("     {" + ",\n      ".join(lines) + end)
    print("};\n#endif")


main()
