# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Every parameter of the core, declared once: name, default, range and description.

The ROS descriptors, config/tracker.yaml and the README table are generated from these
declarations. Names are dotted paths of the dataclasses below (`tracker.max_age`).
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, MISSING, replace
import difflib
import os
from pathlib import Path
from typing import Any

from face_tracker_ros.config.declaration import Parameter
from face_tracker_ros.config.files import flatten, read_parameters
from face_tracker_ros.errors import ConfigError, shown


_LEAST_WIDTH = 64  # pixels; no detector finds anything in fewer


def _param(default: Any, description: str, low: float | None = None, high: float | None = None,
           choices: tuple[Any, ...] = (), live: bool = True) -> Any:
    return field(default=default, metadata={'parameter': Parameter(
        '', default, description, low, high, choices, live)})


@dataclass(frozen=True)
class InferenceConfig:
    """How models run."""

    device: str = _param('CPU', "OpenVINO device that runs the models: 'CPU', 'GPU', 'NPU', "
                         "'AUTO' or a list such as 'AUTO:GPU,CPU'.", live=False)
    threads: int = _param(2, 'CPU threads for inference; 0 = all cores.', 0, 256, live=False)
    half: bool = _param(True, 'Compute in BF16 where the device supports it and the model is '
                        'validated for it (half in model.yaml).', live=False)
    int8: bool = _param(True, 'Use the INT8 variant of a model that has one (int8 in model.yaml) '
                        'where the device computes in INT8, and is not as quick in BF16.',
                        live=False)
    cache: bool = _param(True, 'Cache compiled models on disk for a faster start.', live=False)


@dataclass(frozen=True)
class DetectionConfig:
    """Face detection."""

    width: int = _param(640, 'Pixels to which the longer side of an image is downscaled (never '
                        'enlarged) for detectors of free input size: 640, 480 or 320; more finds '
                        'smaller faces and takes longer. 0 = the smallest of these in which faces '
                        'of detection.min_size have 16 pixels.', 0, 3840, live=False)
    interval: int = _param(1, 'Run the detector on every n-th frame at most (every frame while a '
                           'track is tentative); in between, faces are followed by optical flow, '
                           'or else predicted.', 1, 30)
    max_pause: float = _param(0.09, 'Maximum seconds for which the detector rests while every '
                              'face is tracked and can be followed by optical flow; new faces '
                              'are found that much later at most. 0 = it never rests, nor does '
                              "it with embedding.policy 'always' or tracker.mode 'deepsort'.",
                              0.0, 1.0)
    score: float = _param(0.0, 'Minimum score of a detection that starts a track; 0 = what the '
                          "detector's description recommends.", 0.0, 1.0)
    low_score: float = _param(0.0, 'Minimum score of a detection that continues a track '
                              "(tracker.low_score_pass); 0 = what the detector's description "
                              'recommends.', 0.0, 1.0)
    nms_iou: float = _param(0.4, 'IoU above which the lower-scoring of two overlapping boxes is '
                            'suppressed (NMS).', 0.0, 1.0)
    min_size: float = _param(12.0, 'Minimum length of the shorter side of a face box, in pixels '
                             'of the image.', 0.0, 10000.0)


@dataclass(frozen=True)
class EmbeddingConfig:
    """When faces are embedded."""

    policy: str = _param('auto', "'always': embed every face in every frame; 'auto': only faces "
                         'that are ambiguous in the association, and each at least every '
                         'embedding.refresh seconds.', choices=('auto', 'always'))
    refresh: float = _param(1.0, 'Seconds after which an unambiguous face is embedded again '
                            '(policy auto).', 0.0, 60.0)


