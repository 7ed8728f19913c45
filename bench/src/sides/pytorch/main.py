"""The process of PyTorch: answers the requests of harness/protocol.ts, line by line."""

import json
import os
import resource
import sys
import time

# Standard output belongs to the answers, whatever a library prints.
replies = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import torch

from lenet5 import InferLenet5, TrainLenet5
from network import InferNetwork, TrainNetwork

# As in harness/protocol.ts.
RUNS_UNTIL_RESET = 25

TASKS = {
    "lenet5-train": TrainLenet5,
    "lenet5-infer": InferLenet5,
    "network-train": TrainNetwork,
    "network-infer": InferNetwork,
}
task = None


def start(work):
    global task
    torch.set_num_threads(work["settings"]["threads"])
    task = TASKS[work["task"]](work)
    task.reset()
    task.run()
    return {"version": f"PyTorch {torch.__version__}, {task.mode}"}


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
