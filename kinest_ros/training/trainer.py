# SPDX-License-Identifier: Apache-2.0
"""The training loop: AdamW with a cosine schedule, averaged weights, checkpoints."""

import math
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
from kinest_ros.motion.clips.corpus import Corpus
from kinest_ros.motion.clips.terms import ANY
from kinest_ros.training.config import TrainConfig
from kinest_ros.training.cpu_memory import keep_freed_memory
from kinest_ros.training.processes import Processes
from kinest_ros.training.starting import start_from
from kinest_ros.training.tasks import Steps, task_of


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
        self.processes = Processes()
        self.rank, self.world = self.processes.rank, self.processes.world
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
        self._smooth: dict[str, float] = {}
        #: Where data, carried state and random numbers of each process were, by rank.
        self._places: list[dict[str, Any]] = []
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
        steps = self._steps()
        started, saved = time.monotonic(), self.seconds
        before = self.seconds
        smooth = self._smooth
        figures: dict[str, float] = {}
        bar = tqdm(
            total=None if config.minutes > 0 else config.steps, initial=self.step, unit="step",
            smoothing=0.05, disable=not progress or self.rank > 0, desc="training",
        )  # fmt: skip
        while self.done < 1.0:
            loss, terms = next(steps)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            clock = before + time.monotonic() - started
            clock = self.processes.share_gradients(self.model.parameters(), clock)
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
            self.seconds = clock
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
            if last or self.seconds - saved > 60 * config.checkpoint_minutes:
                self.save(steps)
                saved = self.seconds
        bar.close()
        return figures

    def _steps(self) -> Steps:
        """Return the losses from where the run is."""
        known = len(self._places) == self.world
        # Not known in a new run, and in one of an earlier version or on more processes or fewer:
        # those go on with other data.
        self._seed = self.config.seed + 1000 * self.rank + self.step
        if known:
            self._seed = int(self._places[self.rank]["seed"])
        steps = self.task.steps(self.model, self.corpus, self._seed, self.device)
        if not known:
            return steps
        place = self._places[self.rank]
        steps.restore(place["steps"])
        torch.set_rng_state(place["random"])
        if self.device == "cuda":
            torch.cuda.set_rng_state(place["cuda"])
        return steps

    def save(self, steps: Steps | None = None) -> None:
        """Write out/checkpoint.pt: everything that resume needs, and the averaged weights.

        On several processes, all of them are to call it; the first one writes.

        Args:
            steps: where these are is written as well, so that a run that was killed goes on as if
                it had not been.
        """
        if steps is not None:
            place = {"seed": self._seed, "steps": steps.state(), "random": torch.get_rng_state()}
            if self.device == "cuda":
                place["cuda"] = torch.cuda.get_rng_state()
            self._places = self.processes.gathered(place)
        if self.rank:
            return
        self.out.mkdir(parents=True, exist_ok=True)
        content = {
            "config": asdict(self.config),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "history": self.history,
            "smooth": self._smooth,
            "places": self._places,
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
        self._smooth, self._places = saved.get("smooth", {}), saved.get("places", [])
        self.init = saved.get("init")

    def start_from(self, path: str | Path) -> None:
        """Begin with the weights of a file, or bundled ones, instead of random ones.

        Raises:
            KinestError: no such weights, or they are of another network, or of other terms.
        """
        self.init = start_from(path, self.task, self.terms, (self.model, self.average))

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


def begun_with(out: Path) -> dict[str, Any]:
    """Return the settings of the run whose checkpoint lies in a folder; empty where none does."""
    path = out / "checkpoint.pt"
    if not path.is_file():
        return {}
    config: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)["config"]
    return config