@dataclass(frozen=True)
class TrackerConfig:
    """Association of faces over time; design: Wojke et al. 2017 and the named additions."""

    mode: str = _param('robust', "'robust': DeepSORT with the additions below; 'deepsort': the "
                       'published algorithm (one update counts as 1/30 s, additions off).',
                       choices=('robust', 'deepsort'), live=False)
    max_cosine_distance: float = _param(
        0.0, 'Maximum cosine distance at which a face matches a track inside the motion gate; '
        "0 = what the encoder's description recommends.", 0.0, 2.0)
    max_iou_distance: float = _param(
        0.7, 'Maximum 1 - IoU at which a box matches a track by position alone.', 0.0, 1.0)
    n_init: int = _param(3, 'Consecutive detections that confirm a track, which is published from '
                         'then on; in mode robust two are enough when they are as far apart in '
                         'time as this many at 30 frames per second.', 1, 100)
    min_track_score: float = _param(
        0.0, 'Score that one detection of a track must reach before the track is confirmed, so '
        'that what never looks clearly like a face gets no id; 0 = a fifth of the way from '
        'detection.score to 1; that of detection.score or less = no such rule. Mode robust.',
        0.0, 1.0)
    max_age: float = _param(1.0, 'Seconds without a detection after which a track is deleted.',
                            0.0, 60.0)
    motion_share: float = _param(0.2, 'Added to the cosine distance of a face at the edge of the '
                                 'motion gate, less inside it.', 0.0, 2.0)
    camera_motion: bool = _param(True, 'Compensate camera motion by tracking the background.')
    coast: float = _param(0.2, 'Maximum seconds for which a confirmed track is published at its '
                          'predicted box when the detector has likely just missed it, judged by '
                          'its recent misses; 0 = never.', 0.0, 10.0)
    suppress_duplicates: bool = _param(True, 'Start no track from a second box on a tracked face, '
                                       'and publish no predicted box that a detected one covers.')
    gallery_size: int = _param(0, 'Embeddings kept per track; 0 = 8 diverse ones in mode robust, '
                               "the last 100 in mode deepsort (the paper's L_k).",
                               0, 1000, live=False)
    min_quality: float = _param(0.3, 'Minimum quality (size, sharpness and share inside the '
                                'image; 0 to 1) of a face that is added to the gallery next to '
                                'better ones, and that is used for re-identification; 0.3 is '
                                '20 pixels.', 0.0, 1.0)
    low_score_pass: bool = _param(True, 'Match low-score detections (detection.low_score) to '
                                  'tracks by IoU in a second pass.')
    score_weighted_noise: bool = _param(True, 'Scale the measurement noise of the Kalman filter '
                                        'by the detection score (NSA Kalman).')
    reid_window: float = _param(60.0, 'Seconds for which a deleted track can be re-identified and '
                                'returns with the same id; 0 = never.', 0.0, 86400.0)
    reid_max_distance: float = _param(0.0, 'Maximum cosine distance at which a returning face is '
                                      "re-identified; 0 = what the encoder's description "
                                      'recommends.', 0.0, 2.0)
    reid_margin: float = _param(0.1, 'How much smaller the cosine distance to the best match must '
                                'be than to the second best, for re-identification.', 0.0, 2.0)


@dataclass(frozen=True)
class IdentitiesConfig:
    """People known by name across restarts (docs/guides/people.md)."""

    store: str = _param('', 'The people who are known by name across restarts: an SQLite file '
                        "such as '~/.ros/people.db', made when missing, or a PostgreSQL server, "
                        'postgresql://user@host/database. Empty = nobody is recognised or '
                        'stored.', live=False)
    max_distance: float = _param(0.0, 'Maximum cosine distance of a face to a known person; 0 = '
                                 'as calibrated for the encoder.', 0.0, 2.0)
    margin: float = _param(0.0, 'How much nearer the best person must be than the second best; '
                           '0 = as calibrated for the encoder.', 0.0, 2.0)
    min_quality: float = _param(0.5, 'Minimum quality (size, sharpness and share inside the '
                                'image; 0 to 1) of a face that is named or enrolled; 0.5 is '
                                '32 pixels.', 0.0, 1.0)
    remember: bool = _param(False, 'Store unknown people, too, without a name, so that they are '
                            'recognised later and by other cameras.')


@dataclass(frozen=True)
class Config:
    """
    All parameters of the core as they were given; make one with `Config.load`.

    A pure value: it knows no model. Thresholds of 0 stand for what the models in use recommend,
    which models.thresholds works out where the models are loaded.
    """

    detector: str = _param('auto', "Face detection model: 'auto' = the best one that is "
                           'installed (yunet, else face-detector); a name; or a path to a '
                           'model.yaml or network file.')
    encoder: str = _param('mobilenetv3-large-face', 'Face embedding model: a name or a path.')
    landmarks: str = _param('', 'Landmark model (a name or a path), for an encoder that aligns '
                            'faces with a detector that gives no landmarks; empty = none.')
    image_rotation: int = _param(0, 'Degrees clockwise (0, 90, 180 or 270) by which the images '
                                 'have to be rotated to be upright, for a camera that is mounted '
                                 'rotated. Results are in the coordinates of the images as they '
                                 'come. A change deletes all tracks.', choices=(0, 90, 180, 270))
    inference: InferenceConfig = field(default_factory=InferenceConfig)
    detection: DetectionConfig = field(default_factory=DetectionConfig)
    embedding: EmbeddingConfig = field(default_factory=EmbeddingConfig)
    tracker: TrackerConfig = field(default_factory=TrackerConfig)
    identities: IdentitiesConfig = field(default_factory=IdentitiesConfig)

    @classmethod
    def load(cls, source: Config | Mapping[str, Any] | str | os.PathLike[str] | None) -> Config:
        """
        Return the defaults overridden by `source`.

        source: None, a Config, a mapping (dotted or nested names) or a path to YAML; a ROS
        parameter file (`node: ros__parameters:`) is understood, and its parameters that belong
        to the node only are passed over.
        Raises ConfigError for unknown names, bad values and unreadable files.
        """
        if source is None:
            return cls()
        if isinstance(source, Config):
            return source
        if isinstance(source, Mapping):
            return cls().updated(flatten(source))
        return cls().updated(read_parameters(Path(source), _NODE_NAMES))

    def updated(self, values: Mapping[str, Any]) -> Config:
        """Return a copy with dotted `values` set, all checked before any is taken."""
        checked = {name: _parameter(name).check(value) for name, value in values.items()}
        config: Config = _rebuild(self, '', checked)
        _check_relations(config)
        return config

    def values(self) -> dict[str, Any]:
        """Return every parameter by its dotted name."""
        return {parameter.name: _get(self, parameter.name) for parameter in PARAMETERS}


