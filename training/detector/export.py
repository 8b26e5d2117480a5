# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Step 4: trained weights become an OpenVINO network of free input size, checked against torch.

Takes BGR images (1, 3, H, W) of 0-255, sides multiples of 32; gives rows (1, N, 15) of box,
score, five landmarks. Rejected when a score differs from torch's by more than 0.02, or
positions (the median of all rows) by more than 2 % of the box's longer side.
"""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

from face_tracker_ros.errors import ModelError
import numpy as np
from training.check import check_detector, Compiled
from training.common import end, load_weights, parser, torch_device

STEP = 'detector.export'


def export(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    torch_device('cpu')
    from face_tracker_ros.models.openvino_runtime import ov
    import torch
    from training.detector.network import Exported, FaceNet
    net = FaceNet().eval()
    try:
        net.load_state_dict(load_weights(given.weights, 'detector.train'))
    except (RuntimeError, TypeError, AttributeError) as error:
        raise ModelError(f"weights '{given.weights}' are not this network's; give detector.pt of "
                         'training.detector.train') from error
    network = Exported(net).eval()
    model = ov.convert_model(network, example_input=torch.zeros(1, 3, 384, 640))
    model.reshape([1, 3, -1, -1])
    given.output.parent.mkdir(parents=True, exist_ok=True)
    ov.save_model(model, str(given.output), compress_to_fp16=True)
    image = np.random.default_rng(1).integers(0, 256, (160, 224, 3), np.uint8)
    rows = check_detector(Compiled(given.output), image)
    with torch.no_grad():
        planes = torch.from_numpy(image).permute(2, 0, 1)[None].float()
        expected = network(planes)[0].numpy()
    off = np.abs(rows - expected)
    score, side = float(off[:, 4].max()), (expected[:, 2:4] - expected[:, :2]).max(axis=1)
    position = float(np.median(np.delete(off, 4, axis=1).max(axis=1) / np.maximum(side, 8)))
    if score > 0.02 or position > 0.02:
        raise ModelError(f"network '{given.output}' differs from torch's (scores by {score:.3f}, "
                         f'positions by {100 * position:.1f} % of a side); train longer')
    print(f'{given.output}: agrees with torch, scores to {score:.4f}, positions to '
          f'{100 * position:.2f} % of a side')


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = parser(STEP, __doc__)
    arguments.add_argument('--weights', type=Path, required=True, metavar='FILE',
                           help='detector.pt of detector.train')
    arguments.add_argument('--output', type=Path, required=True, metavar='FILE.xml')
    given = arguments.parse_args(argv)
    return end(STEP, lambda: export(given))


if __name__ == '__main__':
    sys.exit(main())
