# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Step B: average a further trained network with the one that its training started from.

The average of the folded weights of two exported networks often keeps what both are good at, on
images unlike those of the further training, too (Wortsman et al. 2022, "Robust fine-tuning of
zero-shot models", https://arxiv.org/abs/2109.01903). Use it only where the second was trained from
the first's weights (training.detector.run --start). The result is weights for
training.detector.export. Choose --share on images other than those that you report on.
"""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

from face_tracker_ros.errors import ConfigError
from training.common import end, new_folder, parser, torch_device

STEP = 'detector.average'


def average(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    if not 0 <= given.share <= 1:
        raise ConfigError(f'--share is {given.share:g}; give a number, 0 to 1')
    torch_device('cpu')
    import torch
    from training.detector.network import FaceNet
    from training.detector.start import mix, read_folded, unfold
    net = FaceNet()
    first, second = read_folded(given.first), read_folded(given.second)
    unfold(net, mix(first, second, given.share), given.second)
    new_folder(given.output.parent)
    torch.save(net.state_dict(), given.output)
    print(f'{given.output}: {1 - given.share:g} of {given.first}, {given.share:g} of '
          f'{given.second}')


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = parser(STEP, __doc__)
    arguments.add_argument('--first', type=Path, required=True, metavar='FILE.xml',
                           help='network that the training started from')
    arguments.add_argument('--second', type=Path, required=True, metavar='FILE.xml',
                           help='network that it ended with (training.detector.export)')
    arguments.add_argument('--share', type=float, default=0.7,
                           help='of the second in the average, 0 to 1 (default 0.7)')
    arguments.add_argument('--output', type=Path, required=True, metavar='FILE.pt',
                           help='weights to write, for training.detector.export')
    given = arguments.parse_args(argv)
    return end(STEP, lambda: average(given))


if __name__ == '__main__':
    sys.exit(main())
