# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Where the time of a frame goes: by stage, and next to the bare inference of what it ran."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
import functools
import json
import math
import os
from pathlib import Path
import subprocess
import sys
import tempfile
import time
from typing import Any

from face_tracker_ros.config import Config
from face_tracker_ros.models.network import Network
from face_tracker_ros.pipeline import FaceTracker
from face_tracker_ros.types import FrameResult, Image
import numpy as np

Clock = Callable[[], float]

CLOCKS: Mapping[str, Clock] = {'wall': time.perf_counter, 'cpu': time.process_time}
STAGES = ('resize', 'follow', 'detect', 'decode', 'camera', 'crop', 'embed', 'quality',
          'associate', 'glue')
INFERENCE = ('detect', 'embed')  # what the networks take; the rest is ours to keep small

_START = """
import json, sys, time
begin = time.perf_counter()
from face_tracker_ros import FaceTracker
import numpy as np
imported = time.perf_counter()
tracker = FaceTracker.from_config(json.loads(sys.argv[1]))
loaded = time.perf_counter()
frame = np.zeros((720, 1280, 3), np.uint8)
tracker.process(frame, 0.0)
first = time.perf_counter()
for number in range(1, 30):
    tracker.process(frame, number / 30)
from face_tracker_ros.evaluation.speed import peak_memory
print(json.dumps({'import': imported - begin, 'load': loaded - imported,
                  'first frame': first - loaded, 'peak MiB': peak_memory()}))
"""


@dataclass
class Samples:
    """
    Seconds by name, one value a frame, and counts over all frames.

    These are of faces, embeddings and why they were made, and runs of the detector.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    faces: int = 0
    embedded: int = 0
    searched: int = 0
    frames: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, values: Mapping[str, float]) -> None:
        """Note one frame's seconds."""
        for name, value in values.items():
            self.seconds.setdefault(name, []).append(value)

    def summary(self) -> dict[str, Any]:
        """Return medians, 95 % quantiles and means in milliseconds, and ratios."""
        mean = {name: float(1000 * np.mean(values)) for name, values in self.seconds.items()}
        middle = {name: float(1000 * np.median(values)) for name, values in self.seconds.items()}
        late = {name: float(1000 * np.quantile(values, 0.95))
                for name, values in self.seconds.items()}
        own = np.array(self.seconds['total']) - sum(np.array(self.seconds[name])
                                                    for name in INFERENCE)
        bare = np.array(self.seconds['bare'])
        return {'frames': self.frames, 'faces': self.faces / self.frames,
                'embedded': self.embedded / self.frames,
                'searched': self.searched / self.frames,
                'reasons': {name: count / self.frames
                            for name, count in self.reasons.most_common()},
                'median': middle, 'p95': late, 'mean': mean,
                'own': float(1000 * np.mean(own)),
                'ratio': float(np.sum(self.seconds['total']) / np.sum(bare))}


class Stopwatch:
    """Adds up the time spent in methods, by stage and without what they call of other stages."""

    def __init__(self, clock: Clock) -> None:
        """Start with nothing."""
        self._clock = clock
        self._open: list[str] = []
        self._since = 0.0
        self.spent: dict[str, float] = {}

    def watch(self, owner: Any, method: str, stage: str,
              note: Callable[..., None] | None = None) -> None:
        """Time a method of one object from now on; `note` gets its arguments."""
        inner = getattr(owner, method)

        @functools.wraps(inner)
        def timed(*arguments: Any, **options: Any) -> Any:
            if note is not None:
                note(*arguments)
            self._turn()
            self._open.append(stage)
            try:
                return inner(*arguments, **options)
            finally:
                self._turn()
                self._open.pop()
        setattr(owner, method, timed)

    def take(self) -> dict[str, float]:
        """Return what was spent by stage since the last time."""
        spent, self.spent = self.spent, {}
        return spent

    def _turn(self) -> None:
        now = self._clock()
        if self._open:
            stage = self._open[-1]
            self.spent[stage] = self.spent.get(stage, 0.0) + now - self._since
        self._since = now


