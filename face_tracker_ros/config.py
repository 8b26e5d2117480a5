# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Every parameter of the core, declared once: name, default, range and sentence.

The ROS descriptors, config/tracker.yaml and the README table are made from, or tested against,
these declarations. Names are dotted paths of the dataclasses below (`tracker.max_age`).
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, MISSING, replace
import difflib
import os
from pathlib import Path
from typing import Any

from face_tracker_ros.config_file import flatten, read_parameters
from face_tracker_ros.errors import ConfigError
from face_tracker_ros.parameter import Parameter
from face_tracker_ros.recommended import DISTANCE, LOW_SCORE, recommended, SCORE


_LEAST_WIDTH = 64  # pixels; no detector sees anything in less


def _param(default: Any, description: str, low: float | None = None, high: float | None = None,
           choices: tuple[Any, ...] = (), live: bool = True) -> Any:
    return field(default=default, metadata={'parameter': Parameter(
        '', default, description, low, high, choices, live)})


def _left(number: float, description: str, high: float) -> Any:
    """Declare a number above 0 that 0, the default, leaves to the model."""
    return field(default=number, metadata={'parameter': Parameter(
        '', 0.0, description, 0.0, high)})


@dataclass(frozen=True)
class InferenceConfig:
    """How models run."""

    threads: int = _param(2, 'CPU threads that inference may use; 0 = all cores.', 0, 256,
                          live=False)
    half: bool = _param(True, 'Compute in 16 bits where processor and model (half in model.yaml) '
                        'are made for it.', live=False)
    int8: bool = _param(True, 'Take the 8-bit form of a model that has one (int8 in model.yaml) '
                        'where the processor computes in 8 bits.', live=False)
    cache: bool = _param(True, 'Keep compiled models on disk, so that the next start is quick.',
                         live=False)


@dataclass(frozen=True)
class DetectionConfig:
    """Finding faces."""

    width: int = _param(640, 'Pixels to which the longer side of a picture is reduced for '
                        'detectors of free input size, never enlarged; 640, 480 or 320 (more '
                        'finds smaller faces and costs time). 0 = the least of these in which '
                        'faces of detection.min_size have 16 pixels.', 0, 3840, live=False)
    interval: int = _param(1, 'Look for faces in every n-th frame only, and in all while one '
                           'is new; in between tracks are shown where they are expected.', 1, 30)
    score: float = _left(SCORE, 'Score from which a detection may start a track; 0 = what the '
                         "detector's description recommends.", 1.0)
    low_score: float = _left(LOW_SCORE, 'Score from which a detection may prolong a track '
                             "(tracker.low_score_pass); 0 = what the detector's description "
                             'recommends.', 1.0)
    nms_iou: float = _param(0.4, 'Of two boxes that overlap more than this (IoU), the one with '
                            'the lower score is dropped.', 0.0, 1.0)
    min_size: float = _param(12.0, 'Shorter side in pixels of the smallest face that is used.',
                             0.0, 10000.0)


@dataclass(frozen=True)
class EmbeddingConfig:
    """When faces are embedded."""

    policy: str = _param('auto', "'always': every face of every frame; 'auto': only faces whose "
                         'association needs it, and each at least every embedding.refresh '
                         'seconds.', choices=('auto', 'always'))
    refresh: float = _param(1.0, 'Seconds after which an unambiguous face is embedded again '
                            '(policy auto).', 0.0, 60.0)


