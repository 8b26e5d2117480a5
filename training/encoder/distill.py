# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Distillation of the teacher into MobileNetV3-Large: batches, loss, averaged weights.

Function matching (Beyer et al. 2022, "Knowledge distillation: A good teacher is patient and
consistent"): both networks see one new face, and the student has to give the teacher's vector.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from training.compiled import Part
from training.encoder import views
from training.encoder.network import FaceNet
from training.encoder.teacher import Teacher

RELATIONS = 40.0  # weight of the cosines between all faces of a batch


@dataclass(frozen=True)
class Stage:
    """
    What makes a stage.

    mix: share of morphs, None for the photos themselves with vectors made once; turn: of the
    new faces; contrast: weight of the contrastive loss; memory: of the averaged weights;
    symmetric: the target is the mean of the teacher's vectors of a face and of its mirror image.
    """

    augmentation: views.Augmentation
    mix: float | None
    contrast: float
    memory: float
    turn: float = 0.0
    symmetric: bool = False


STAGES = {
    'first': Stage(views.FIRST, None, 0.0, 0.9995),
    'second': Stage(views.SECOND, 0.65, 0.1, 0.999),
    'whole': Stage(views.WHOLE, 0.7, 0.1, 0.999, turn=0.3, symmetric=True)}


class Distiller:
    """Student, teacher, views and optimiser of one run."""

    def __init__(self, faces: views.Faces, rows: Tensor, weights: Tensor, stage: Stage,
                 teacher: Path, batch: int, rate: float, device: str) -> None:
        """
        Put everything onto the device; the student has random weights.

        Args:
            faces: the crops.
            rows, weights: (N,), those to train on, and how often they are drawn.
            stage: how to train.
            teacher: the teacher's .xml file.
            batch: faces in a step.
            rate: highest learning rate.
            device: 'cuda' or 'cpu'.
        """
        self.faces, self.stage, self.device = faces, stage, device
        self._rows, self._weights, self._batch, self._rate = rows, weights, batch, rate
        self._half = torch.bfloat16 if device == 'cuda' else torch.float32
        self.net = FaceNet().to(device).to(memory_format=torch.channels_last)
        self._teacher = Teacher(teacher).to(device).to(self._half).eval()
        for value in self._teacher.buffers():
            if value.ndim == 4:
                value.data = value.data.contiguous(memory_format=torch.channels_last)
        self.average = {name: value.detach().clone()
                        for name, value in self.net.state_dict().items()}
        matrices = [value for value in self.net.parameters() if value.ndim > 1]
        others = [value for value in self.net.parameters() if value.ndim <= 1]
        self._optimiser = torch.optim.AdamW(
            [{'params': matrices, 'weight_decay': .05}, {'params': others, 'weight_decay': 0}],
            lr=rate, betas=(.9, .99), fused=device == 'cuda')
        self.steps, self._first = 0, 0
        self._cosines = torch.zeros(2, device=device)
        self.parts = self._student, self._teach, self._morph, self._augment = (
            Part('student', self.net), Part('teacher', self._teacher),
            Part('morphs', faces.morphed), Part('augmentation', faces.augmented))
        self._targets: Tensor | None = None
        if stage.mix is None:
            self._targets = self.teacher_vectors(len(faces))

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Begin from weights; RuntimeError when they are not this network's."""
        self.net.load_state_dict(dict(state))
        for name, value in self.net.state_dict().items():
            self.average[name].copy_(value)

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from what checkpoint returned; the learning rate rises to its value again."""
        self.net.load_state_dict(dict(state['net']))
        for name, value in state['average'].items():
            self.average[name].copy_(value)
        self.steps = self._first = int(state['steps'])

    def checkpoint(self, halved: Any) -> dict[str, Any]:
        """Return what resume takes; the optimiser's moments, of 100 steps, are made anew."""
        return {'net': halved(self.net.state_dict()), 'average': halved(self.average),
                'steps': self.steps}

    @torch.no_grad()
    def _teach_views(self, x: Tensor, rows: Tensor, mirror: Tensor) -> Tensor:
        aligned = (self.faces.aligned(x, rows, mirror) * 255).to(self._half)
        found = self._teach(aligned.contiguous(memory_format=torch.channels_last)).float()
        return functional.normalize(found, dim=1)

    def teach(self, x: Tensor, rows: Tensor, mirror: Tensor) -> Tensor:
        """Return the teacher's unit vectors of loose crops (N, 3, S, S)."""
        found = self._teach_views(x, rows, mirror)
        if self.stage.symmetric:
            found = functional.normalize(found + self._teach_views(x, rows, -mirror), dim=1)
        return found

    @torch.no_grad()
    def teacher_vectors(self, count: int) -> Tensor:
        """Return the teacher's unit vectors (count, D) of the first crops as they are."""
        parts = []
        for part in torch.arange(count, device=self.device).split(256):
            straight = torch.ones(len(part), device=self.device)
            parts.append(self.teach(self.faces.as_they_are(part), part, straight))
        return torch.cat(parts)

    def embed(self, net: Any, crops: Tensor) -> Tensor:
        """Return a student's unit vectors of crops (N, 3, 112, 112), 0 to 1."""
        scaled = ((crops - .5) / .25).to(memory_format=torch.channels_last)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.device == 'cuda'):
            found = net(scaled)
        return functional.normalize(found.float(), dim=1)

    @torch.no_grad()
    def batch(self) -> tuple[Tensor, Tensor]:
        """Return the student's views of some faces, and the vectors that it should give."""
        chosen = self._rows[torch.multinomial(self._weights, self._batch,
                                              replacement=len(self._rows) < self._batch)]
        mirror = torch.where(self.faces.uniform(0, 1, len(chosen)) < .5, -1., 1.)
        if self._targets is not None:
            x, target = self.faces.as_they_are(chosen), self._targets[chosen]
        else:
            x = self._morph(*self.faces.pairs(chosen), self.stage.mix, self.stage.turn)
            target = self.teach(x, chosen, mirror)
        view = self.faces.box_crop(x, mirror, self.stage.augmentation)
        return self._augment(view, self.stage.augmentation), target

    def step(self, falling: float) -> None:
        """Take one step at a share of the highest learning rate."""
        crops, target = self.batch()
        warm = min(1.0, (self.steps - self._first + 1) / 200)
        for group in self._optimiser.param_groups:
            group['lr'] = self._rate * warm * falling
        found = self.embed(self._student, crops)
        cosine, across = (found * target).sum(1), found @ target.T
        loss = (1 - cosine).mean() + RELATIONS * (across - target @ target.T).pow(2).mean()
        if self.stage.contrast:
            own = torch.arange(len(found), device=self.device)
            loss = loss + self.stage.contrast * functional.cross_entropy(across * 15, own)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.)
        self._optimiser.step()
        self._cosines += torch.stack((cosine.detach().mean(), torch.ones_like(loss)))
        self._remember()
        self.steps += 1

    @torch.no_grad()
    def _remember(self) -> None:
        memory = min(self.stage.memory, (1 + self.steps) / (10 + self.steps))
        now = self.net.state_dict()
        floating = [name for name, value in now.items() if value.is_floating_point()]
        torch._foreach_lerp_([self.average[name] for name in floating],
                             [now[name] for name in floating], 1 - memory)

    def mean_cosine(self) -> float:
        """Return the mean cosine between student and teacher since the last call."""
        total, count = self._cosines.tolist()
        self._cosines.zero_()
        return total / max(1.0, count)

    def averaged(self) -> FaceNet:
        """Return a network with the averaged weights, for evaluation."""
        net = FaceNet().to(self.device).to(memory_format=torch.channels_last).eval()
        net.load_state_dict(self.average)
        return net

    @torch.no_grad()
    def vectors(self, net: Any, rows: Tensor, side: int = 0) -> Tensor:
        """Return a student's vectors (N, D) of crops as they are, or as seen at `side` pixels."""
        parts = []
        for part in rows.split(256):
            straight = torch.ones(len(part), device=self.device)
            crops = self.faces.box_crop(self.faces.as_they_are(part), straight)
            parts.append(self.embed(net, views.downscaled(crops, side) if side else crops))
        return torch.cat(parts)
