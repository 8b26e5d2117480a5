# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Step A: the whole training of encoder version 3, in one call on a bare GPU machine.

Checks what it needs in its first seconds, unpacks the crops, trains MobileNetV3-Large from
random weights for --seconds in all, and saves every minute, so that a call that is cut off
leaves what it has. --data is a folder with

crops.bin, crops.npz   loose crops as WebP, 144x144, with alignments and sources
face-reidentification-retail-0095.xml and .bin   the teacher (Open Model Zoo, Apache-2.0)

It needs torch (2.4 or newer), NumPy, PyYAML, rich, OpenCV or Pillow with WebP, no network, and
40 GB of GPU memory for the full batch. It writes, each file below 16 MiB:

encoder.pt      averaged weights in half precision, for training.encoder.export
checkpoint.pt   for --resume, with the --seconds of the whole run again, or more
log.txt         a line of JSON a minute: agreement with the teacher on crops held out
views.png       what the teacher and the student see

--trial does the same in about a minute on a CPU, with few crops.
"""
from __future__ import annotations

import argparse
from collections.abc import Sequence
import math
from pathlib import Path
import sys
from typing import Any
import zlib

from face_tracker_ros.errors import ModelError, SourceError
import numpy as np
from training.bare import (
    check_machine, Clock, decode_all, end, halved, options, Output, read_checkpoint, save_image)

STEP = 'encoder.run'
SAVED = ('net', 'average', 'steps', 'seconds')
TEACHER = 'face-reidentification-retail-0095'
SIDES = {'as it is': 0, '48 px': 55, '28 px': 32}  # of a crop that holds a face of such a side
STRANGER = 0.5  # least cosine of the teacher's vectors of two images of, perhaps, one person
# How often a crop is drawn: faces in all positions and of all groups more than portraits.
SOURCES = {'voteview_member_photos': 0.6, 'uk_parliament_twfy': 0.8,
           'uk_parliament_2017_ccby': 0.8, 'us_congress_unitedstates_images': 0.8,
           'fairface_demographic_test_images': 2.0, 'fairface_refusal_t2i_i2i': 2.0,
           'openstax': 2.0, 'ropensci_ccby': 1.5, '18f_cc0': 1.5, 'git_app': 2.0,
           'git_content': 2.0, 'codefor_de': 2.0}


def read_crops(folder: Path, limit: int) -> dict[str, Any]:
    """Return x (N, 144, 144, 3), align, source and held (N,): the share kept for evaluation."""
    try:
        with np.load(folder / 'crops.npz', allow_pickle=False) as content:
            table = {name: content[name] for name in ('offset', 'align', 'source', 'name')}
    except (OSError, ValueError, KeyError) as error:
        raise SourceError(f"file '{folder / 'crops.npz'}' cannot be used ({error}); copy it "
                          'again') from error
    blob, count = (folder / 'crops.bin').read_bytes(), len(table['align'])
    if table['offset'][-1] != len(blob):
        raise SourceError(f"file '{folder / 'crops.bin'}' has {len(blob)} bytes, not "
                          f"{table['offset'][-1]}; copy it again")
    rows = np.arange(min(count, limit or count))
    held = np.array([zlib.crc32(str(name).encode()) % 20 == 0 for name in table['name'][rows]])
    return {'x': decode_all(blob, table['offset'], rows, 144), 'align': table['align'][rows],
            'source': table['source'][rows], 'held': held}


def make_distiller(given: argparse.Namespace, device: str, data: dict[str, Any]) -> Any:
    """Return the training/encoder/distill.py Distiller, with random weights."""
    import torch
    from training.encoder.distill import Distiller, STAGES
    from training.encoder.views import Faces
    torch.manual_seed(given.seed)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    rows = np.flatnonzero(~data['held'])
    weights = np.array([SOURCES.get(str(name), 1.0) for name in data['source'][rows]], np.float32)
    return Distiller(Faces(data['x'], data['align'], device), torch.from_numpy(rows).to(device),
                     torch.from_numpy(weights).to(device), STAGES['whole'], given.teacher,
                     given.batch, given.rate, device)


class Evaluation:
    """Agreement of the student with the teacher on crops of strangers."""

    def __init__(self, distiller: Any, held: np.ndarray) -> None:
        """Keep those of the crops held out that the teacher finds in no crop trained on."""
        import torch
        self._distiller = distiller
        vectors, out = distiller.teacher_vectors(len(held)), torch.from_numpy(held)
        rows = out.nonzero()[:, 0].to(distiller.device)
        known = vectors[(~out).nonzero()[:, 0].to(distiller.device)]
        if len(rows):
            rows = rows[(vectors[rows] @ known.T).amax(1) < STRANGER]
        self.rows, self._expected = rows, vectors[rows]

    def __call__(self) -> dict[str, float]:
        """
        Return figures of the averaged weights for each size of face.

        cosine: to the teacher's vector; relations: root mean square of the difference of the
        cosines between faces; first: share whose nearest of the teacher's vectors is their own.
        """
        if len(self.rows) < 2:
            return {}
        net, expected = self._distiller.averaged(), self._expected
        figures = {}
        for name, side in SIDES.items():
            found = self._distiller.vectors(net, self.rows, side)
            across = found @ expected.T
            nearest = across.argmax(1) == across.new_tensor(range(len(across))).long()
            relations = (found @ found.T - expected @ expected.T).square().mean().sqrt()
            figures.update({f'{name}, cosine': float(across.diagonal().mean()),
                            f'{name}, relations': float(relations),
                            f'{name}, first': float(nearest.float().mean())})
        return figures


def show_views(distiller: Any, path: Path) -> None:
    """Write an image of what the teacher (above) and the student see of eight faces."""
    import torch
    with torch.no_grad():
        rows = torch.randint(len(distiller.faces), (8,), device=distiller.device)
        straight = torch.ones(8, device=distiller.device)
        stage = distiller.stage
        x = distiller.faces.morphed(*distiller.faces.pairs(rows), stage.mix, stage.turn)
        above = torch.nn.functional.interpolate(distiller.faces.aligned(x, rows, straight), 112)
        view = distiller.faces.box_crop(x, straight, stage.augmentation)
        view = distiller.faces.augmented(view, stage.augmentation)
    both = torch.cat((torch.cat(list(above), 2), torch.cat(list(view), 2)), 1)
    image = (both.permute(1, 2, 0).cpu().numpy() * 255).round().astype(np.uint8)
    save_image(path, np.ascontiguousarray(image))


def train(given: argparse.Namespace, device: str) -> None:
    """Train until the time is over, saving every minute."""
    from training.compiled import chosen_backend, Compiling
    output = Output(given.output)
    before = read_checkpoint(given.resume, SAVED) if given.resume else {}
    clock = Clock(given.seconds, before.get('seconds', 0.0))
    clock.stop_at_signal()
    data = read_crops(given.data, given.limit)
    distiller = make_distiller(given, device, data)
    if before:
        distiller.resume(before)
    show_views(distiller, given.output / 'views.png')
    backend = chosen_backend(given.compile, device)
    compiling = Compiling(distiller.parts, backend, output.log)
    compiling.start([sys.executable, '-m', 'training.encoder.run', *given.arguments],
                    given.compile_limit)
    evaluation = Evaluation(distiller, data['held'])
    output.log(device=device, crops=len(data['x']), held=len(evaluation.rows),
               seconds=clock.used, steps=distiller.steps)

    def report() -> None:
        cosine = distiller.mean_cosine()
        output.log(seconds=clock.used, steps=distiller.steps, cosine=cosine, **evaluation())
        if not math.isfinite(cosine):
            raise ModelError(f'cosine {cosine} at step {distiller.steps}: give --resume and a '
                             'smaller --rate')
        output.save('encoder.pt', halved(distiller.average))
        output.save('checkpoint.pt', {**distiller.checkpoint(halved), 'seconds': clock.used})
    try:
        while not clock.over() or distiller.steps < given.least:
            falling = .5 * (1 + math.cos(math.pi * clock.done)) + 1e-3
            compiling.step(lambda: distiller.step(falling))
            if clock.minute(given.every):
                report()
        report()
    finally:
        compiling.stop()


def compile_only(given: argparse.Namespace, device: str) -> None:
    """Compile the parts of a step, as a child of the training, and report which are faster."""
    from training.compiled import chosen_backend, try_parts
    data = read_crops(given.data, given.batch + given.batch // 10)
    distiller = make_distiller(given, device, data)
    try_parts(distiller.parts, lambda: distiller.step(1e-3), device,
              chosen_backend(given.compile, device), given.compile_report)


def run(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    if given.trial:
        given.least = given.least or 4
        given.seconds, given.batch = min(given.seconds, 40.0), min(given.batch, 16)
        given.limit, given.every = given.limit or 200, min(given.every, 10.0)
    given.teacher = given.teacher or given.data / f'{TEACHER}.xml'
    files = [given.data / 'crops.bin', given.data / 'crops.npz', given.teacher,
             given.teacher.with_suffix('.bin'), *([given.resume] if given.resume else [])]
    device = check_machine(files, given.output, given.device)
    if given.compile_report:
        compile_only(given, device)
    else:
        train(given, device)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = options(STEP, __doc__, 'data', batch=768, compile_limit=180)
    add = arguments.add_argument
    add('--rate', type=float, default=2e-3, help='highest learning rate')
    add('--teacher', type=Path, metavar='FILE.xml', help='if it is not in --data')
    given = arguments.parse_args(argv)
    given.arguments = list(sys.argv[1:] if argv is None else argv)
    return end(STEP, lambda: run(given))


if __name__ == '__main__':
    sys.exit(main())