@dataclass(frozen=True)
class TrackerConfig:
    """Joining faces over time; design: Wojke et al. 2017 and the named additions."""

    mode: str = _param('robust', "'robust': DeepSORT with the additions below; 'deepsort': the "
                       'published algorithm (one update counts as 1/30 s, additions off).',
                       choices=('robust', 'deepsort'), live=False)
    max_cosine_distance: float = _left(
        DISTANCE, 'Largest cosine distance between a face and its track, which motion limits as '
        "well; 0 = what the encoder's description recommends.", 2.0)
    max_iou_distance: float = _param(
        0.7, 'Largest 1 - IoU at which a box is joined to a track by position alone.', 0.0, 1.0)
    n_init: int = _param(3, 'Frames in a row in which a new face must be found before its track '
                         'is published; in mode robust two are enough where as much time passes '
                         'as between so many at 30 frames a second.', 1, 100)
    max_age: float = _param(1.0, 'Seconds a track is kept without being seen.', 0.0, 60.0)
    motion_share: float = _param(0.2, 'What a face at the edge of the motion gate adds to its '
                                 'cosine distance.', 0.0, 2.0)
    camera_motion: bool = _param(True, 'Follow the background, so that a moving camera does not '
                                 'look like moving people.')
    coast: float = _param(0.2, 'Longest time in seconds for which a track that the detector has '
                          'likely just missed, by how often it did lately, goes on being '
                          'published where it is expected; 0 = not at all.', 0.0, 10.0)
    suppress_duplicates: bool = _param(True, 'Begin no track with a second box of a face that is '
                                       'tracked, and show none that is missed in its place.')
    gallery_size: int = _param(0, 'Embeddings kept of each track; 0 = 8 different looks in mode '
                               "robust, the last 100 in mode deepsort (the paper's L_k).",
                               0, 1000, live=False)
    min_quality: float = _param(0.3, 'Least quality (size, sharpness, share inside the picture; '
                                '0 to 1) of a face that is remembered beside better ones, and '
                                'by which people are recognised; 0.3 is 20 pixels.', 0.0, 1.0)
    low_score_pass: bool = _param(True, 'Prolong tracks with low-score detections '
                                  '(detection.low_score) by overlap.')
    score_weighted_noise: bool = _param(True, 'Trust confident detections more in the motion '
                                        'filter (NSA Kalman).')
    reid_window: float = _param(60.0, 'Seconds for which somebody who left gets the same id back '
                                'on return; 0 = never.', 0.0, 86400.0)
    reid_max_distance: float = _left(DISTANCE, 'Largest cosine distance at which a returning '
                                     "face is recognised; 0 = what the encoder's description "
                                     'recommends.', 2.0)
    reid_margin: float = _param(0.1, 'How much nearer than the second-best person a returning '
                                'face must be.', 0.0, 2.0)


_LEFT = frozenset(recommended('', ''))


@dataclass(frozen=True)
class Config:
    """
    All parameters of the core; make one with `Config.load`.

    Thresholds that are left to the models stand here as the numbers in force.
    """

    detector: str = _param('face-detector', 'Face detection model: a name, or a path to a '
                           'model.yaml or network file.')
    encoder: str = _param('mobilenetv3-large-face', 'Face embedding model: a name or a path.')
    landmarks: str = _param('', 'Landmark model (a name or a path) for encoders that align faces '
                            'and detectors without landmarks; empty = none.')
    inference: InferenceConfig = field(default_factory=InferenceConfig)
    detection: DetectionConfig = field(default_factory=DetectionConfig)
    embedding: EmbeddingConfig = field(default_factory=EmbeddingConfig)
    tracker: TrackerConfig = field(default_factory=TrackerConfig)
    left: frozenset[str] = _LEFT
    """Names of the parameters that are left to the models."""

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
        left = frozenset(name for name in _LEFT
                         if (checked[name] == 0 if name in checked else name in self.left))
        return _check_relations(_follow_models(
            _rebuild(self, '', {**checked, 'left': left}), 'detection.low_score' in checked))

    def values(self) -> dict[str, Any]:
        """Return every parameter by its dotted name; 0 for what is left to the models."""
        return {parameter.name: 0.0 if parameter.name in self.left else _get(self, parameter.name)
                for parameter in PARAMETERS}


