"""Reads the files of benchmarks/files.ts."""

import json
import math
import os
import struct

import torch

DTYPES = {"F32": torch.float32, "I32": torch.int32}


def read_tensors(folder, name):
    with open(os.path.join(folder, f"{name}.safetensors"), "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        start = file.tell()
        tensors = {}
        for key, entry in header.items():
            begin, end = entry["data_offsets"]
            file.seek(start + begin)
            flat = torch.frombuffer(bytearray(file.read(end - begin)), dtype=DTYPES[entry["dtype"]])
            assert flat.numel() == math.prod(entry["shape"])
            tensors[key] = flat.reshape(entry["shape"])
    return tensors


def read_graph(folder):
    with open(os.path.join(folder, "graph.json")) as file:
        return json.load(file)
