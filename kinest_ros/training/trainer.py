# SPDX-License-Identifier: Apache-2.0
"""The training loop: AdamW with a cosine schedule, averaged weights, checkpoints."""

import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from kinest_ros.errors import KinestError
from kinest_ros.files.whole import whole_file
from kinest_ros.model.published.baseline import PublishedConfig
from kinest_ros.model.streaming import StreamingConfig
from kinest_ros.model.weights import describe_weights, weights_path
from kinest_ros.motion.clips.corpus import Corpus
from kinest_ros.motion.clips.terms import ANY
from kinest_ros.training.config import TrainConfig
from kinest_ros.training.cpu_memory import keep_freed_memory
from kinest_ros.training.tasks import task_of


class Trainer:
    """One run of training; run() may be called again after a resume."""

    def __init__(
        self,
        config: TrainConfig,
        corpus: Corpus,
        out: Path,
        device: str = "cpu",
        validate: Callable[[Any], dict[str, float]] | None = None,
    ) -> None:
        """Set up network, optimiser and data.

        Args:
            config: the settings.
            corpus: training clips.
            out: folder for checkpoints.
            device: "cpu" or "cuda".
            validate: returns figures to log and to choose the best weights by ("mpjpe_cm").
        """
        self.config, self.out, self.device, self.validate = config, out, device, validate
        self.rank = int(os.environ.get("RANK", "0"))
        self.world = int(os.environ.get("WORLD_SIZE", "1"))
        torch.manual_seed(config.seed)
        self.task = task_of(config)
        self.model = self.task.build().to(device)
        self.average = self.task.build().to(device)
        self.average.load_state_dict(self.model.state_dict())
        self.average.eval().requires_grad_(False)
        decay = [p for p in self.model.parameters() if p.ndim > 1]
        plain = [p for p in self.model.parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": decay, "weight_decay": config.weight_decay},
                {"params": plain, "weight_decay": 0.0},
            ],
            lr=config.learning_rate,
            betas=(0.9, 0.98),
            fused=True,
        )
        self.step = 0
        self.seconds = 0.0
        self.best = math.inf
        self.corpus = corpus
        if device == "cpu":
            keep_freed_memory()
        self.history: list[dict[str, float]] = []
        #: Weights that the run started from: name, hash and what their training took, with that
        #: of the weights before them. None for random ones.
        self.init: dict[str, Any] | None = None
        #: Sources taken out of the clips, for the summary.
        self.left_out: tuple[str, ...] = ()
        #: What the clips were chosen for, of kinest_ros.motion.clips.terms; for the summary.
        self.terms = ANY

    @property
    def done(self) -> float:
        """Share of the run that is over, up to 1."""
        if self.config.minutes > 0:
            return min(1.0, self.seconds / (60.0 * self.config.minutes))
        return min(1.0, self.step / self.config.steps)

    @property
    def frames_per_window(self) -> int:
        """Frames of one window: the published network has its own length."""
        model = self.config.model
        return model.window if isinstance(model, PublishedConfig) else self.config.length

    def learning_rate(self) -> float:
        """Return the rate: linear warm-up, and half a cosine down to 1 % of the peak."""
        rise = min(1.0, (self.step + 1) / self.config.warmup)
        fall = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * self.done))
        return self.config.learning_rate * rise * fall

    def run(self, progress: bool = True) -> dict[str, float]:
        """Train to the last step; returns the last validation."""
        config = self.config
        # The data goes on from another seed after a resume: which clips come is random anyway.
        seed = config.seed + 1000 * self.rank + self.step
        steps = self.task.steps(self.model, self.corpus, seed, self.device)
        started = saved = time.monotonic()
        before = self.seconds
        smooth: dict[str, float] = {}
        figures: dict[str, float] = {}
        bar = tqdm(
            total=None if config.minutes > 0 else config.steps, initial=self.step, unit="step",
            smoothing=0.05, disable=not progress or self.rank > 0, desc="training",
        )  # fmt: skip
        while self.done < 1.0:
            loss, terms = next(steps)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self._share_gradients()
            norm = nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            if not torch.isfinite(norm):
                raise KinestError(
                    f"the gradient is not finite at step {self.step}; "
                    f"lower the learning rate ({config.learning_rate}) and resume"
                )
            for group in self.optimizer.param_groups:
                group["lr"] = self.learning_rate()
            self.optimizer.step()
            self._update_average()
            self.step += 1
            self.seconds = before + time.monotonic() - started
            for name, value in terms.items():
                smooth[name] = (
                    value if self.step < 2 else 0.98 * smooth.get(name, value) + 0.02 * value
                )
            bar.update()
            if self.step % 10 == 0:
                bar.set_postfix_str(
                    f"{self.done:.0%}, mpjpe {smooth['mpjpe_cm']:.2f} cm, loss {loss.item():.3f}"
                )
            last = self.done >= 1.0
            if self.validate and (last or self.step % config.validate_every == 0) and not self.rank:
                figures = self.validate(self.average)
                self._log(figures, smooth, bar)
            if (
                last or time.monotonic() - saved > 60 * config.checkpoint_minutes
            ) and not self.rank:
                self.save()
                saved = time.monotonic()
        bar.close()
        return figures

    def save(self) -> None:
        """Write out/checkpoint.pt: everything that resume needs, and the averaged weights."""
        self.out.mkdir(parents=True, exist_ok=True)
        content = {
            "config": asdict(self.config),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "history": self.history,
            "init": self.init,
            "left_out": list(self.left_out),
            "terms": self.terms,
        }
        with whole_file(self.out / "checkpoint.pt") as stream:
            torch.save(content, stream)

    def resume(self) -> None:
        """Go on from out/checkpoint.pt.

        Raises:
            KinestError: there is none, or it is of another network, ablation, set of sources or
                terms.
        """
        path = self.out / "checkpoint.pt"
        if not path.is_file():
            raise KinestError(f"nothing to resume: {path} does not exist; start without --resume")
        saved = torch.load(path, map_location=self.device, weights_only=True)
        shape = self.config.model
        # A checkpoint of an earlier version lacks fields that have been added since.
        if {**type(shape)().to_dict(), **saved["config"]["model"]} != shape.to_dict():
            raise KinestError(f"{path} is of another network: {saved['config']['model']}")
        ablation = saved["config"].get("ablation", "")
        begun = (saved.get("left_out", []), ablation, saved.get("terms", ANY))
        if begun != (list(self.left_out), self.config.ablation, self.terms):
            raise KinestError(
                f"{path} was begun with --leave-out {', '.join(begun[0]) or '(nothing)'}, "
                f"--ablate {begun[1] or '(nothing)'} and --terms {begun[2]}: go on with the same, "
                "or choose another --out"
            )
        self.model.load_state_dict(saved["model"])
        self.average.load_state_dict(saved["average"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.step, self.seconds = int(saved["step"]), float(saved["seconds"])
        self.history = saved["history"]
        self.init = saved.get("init")

    def start_from(self, path: str | Path) -> None:
        """Begin with the weights of a file, or bundled ones, instead of random ones.

        Raises:
            KinestError: no such weights, or they are of another network, or of other terms.
        """
        start = self.task.load(path)
        own, theirs = _shape(self.config.model), _shape(start.config)
        other = [f"{k} {theirs.get(k)} instead of {own[k]}" for k in own if theirs.get(k) != own[k]]
        if other:
            raise KinestError(
                f"cannot start from {path}: its network has {', '.join(other)}; choose the same "
                "with the options of kinest train"
            )
        described = weights_path(path).with_suffix(".json").is_file()
        took = describe_weights(path).get("training", {}) if described else {}
        if self.terms != ANY and took.get("terms", ANY) != self.terms:
            raise KinestError(
                f"cannot start from {path}: it was not trained with --terms {self.terms}, and what "
                "goes on from it has its terms"
            )
        for network in (self.model, self.average):
            network.load_state_dict(start.state_dict())
        self.init = {"weights": start.weights_name, "hash": start.weights_hash}
        if took:
            before = took.get("init") or {}
            for name in ("steps", "frames_seen", "minutes"):
                self.init[name] = took.get(name, 0) + before.get(name, 0)

    def save_weights(self, path: Path) -> Path:
        """Write the averaged weights with how they came about; returns the path."""
        return self.task.save(self.average, path, self.summary())

    def summary(self) -> dict[str, Any]:
        """Return how the weights came about, for the file beside them."""
        config = asdict(self.config)
        config.pop("model")
        return {
            "config": config,
            "sources": {
                name: round(float(np.diff(self.corpus.starts)[self.corpus.sources == index].sum())
                            / 216000.0, 3)
                for index, name in enumerate(self.corpus.source_names)
            },
            "left_out": list(self.left_out),
            "terms": self.terms,
            "steps": self.step,
            "frames_seen": self.step * self.config.batch * self.frames_per_window * self.world,
            "minutes": round(self.seconds / 60, 1),
            "device": self.device,
            "init": self.init,
            "history": self.history,
        }  # fmt: skip

    def _log(self, figures: dict[str, float], smooth: dict[str, float], bar: Any) -> None:
        row = {"step": float(self.step), "minutes": self.seconds / 60, **figures}
        row.update({f"train_{name}": value for name, value in smooth.items()})
        self.history.append(row)
        shown = ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
        bar.write(f"step {self.step} ({row['minutes']:.1f} min): {shown}", file=sys.stderr)

    def _update_average(self) -> None:
        # A short memory at first, so that the random start is forgotten.
        decay = min(self.config.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.average.parameters()), list(self.model.parameters()), 1.0 - decay
            )

    def _share_gradients(self) -> None:
        if self.world == 1:
            return
        flat = torch.cat([p.grad.flatten() for p in self.model.parameters() if p.grad is not None])
        torch.distributed.all_reduce(flat)
        flat /= self.world
        start = 0
        for p in self.model.parameters():
            if p.grad is not None:
                p.grad.copy_(flat[start : start + p.numel()].view_as(p.grad))
                start += p.numel()


def _shape(model: StreamingConfig | PublishedConfig) -> dict[str, Any]:
    """Return what weights must agree in to start from others: not the delay, nor the dropout."""
    return {k: v for k, v in model.to_dict().items() if k not in ("lookahead", "dropout")}