def _declared(cls: Any, prefix: str = '') -> Iterator[Parameter]:
    for item in fields(cls):
        if 'parameter' in item.metadata:
            yield replace(item.metadata['parameter'], name=prefix + item.name)
        elif item.default_factory is not MISSING:
            yield from _declared(item.default_factory, f'{prefix}{item.name}.')


PARAMETERS: tuple[Parameter, ...] = tuple(_declared(Config))

# Those that name a model; the name is the model's task, too.
MODEL_PARAMETERS = ('detector', 'encoder', 'landmarks')

# What only the ROS node has: declared here, so that one list is the whole truth.
NODE_PARAMETERS: tuple[Parameter, ...] = (
    Parameter('autostart', True, 'Configure and activate at start, without a life-cycle manager.',
              live=False),
    Parameter('max_rate', 0.0, 'Most frames a second to process; 0 = as many as come.',
              0.0, 1000.0),
    Parameter('expected_rate', 0.0, 'Images a second that the camera gives; diagnostics warn '
              'below 80 % of it. 0 = unknown.', 0.0, 1000.0),
    Parameter('annotate', True, 'Draw the annotated image, while somebody subscribes to it.'),
    Parameter('image_transport', 'raw', "Form of the images: 'raw' (topic image) or "
              "'compressed' (topic image/compressed, JPEG or PNG).",
              choices=('raw', 'compressed'), live=False),
    Parameter('spatial.face_size', 0.16, 'Metres: geometric mean of width and height of the '
              "detector's box around a face; for ranges without a depth image.", 0.01, 1.0),
    Parameter('spatial.face_spread', 0.1, 'Relative deviation of spatial.face_size between '
              'people and views; for the covariance.', 0.001, 1.0),
    Parameter('spatial.depth', False, 'Take ranges from the topic depth_image, registered to the '
              'images, where it knows them.', live=False),
    Parameter('spatial.depth_tolerance', 0.05, 'Most seconds between the stamps of an image and '
              'of its depth image.', 0.0, 10.0),
    Parameter('spatial.rectified', False, 'The images are rectified: P of camera_info holds, '
              'without distortion.'),
    Parameter('spatial.tf', False, 'Publish a transform face_f<id> for every track.', live=False),
    Parameter('interop.hri', False, 'Offer /humans/faces (REP-155); needs hri_msgs.', live=False),
    Parameter('interop.foxglove', False, 'Offer ~/image_annotations; needs foxglove_msgs.',
              live=False),
)

_BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}
_NODE_NAMES = frozenset(parameter.name for parameter in NODE_PARAMETERS)


def _parameter(name: str) -> Parameter:
    if name in _BY_NAME:
        return _BY_NAME[name]
    near = difflib.get_close_matches(name, _BY_NAME, 1)
    hint = f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(_BY_NAME)}"
    raise ConfigError(f"parameter '{name}' is unknown{hint}")


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


def _follow_models(config: Config, strictly: bool) -> Config:
    """Return it with the models' own thresholds; numbers that were given hold against them."""
    numbers = recommended(config.detector, config.encoder)
    detection = config.detection
    if 'detection.score' not in config.left:
        numbers['detection.low_score'] = min(numbers['detection.low_score'], detection.score)
    elif 'detection.low_score' not in config.left and not strictly:  # was right for another model
        numbers['detection.score'] = max(numbers['detection.score'], detection.low_score)
    followed: Config = _rebuild(config, '', {name: numbers[name] for name in config.left})
    return followed


def _check_relations(config: Config) -> Config:
    detection = config.detection
    if 0 < detection.width < _LEAST_WIDTH:
        raise ConfigError(f"parameter 'detection.width': {detection.width} is out of range; "
                          f'give 0 or {_LEAST_WIDTH} to 3840')
    if detection.low_score > detection.score:
        raise ConfigError(f"parameter 'detection.low_score': {detection.low_score:g} is above "
                          f'detection.score ({detection.score:g}); give at most that')
    return config