def _declared(cls: Any, prefix: str = '') -> Iterator[Parameter]:
    for item in fields(cls):
        if 'parameter' in item.metadata:
            yield replace(item.metadata['parameter'], name=prefix + item.name)
        elif item.default_factory is not MISSING:
            yield from _declared(item.default_factory, f'{prefix}{item.name}.')


PARAMETERS: tuple[Parameter, ...] = tuple(_declared(Config))

# Those that name a model; the name is the model's task, too.
MODEL_PARAMETERS = ('detector', 'encoder', 'landmarks')

# Parameters of the ROS node alone; declared here, so that one list has all.
NODE_PARAMETERS: tuple[Parameter, ...] = (
    Parameter('autostart', True, 'Configure and activate at start, without a lifecycle manager.',
              live=False),
    Parameter('max_rate', 0.0, 'Maximum frames per second to process; 0 = no limit.',
              0.0, 1000.0),
    Parameter('expected_rate', 0.0, 'Images per second that the camera publishes; diagnostics '
              'warn below 80 % of it. 0 = unknown.', 0.0, 1000.0),
    Parameter('annotate', True, 'Draw and publish the annotated image while it has a subscriber.'),
    Parameter('image_transport', 'raw', "Transport of the images: 'raw' (topic image) or "
              "'compressed' (topic image/compressed, JPEG or PNG).",
              choices=('raw', 'compressed'), live=False),
    Parameter('spatial.face_size', 0.16, 'Metres: geometric mean of width and height of the '
              "detector's box around a face; for ranges without a depth image.", 0.01, 1.0),
    Parameter('spatial.face_spread', 0.1, 'Relative standard deviation of spatial.face_size '
              'between people and views; for the covariance.', 0.001, 1.0),
    Parameter('spatial.depth', False, 'Read ranges from the topic depth_image, registered to the '
              'images, where it has valid values.', live=False),
    Parameter('spatial.depth_tolerance', 0.05, 'Maximum seconds between the stamps of an image '
              'and its depth image.', 0.0, 10.0),
    Parameter('spatial.rectified', False, 'The images are rectified: use P of camera_info, '
              'without distortion.'),
    Parameter('spatial.facing_angle', 25.0, 'Degrees between the direction of a face and that to '
              'the camera up to which somebody faces it (~/attention, ~/track_states).',
              1.0, 90.0),
    Parameter('spatial.target_frame', '', 'Frame in which ~/tracks_3d and ~/markers are '
              "published, by /tf and /tf_static; empty = the image's own.", live=False),
    Parameter('spatial.tf', False, 'Publish a transform face_f<id> for every track.', live=False),
    Parameter('crops.aligned', False, "Align ~/crops by the face's five landmarks: 112x112, eyes "
              'level, as face recognition networks take them; tracks whose detector gives no '
              'landmarks have none.', live=False),
    Parameter('interop.hri', False, 'Publish /humans/faces (REP-155); needs hri_msgs.',
              live=False),
    Parameter('interop.foxglove', False, 'Publish ~/image_annotations; needs foxglove_msgs.',
              live=False),
)

_BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}
_NODE_NAMES = frozenset(parameter.name for parameter in NODE_PARAMETERS)


def _parameter(name: str) -> Parameter:
    if name in _BY_NAME:
        return _BY_NAME[name]
    near = difflib.get_close_matches(name, _BY_NAME, 1)
    hint = f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(_BY_NAME)}"
    raise ConfigError(f'parameter {shown(name)} is unknown{hint}')


def _get(config: Any, name: str) -> Any:
    for part in name.split('.'):
        config = getattr(config, part)
    return config


def _rebuild(config: Any, prefix: str, values: Mapping[str, Any]) -> Any:
    changes = {}
    for item in fields(config):
        name, old = prefix + item.name, getattr(config, item.name)
        changes[item.name] = (_rebuild(old, f'{name}.', values) if is_dataclass(old)
                              else values.get(name, old))
    return replace(config, **changes)


def _check_relations(config: Config) -> None:
    detection = config.detection
    if 0 < detection.width < _LEAST_WIDTH:
        raise ConfigError(f"parameter 'detection.width': {detection.width} is out of range; "
                          f'give 0 or {_LEAST_WIDTH} to 3840')
    if detection.score and detection.low_score > detection.score:
        raise ConfigError(f"parameter 'detection.low_score': {detection.low_score:g} is above "
                          f'detection.score ({detection.score:g}); give at most that')
