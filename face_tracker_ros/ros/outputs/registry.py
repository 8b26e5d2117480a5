# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The list of all topics. A new one is a module in this folder and a line here."""
from __future__ import annotations

from face_tracker_ros.ros.outputs.annotated_image import AnnotatedImageOutput
from face_tracker_ros.ros.outputs.attention import AttentionOutput
from face_tracker_ros.ros.outputs.crops import CropsOutput
from face_tracker_ros.ros.outputs.foxglove import FoxgloveOutput
from face_tracker_ros.ros.outputs.hri import HriOutput
from face_tracker_ros.ros.outputs.hri_persons import HriPersonsOutput
from face_tracker_ros.ros.outputs.id_changes import IdChangesOutput
from face_tracker_ros.ros.outputs.identities import IdentitiesOutput
from face_tracker_ros.ros.outputs.label_info import LabelInfoOutput
from face_tracker_ros.ros.outputs.landmarks import LandmarksOutput
from face_tracker_ros.ros.outputs.markers import MarkersOutput
from face_tracker_ros.ros.outputs.output import Output
from face_tracker_ros.ros.outputs.track_states import TrackStatesOutput
from face_tracker_ros.ros.outputs.tracks import TracksOutput
from face_tracker_ros.ros.outputs.tracks_3d import Tracks3DOutput
from face_tracker_ros.ros.outputs.transforms import TransformsOutput

OUTPUTS: list[type[Output]] = [
    TracksOutput,
    IdChangesOutput,
    TrackStatesOutput,
    LandmarksOutput,
    IdentitiesOutput,
    AttentionOutput,
    LabelInfoOutput,
    Tracks3DOutput,
    TransformsOutput,
    MarkersOutput,
    CropsOutput,
    HriOutput,
    HriPersonsOutput,
    FoxgloveOutput,
    AnnotatedImageOutput,
]
"""In the order in which they publish: tracks first, the most expensive last."""
