"""Whole networks, from the graph that all sides share (networkGraph of fovea/onnx)."""

import torch
from torch import nn
from torch.nn import functional as F

from files import read_graph, read_tensors


def symmetric(padding):
    assert all(low == high for low, high in padding)
    return [low for low, _ in padding]


# By Fovea's names: functions of a node's attributes, whether the network is in training mode, and the operands.
OPERATIONS = {
    "add": lambda a, training, x, y: x + y,
    "mul": lambda a, training, x, y: x * y,
    "relu": lambda a, training, x: F.relu(x),
    "relu6": lambda a, training, x: F.relu6(x),
    "silu": lambda a, training, x: F.silu(x),
    "sigmoid": lambda a, training, x: torch.sigmoid(x),
    "gelu": lambda a, training, x: F.gelu(x, approximate=a["approximate"]),
    "conv": lambda a, training, x, weight, bias=None: F.conv2d(
        x, weight, bias, a["stride"], symmetric(a["padding"]), a["dilation"], a["groups"]
    ),
    "batchNormInference": lambda a, training, x, mean, variance, weight, bias: F.batch_norm(
        x, mean, variance, weight, bias, training=training, momentum=0.1, eps=a["eps"]
    ),
    "layerNorm": lambda a, training, x, weight, bias: F.layer_norm(x, weight.shape, weight, bias, a["eps"]),
    "linear": lambda a, training, x, weight, bias=None: F.linear(x, weight, bias),
    "maxPool": lambda a, training, x: F.max_pool2d(
        x, a["kernel"], a["stride"], symmetric(a["padding"]), a["dilation"], a["ceilMode"]
    ),
    "avgPool": lambda a, training, x: F.avg_pool2d(
        x, a["kernel"], a["stride"], symmetric(a["padding"]), a["ceilMode"], a["countIncludePad"], a["divisor"]
    ),
    "adaptiveAvgPool": lambda a, training, x: F.adaptive_avg_pool2d(x, a["size"]),
    "concat": lambda a, training, *xs: torch.cat(xs, a["axis"]),
    "permute": lambda a, training, x: x.permute(a["order"]),
    "reshape": lambda a, training, x: x.reshape(a["shape"]),
}


def attribute_of(weight):
    return weight.replace(".", "_")


class Network(nn.Module):
    """Interprets the graph; what a later node does not need is let go, as a module of layers does."""

    def __init__(self, graph, weights):
        super().__init__()
        self.graph = graph
        for name in graph["weights"]:
            if "running_" in name:
                self.register_buffer(attribute_of(name), weights[name])
            else:
                self.register_parameter(attribute_of(name), nn.Parameter(weights[name]))
        last_use = {name: i for i, node in enumerate(graph["nodes"]) for name in node["inputs"]}
        self.done_after = [
            [name for name in set(node["inputs"]) if last_use[name] == i and name not in graph["weights"]]
            for i, node in enumerate(graph["nodes"])
        ]

    def forward(self, images):
        weights = self.graph["weights"]
        values = {self.graph["inputs"][0]["name"]: images}
        for node, done in zip(self.graph["nodes"], self.done_after):
            operands = [
                getattr(self, attribute_of(name)) if name in weights else values[name] for name in node["inputs"]
            ]
            values[node["output"]] = OPERATIONS[node["op"]](node["attrs"], self.training, *operands)
            del operands
            for name in done:
                del values[name]
        return values[self.graph["outputs"][0]["name"]]


def network_of(work):
    """Model and inputs, in the layout that the mode names."""
    folder, mode = work["folder"], work["settings"]["mode"]
    layout = torch.channels_last if "channels last" in mode else torch.contiguous_format
    model = Network(read_graph(folder), read_tensors(folder, "weights")).to(memory_format=layout)
    inputs = read_tensors(folder, "inputs")
    return model, inputs["images"].to(memory_format=layout), inputs["labels"].long()


def optimized(model, images, mode):
    if mode.startswith("torch.compile"):
        from torch._inductor import config

        config.freezing = True
        return torch.compile(model)
    if mode.startswith("jit"):
        return torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, images)))
    return model


class InferNetwork:
    def __init__(self, work):
        self.mode = work["settings"]["mode"]
        model, self.images, _ = network_of(work)
        with torch.no_grad():
            self.model = optimized(model.eval(), self.images, self.mode)

    def reset(self):
        pass

    def run(self):
        with torch.no_grad():
            return self.model(self.images).flatten().tolist()


class TrainNetwork:
    def __init__(self, work):
        self.mode = work["settings"]["mode"]
        self.model, self.images, self.labels = network_of(work)
        self.initial = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}

    def reset(self):
        self.model.load_state_dict(self.initial)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.002, momentum=0.9, fused=True)

    def run(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.model(self.images), self.labels)
        loss.backward()
        self.optimizer.step()
        return [loss.item()]
