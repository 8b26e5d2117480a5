# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What scripts/fuzz runs: functions of any bytes that may only raise the package's own errors."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import tempfile

import cv2
from face_tracker_ros.config import Config
from face_tracker_ros.errors import FaceTrackerError
from face_tracker_ros.evaluation.mot_text import read_detections, read_labels
from face_tracker_ros.image_header import encoded_size
from face_tracker_ros.models.description import description_text, read_spec
from face_tracker_ros.models.registry import known_models, load_spec
from face_tracker_ros.video import VideoSink
from face_tracker_ros.video.edit_list import shown_part
import numpy as np

_FOLDER = Path(tempfile.mkdtemp(prefix='fuzz-'))
_ENCODINGS = ('bgr8', 'rgb8', 'mono8', 'mono16', 'bgra8', 'bgr16', '32FC1', 'yuyv', 'uyvy', 'nv12',
              'nv21', 'yuv420', 'bayer_rggb8', 'bayer_gbrg16', '8UC3', '', 'x\0y')


def _file(content: bytes, name: str) -> Path:
    path = _FOLDER / name
    path.write_bytes(content)
    return path


def raw_image(content: bytes) -> None:
    """Convert an image message: sides, step, encoding and byte order, then its data."""
    from face_tracker_ros.ros.messages.images import to_image
    from sensor_msgs.msg import Image
    head = content[:8].ljust(8, b'\0')
    message = Image(width=head[0], height=head[1], step=int.from_bytes(head[2:4], 'little'),
                    encoding=_ENCODINGS[head[4] % len(_ENCODINGS)], is_bigendian=head[5] & 1,
                    data=content[8:])
    image = to_image(message)
    assert image.dtype == np.uint8 and image.shape == (head[1], head[0], 3)


def compressed_image(content: bytes) -> None:
    """Decode an image of any format; its header has to be right about its size."""
    from face_tracker_ros.ros.messages.images import to_image
    from sensor_msgs.msg import CompressedImage
    image = to_image(CompressedImage(data=content))
    assert image.dtype == np.uint8 and image.ndim == 3 and encoded_size(content) is not None


def model_yaml(content: bytes) -> None:
    """Read the description of a model."""
    spec = read_spec(_file(content, 'model.yaml'), registered=False)
    for item in spec.files:
        assert '/' not in item.name and item.name not in ('.', '..')


def parameters_yaml(content: bytes) -> None:
    """Read a file of parameters."""
    Config.load(_file(content, 'parameters.yaml'))


def det_txt(content: bytes) -> None:
    """Read detections and labels in MOTChallenge text."""
    path = _file(content, 'det.txt')
    found = read_detections(path)
    assert len(found.frames) == len(found.boxes) == len(found.scores)
    read_labels(path)


def video_index(content: bytes) -> None:
    """Read the edit list of an MP4 file."""
    assert 0 <= shown_part(_file(content, 'any.mp4')) <= 1


def _video() -> bytes:
    path = _FOLDER / 'seed.mp4'
    with VideoSink(path, 30.0) as sink:
        for _ in range(5):
            sink.write(np.zeros((16, 16, 3), np.uint8))
    return path.read_bytes()


def _encoded(kind: str) -> bytes:
    noise = np.random.default_rng(1).integers(0, 256, (12, 16, 3), np.uint8)
    return bytes(cv2.imencode(kind, noise)[1])


def seeds(name: str) -> list[bytes]:
    """Return good inputs of a target."""
    if name == 'raw_image':
        steps = (24, 24, 8, 16, 32, 48, 32, 16, 16, 8, 8, 8, 8, 16)
        return [bytes([8, 8, step, 0, number, 0, 0, 0])
                + bytes((12 if 9 <= number <= 11 else 8) * step)  # planes of 4:2:0
                for number, step in enumerate(steps)]
    if name == 'compressed_image':
        return [_encoded(kind) for kind in ('.jpg', '.png', '.bmp', '.webp', '.tiff')]
    if name == 'model_yaml':
        return [description_text(load_spec(model)).encode() for model in known_models()]
    if name == 'parameters_yaml':
        path = Path(__file__).parents[1] / 'config' / 'tracker.yaml'
        return [path.read_bytes(), b'tracker.max_age: 2.0\ndetector: yunet\n']
    if name == 'video_index':
        return [_video()]
    return [b'1,-1,10,20,30,40,0.9\n2,-1,11,20,30,40,0.8\n', b'1 1 10 20 30 40 1 1 0.5\n',
            b'frame;id;left;top;width;height;score\n1;2;3;4;5;6;0.5 # comment\n']


TARGETS: dict[str, Callable[[bytes], None]] = {
    function.__name__: function
    for function in (raw_image, compressed_image, model_yaml, parameters_yaml, det_txt,
                     video_index)}


def attempt(name: str, content: bytes) -> bool:
    """Run a target; return whether the input was accepted. Anything else but a rejection rises."""
    try:
        TARGETS[name](content)
    except FaceTrackerError as error:
        text = str(error)
        assert '\n' not in text and '\x1b' not in text and '\0' not in text, text
        assert len(text) < 1500, text
        return False
    return True
