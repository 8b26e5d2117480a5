# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Positions in space: camera model, range from a face's size or from depth, with covariance."""
from face_tracker_ros.spatial.camera import Calibration, CameraModel
from face_tracker_ros.spatial.frames import FrameTree, quaternions
from face_tracker_ros.spatial.position import face_depths, FacePrior, locate, Located

__all__ = ['Calibration', 'CameraModel', 'face_depths', 'FacePrior', 'FrameTree', 'locate',
           'Located', 'quaternions']
