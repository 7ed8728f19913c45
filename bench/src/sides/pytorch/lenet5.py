"""LeNet-5, layer by layer."""

import torch
from torch import nn
from torch.nn import functional as F

from files import read_tensors

# Channels last is PyTorch's fastest mode on this network, before its default layout and torch.compile.
LAYOUT = torch.channels_last
MODE = "eager, channels last"


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
    mode = MODE

    def __init__(self, work):
        tensors = read_tensors(work["folder"], "tensors")
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
    mode = MODE

    def __init__(self, work):
        tensors = read_tensors(work["folder"], "tensors")
        self.images = tensors["images"].to(memory_format=LAYOUT)
        self.model = lenet5().eval()
        self.model.load_state_dict(parameters_in(tensors))

    def reset(self):
        pass

    def run(self):
        with torch.inference_mode():
            return self.model(self.images).flatten().tolist()
