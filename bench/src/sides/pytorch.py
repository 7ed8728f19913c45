"""The process of PyTorch: answers the requests of harness/protocol.ts, line by line."""

import json
import math
import os
import resource
import struct
import sys
import time

# Standard output belongs to the answers, whatever a library prints.
replies = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import torch
from torch import nn
from torch.nn import functional as F


def read_safetensors(path):
    with open(path, "rb") as file:
        content = bytearray(file.read())
    (length,) = struct.unpack_from("<Q", content)
    start = 8 + length
    tensors = {}
    for name, entry in json.loads(content[8:start]).items():
        dtype = {"F32": torch.float32, "I32": torch.int32}[entry["dtype"]]
        begin, shape = entry["data_offsets"][0], entry["shape"]
        flat = torch.frombuffer(content, dtype=dtype, count=math.prod(shape), offset=start + begin)
        tensors[name] = flat.reshape(shape).clone()
    return tensors


# Channels last is PyTorch's fastest mode on these networks, before its default layout and torch.compile.
LAYOUT = torch.channels_last


def lenet5():
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )
    return model.to(memory_format=LAYOUT)


def parameters_in(tensors):
    return {name: tensor for name, tensor in tensors.items() if name not in ("images", "labels")}


class TrainLenet5:
    def __init__(self, tensors):
        self.images = tensors["images"].to(memory_format=LAYOUT)
        self.labels = tensors["labels"].long()
        self.initial = parameters_in(tensors)
        self.model = lenet5()

    def reset(self):
        self.model.load_state_dict(self.initial)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.05, momentum=0.9)

    def run(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.model(self.images), self.labels)
        loss.backward()
        self.optimizer.step()
        return [loss.item()]


class InferLenet5:
    def __init__(self, tensors):
        self.images = tensors["images"].to(memory_format=LAYOUT)
        self.model = lenet5().eval()
        self.model.load_state_dict(parameters_in(tensors))

    def reset(self):
        pass

    def run(self):
        with torch.inference_mode():
            return self.model(self.images).flatten().tolist()


# As in harness/protocol.ts.
RUNS_UNTIL_RESET = 25

tasks = {"lenet5-train": TrainLenet5, "lenet5-infer": InferLenet5}
task = None


def start(request):
    global task
    torch.set_num_threads(request["settings"]["threads"])
    version = f"PyTorch {torch.__version__}, eager, channels last"
    if request["task"] not in tasks:
        raise NotImplementedError(f"{version} has no task {request['task']} yet")
    task = tasks[request["task"]](read_safetensors(os.path.join(request["folder"], "tensors.safetensors")))
    task.reset()
    task.run()
    return {"version": version}


def check(request):
    task.reset()
    return {"outputs": [task.run() for _ in range(request["runs"])]}


def peak_bytes():
    """The largest resident set that this process has had."""
    # On Linux getrusage's maximum includes that of the process that started this one.
    try:
        with open("/proc/self/status") as status:
            (line,) = (line for line in status if line.startswith("VmHWM:"))
        return 1024 * int(line.split()[1])
    except FileNotFoundError:
        unit = 1 if sys.platform == "darwin" else 1024
        return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def timed(request):
    runs = milliseconds = 0
    while runs == 0 or milliseconds < request["milliseconds"]:
        if runs % RUNS_UNTIL_RESET == 0:
            task.reset()
        began = time.perf_counter()
        task.run()
        milliseconds += (time.perf_counter() - began) * 1000
        runs += 1
    return {"runs": runs, "milliseconds": milliseconds, "peakBytes": peak_bytes()}


for line in sys.stdin:
    request = json.loads(line)
    try:
        reply = {"start": start, "check": check, "time": timed}[request["do"]](request)
    except Exception as error:
        reply = {"error": str(error)}
    print(json.dumps(reply), file=replies, flush=True)
