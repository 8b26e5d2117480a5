# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""INT8 models, made by NNCF, give nearly what those in BF16 give."""
from __future__ import annotations

from face_tracker_ros import Config
from face_tracker_ros.boxes import iou
from face_tracker_ros.cli.models import main
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.embedding.encoder import FaceEncoder


def test_eight_bits_find_the_same_faces(tmp_path, shared, clip_frames):
    clip = shared / 'data' / 'clips' / 'face-demographics-walking-and-pause.gif'
    assert main(['quantize', 'detector', 'face-detector', '--images', str(clip), '--name',
                 'small', '--most', '20', '--output', str(tmp_path / 'small')]) == 0
    small = FaceDetector.from_config(Config.load(
        {'detector': str(tmp_path / 'small' / 'model.yaml')}))
    frame = clip_frames[clip.name]
    found = FaceDetector.from_config(Config()).detect(frame, 0.5, 0.4).boxes
    assert len(found) == 3
    assert (iou(found, small.detect(frame, 0.5, 0.4).boxes).max(axis=1) > 0.7).all()
    assert small.spec.licence == 'Apache-2.0', 'the terms of the weights go along'
    assert main(['quantize', 'encoder', 'mobilenetv3-large-face', '--images', str(clip),
                 '--name', 'small', '--most', '20', '--output', str(tmp_path / 'encoder')]) == 0
    both = [FaceEncoder.from_config(Config.load({'encoder': encoder})).encode(frame, found)
            for encoder in ('mobilenetv3-large-face', str(tmp_path / 'encoder' / 'model.yaml'))]
    assert ((both[0] * both[1]).sum(axis=1) > 0.9).all()
