"""Train the heads of the second stage on pooled states: one hidden layer, all labels at once, fixed seeds.

The encoder stays as it is. States of early layers are pooled beside the last one: what a word is matters as much for a
mood or a haste as what a sentence is about (Tenney et al., 2019), and held out it is worth eight points of F1.
"""

from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from earful.triage.fit import SEED
from earful.triage.model import Head, bounds_of

Floats = NDArray[np.float32]
_BATCH = 128
_LEAST_SPREAD = np.float32(1e-3)
"""A state that hardly moves is not blown up."""


class Settings(Struct, frozen=True, kw_only=True):
    """How to train. `layers`: whose states are pooled; `drop` and `drop_inner`: the share of states and of units that
    is left out at each step; `decay`: towards zero (AdamW, Loshchilov and Hutter, 2019)."""

    layers: tuple[int, ...] = (0, 2, 4, 6)
    units: int = 384
    passes: int = 8
    rate: float = 2e-3
    decay: float = 1e-2
    drop: float = 0.3
    drop_inner: float = 0.3


class Layers(NamedTuple):
    """The parts of a `DeepModel` that training makes."""

    mean: Floats
    scale: Floats
    inner: Floats
    inner_bias: Floats
    outer: Floats
    outer_bias: Floats

    def scores(self, pooled: Floats) -> Floats:
        """`[text, column]`, before any softmax."""
        inner = np.maximum((pooled - self.mean) * self.scale @ self.inner + self.inner_bias, 0)
        return np.asarray(inner @ self.outer + self.outer_bias, np.float32)


def fit(
    pooled: Floats, targets: Floats, trust: Floats, heads: tuple[Head, ...], settings: Settings
) -> Layers:
    """Layers from `targets[text, column]` (0-1) where `trust[text, head]` (0: no label) lets them count.

    The same input gives the same layers on the same machine.
    """
    import torch  # noqa: PLC0415

    torch.manual_seed(SEED)
    mean = pooled.mean(axis=0)
    scale = 1 / np.maximum(pooled.std(axis=0), _LEAST_SPREAD)
    first, last = (
        torch.nn.Linear(pooled.shape[1], settings.units),
        torch.nn.Linear(settings.units, targets.shape[1]),
    )
    net = torch.nn.Sequential(
        torch.nn.Dropout(settings.drop), first, torch.nn.ReLU(), torch.nn.Dropout(settings.drop_inner), last
    )
    optimizer = torch.optim.AdamW(net.parameters(), lr=settings.rate, weight_decay=settings.decay)
    states, wanted, counts = (torch.from_numpy(part) for part in ((pooled - mean) * scale, targets, trust))
    steps = settings.passes * -(-len(pooled) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.rate, total_steps=steps, pct_start=0.1)
    for _ in range(settings.passes):
        for rows in torch.randperm(len(pooled)).split(_BATCH):
            loss = _loss(net(states[rows]), wanted[rows], counts[rows], heads)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    parts = (first.weight.T, first.bias, last.weight.T, last.bias)
    return Layers(mean, scale, *(np.ascontiguousarray(part.detach().numpy()) for part in parts))


def _loss(scores: Any, wanted: Any, counts: Any, heads: tuple[Head, ...]) -> Any:
    """Logistic loss, summed over heads: of the one label that holds, or of each label that stands alone."""
    import torch  # noqa: PLC0415

    total = 0
    for at, (first, end, alone, _) in enumerate(bounds_of(heads).tolist()):
        said, true = scores[:, first:end], wanted[:, first:end]
        if alone:
            each = torch.nn.functional.binary_cross_entropy_with_logits(said, true, reduction="none").sum(1)
        else:
            each = -(torch.log_softmax(said, 1) * true).sum(1)
        total = total + (each * counts[:, at]).mean()
    return total
