# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Step 4: trained weights become an OpenVINO network, checked against torch.

Takes uint8 BGR crops (N, 112, 112, 3); gives unit vectors (N, 256). Weights are kept in half
precision. A network whose vectors differ from torch's by a cosine below 0.999 is rejected.
"""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

from face_tracker_ros.errors import ModelError
import numpy as np
from training.check import check_encoder, Compiled
from training.common import end, load_weights, parser, torch_device

STEP = 'encoder.export'


def export(given: argparse.Namespace) -> None:
    """Do what the command line asks for."""
    torch_device('cpu')
    from face_tracker_ros.models.openvino_runtime import ov
    import torch
    from training.encoder.network import FaceNet, MEAN, SCALE, SIDE

    class Unit(torch.nn.Module):
        """The network with vectors of unit length."""

        def __init__(self) -> None:
            super().__init__()
            self.net = FaceNet()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            """Return unit vectors."""
            return torch.nn.functional.normalize(self.net(x), dim=1)

    network = Unit().eval()
    try:
        network.net.load_state_dict(load_weights(given.weights, 'encoder.train'))
    except (RuntimeError, TypeError, AttributeError) as error:
        raise ModelError(f"weights '{given.weights}' are not this network's; give encoder.pt of "
                         'training.encoder.train') from error
    model = ov.convert_model(network, example_input=torch.zeros(2, 3, SIDE, SIDE))
    model.reshape([-1, 3, SIDE, SIDE])
    processor = ov.preprocess.PrePostProcessor(model)
    images = processor.input()
    images.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout('NHWC'))
    images.tensor().set_color_format(ov.preprocess.ColorFormat.BGR)
    images.preprocess().convert_element_type(ov.Type.f32).mean(MEAN).scale(SCALE)
    images.model().set_layout(ov.Layout('NCHW'))
    model = processor.build()
    model.inputs[0].tensor.set_names({'crops'})
    model.outputs[0].tensor.set_names({'embeddings'})
    given.output.parent.mkdir(parents=True, exist_ok=True)
    ov.save_model(model, str(given.output), compress_to_fp16=True)
    crops = np.random.default_rng(1).integers(0, 256, (3, SIDE, SIDE, 3), np.uint8)
    with torch.no_grad():
        scaled = (torch.from_numpy(crops).permute(0, 3, 1, 2).float() - MEAN) / SCALE
        expected = network(scaled).numpy()
    worst = float((check_encoder(Compiled(given.output), crops) * expected).sum(axis=1).min())
    if worst < 0.999:
        raise ModelError(f"network '{given.output}' differs from torch's (cosine {worst:.4f}); "
                         'train longer, or keep full precision')
    print(f'{given.output}: agrees with torch, least cosine {worst:.5f}')


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    arguments = parser(STEP, __doc__)
    arguments.add_argument('--weights', type=Path, required=True, metavar='FILE',
                           help='encoder.pt of encoder.train')
    arguments.add_argument('--output', type=Path, required=True, metavar='FILE.xml')
    given = arguments.parse_args(argv)
    return end(STEP, lambda: export(given))


if __name__ == '__main__':
    sys.exit(main())