class Timed:
    """
    A FaceTracker of which every stage is timed, and the bare inference next to it.

    Bare are the same compiled networks on the same images, with nothing around them.
    """

    def __init__(self, config: Config, clock: Clock) -> None:
        """Load the models."""
        self.samples = Samples()
        self._clock = clock
        self._tracker = FaceTracker.from_config(config)
        self._watch = watch = Stopwatch(clock)
        self._fed: list[tuple[Network, Image]] = []
        models, tracker = self._tracker.models, self._tracker._tracker
        detector, encoder = models.detector, models.encoder
        for owner, method, stage in (
                (self._tracker, 'process', 'glue'), (self._tracker, '_embed', 'quality'),
                (self._tracker, '_follow_camera', 'camera'),
                (self._tracker, '_view', 'resize'), (self._tracker._flow, 'follow', 'follow'),
                (detector, 'detect_checked', 'decode'), (detector, '_fit', 'resize'),
                (encoder, 'encode_checked', 'crop'),
                *((tracker, entry, 'associate') for entry in ('begin', 'finish', 'follow'))):
            watch.watch(owner, method, stage)
        for network, stage in ((detector._network, 'detect'), (encoder._network, 'embed')):
            watch.watch(network, 'infer', stage, functools.partial(self._note, network))

    def process(self, frame: Image, stamp: float, count: bool = True) -> FrameResult:
        """Process a frame, then run what it ran bare; `count` is False while warming up."""
        self._fed.clear()
        result = self._tracker.process(frame, stamp)
        spent = self._watch.take()
        bare = self._bare()
        if count:
            self.samples.frames += 1
            self.samples.faces += len(result.detections)
            self.samples.embedded += result.embedded
            self.samples.searched += result.searched
            self.samples.reasons.update(result.reasons)
            stages = {stage: spent.get(stage, 0.0) for stage in STAGES}
            self.samples.add({**stages, 'total': sum(stages.values()), 'bare': bare})
        return result

    def _note(self, network: Network, images: Image) -> None:
        self._fed.append((network, images))

    def _bare(self) -> float:
        total = 0.0
        for network, images in self._fed:
            request = network.request(images)
            begin = self._clock()
            request.infer()
            total += self._clock() - begin
        return total


def measure(config: Config, frames: Iterable[tuple[float, Image]], clock: str = 'wall',
            warm: int = 5) -> dict[str, Any]:
    """Return the summary of `Samples` over (stamp, frame), the first `warm` left out."""
    timed = Timed(config, CLOCKS[clock])
    for number, (stamp, frame) in enumerate(frames):
        timed.process(frame, stamp, number >= warm)
    return timed.samples.summary() if timed.samples.frames else {}


def start(config: Config) -> dict[str, dict[str, float]]:
    """Return seconds to import, load and see a first frame, and MiB, cold and warm."""
    values = json.dumps(config.values())
    found = {}
    with tempfile.TemporaryDirectory() as cache:
        for name in ('cold', 'warm'):
            done = subprocess.run([sys.executable, '-c', _START, values], check=True,
                                  stdout=subprocess.PIPE,
                                  env={**os.environ, 'FACE_TRACKER_CACHE': cache})
            found[name] = json.loads(done.stdout)
    return found


def peak_memory() -> float:
    """Return the most memory that this process has used, in MiB; NaN where Linux is not."""
    try:  # getrusage would report that of the process that started this one, if it is more
        status = Path('/proc/self/status').read_text(encoding='ascii')
    except OSError:
        return math.nan
    return int(status.partition('VmHWM:')[2].split()[0]) / 1024


def write_json(path: Path, values: Sequence[Mapping[str, Any]]) -> None:
    """Write what was measured."""
    path.write_text(json.dumps(values, indent=1) + '\n', encoding='utf-8')
