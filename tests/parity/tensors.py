"""Reads and writes files of tensors (safetensors) as dicts of numpy arrays.

The format is an 8-byte length, a JSON header {name: dtype, shape, data_offsets} and the raw little-endian data.
Written anew here, so that the vectors do not depend on the project's own reader and writer.
"""
import json

import numpy as np

TYPES = {"F64": np.float64, "F32": np.float32, "I32": np.int32, "I64": np.int64}


def write(path, tensors):
    header, data, at = {}, [], 0
    for name, array in tensors.items():
        shape = list(np.shape(array))
        array = np.ascontiguousarray(array)
        dtype = next(k for k, t in TYPES.items() if array.dtype == t)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + array.nbytes]}
        data.append(array.tobytes())
        at += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(len(text).to_bytes(8, "little") + text + b"".join(data))


def read(path):
    with open(path, "rb") as f:
        blob = f.read()
    size = int.from_bytes(blob[:8], "little")
    header = json.loads(blob[8 : 8 + size])
    tensors = {}
    for name, info in header.items():
        if name != "__metadata__":
            begin, end = info["data_offsets"]
            raw = blob[8 + size + begin : 8 + size + end]
            tensors[name] = np.frombuffer(raw, TYPES[info["dtype"]]).reshape(info["shape"]).copy()
    return tensors
