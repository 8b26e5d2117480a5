# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the outputs in space share: calibration, depth images, and located tracks."""
from __future__ import annotations

import math
from typing import Any, NamedTuple

from face_tracker_ros.errors import ConfigError, FrameError
from face_tracker_ros.ros.diagnostics.image_topic import depth_topics, next_to_image
from face_tracker_ros.ros.messages.camera import to_calibration, to_depth
from face_tracker_ros.ros.messages.tracks import stamp_seconds
from face_tracker_ros.ros.node.following import FollowingSubscription
from face_tracker_ros.ros.node.settings import Settings
from face_tracker_ros.ros.outputs.target_frame import TargetFrame
from face_tracker_ros.spatial import CameraModel, face_depths, FacePrior, locate, Located
from face_tracker_ros.spatial.head_pose import nominal_camera
from face_tracker_ros.spatial.heads import Heads, HeadsOfFrame
from face_tracker_ros.types import (Float64Array, FloatArray, FrameResult, Image as ImageArray,
                                    Tracks)
import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

_DEPTHS_KEPT = 1.0  # seconds
_LOGGED_AT_MOST = 50
_FRAMES_WITHOUT_CALIBRATION = 30  # or depth: after so many, the missing topic is logged
_SAME_AXES = np.array([0.0, 0.0, 0.0, 1.0])


class LocatedTracks(NamedTuple):
    """The tracks of a frame that could be located, and where: one row of `found` for each."""

    tracks: Tracks
    found: Located


class PlacedTracks(NamedTuple):
    """Located tracks in the frame of a header; `axes`: quaternion of the camera's axes in it."""

    tracks: Tracks
    found: Located
    header: Header
    axes: Float64Array
    heads: HeadsOfFrame | None


class Spatial:
    """
    Subscribes to camera_info and depth_image; locates tracks in space.

    The callbacks only keep the newest messages. Tracks are located once a frame, when the first
    output asks for them.
    """

    def __init__(self, node: Node, settings: Settings) -> None:
        """Stay unsubscribed until activated."""
        self._node, self._settings = node, settings
        self._subscriptions: list[FollowingSubscription] = []
        self._info: CameraInfo | None = None
        self._depths: tuple[Image, ...] = ()
        self._camera: CameraModel | None = None
        self._camera_key: Any = None
        self._waited = self._without_depth = 0
        self._logged: set[str] = set()
        self._heads = Heads()
        self._heads_found: HeadsOfFrame | None = None
        self._frame_of_heads: tuple[ImageArray, FrameResult] | None = None
        self._frame: tuple[ImageArray, FrameResult] | None = None
        self._header = Header()
        self._located: LocatedTracks | None = None
        self._placed: PlacedTracks | None = None
        name = settings['spatial.target_frame']
        self._target = TargetFrame(node, name) if name else None

    def activate(self) -> None:
        """Subscribe, and forget what came before."""
        self.deactivate()
        self._info, self._depths, self._waited, self._without_depth = None, (), 0, 0
        self._subscriptions = [self._subscribe(
            CameraInfo, next_to_image(self._node, 'camera_info'), self._on_info)]
        if self._settings['spatial.depth']:
            self._subscriptions.append(self._subscribe(
                Image, next_to_image(self._node, 'depth_image'), self._on_depth))
        if self._target is not None:
            self._target.activate()

    def deactivate(self) -> None:
        """Unsubscribe."""
        for subscription in self._subscriptions:
            subscription.destroy()
        self._subscriptions = []
        if self._target is not None:
            self._target.deactivate()

    def begin(self, header: Header, image: ImageArray, result: FrameResult) -> None:
        """Take the frame that `located` and `placed` are about from now on."""
        self._frame, self._located = (image, result), None
        self._frame_of_heads, self._heads_found = (image, result), None
        if result.restarted:
            self._heads.reset()
        self._header, self._placed = header, None

    def located(self) -> LocatedTracks | None:
        """Return the tracks of the frame in space; None without a calibration of the camera."""
        if self._frame is not None:
            (image, result), self._frame = self._frame, None
            self._located = self._locate(image, result)
        return self._located

    def heads(self) -> HeadsOfFrame | None:
        """
        Return the head poses of the frame; None before the first one.

        Without a calibration a usual camera is assumed, which does for angles to the camera.
        """
        if self._frame_of_heads is not None:
            (image, result), self._frame_of_heads = self._frame_of_heads, None
            height, width = image.shape[:2]
            camera = self._calibrated(width, height) if self._info is not None else None
            self._heads_found = self._heads.update(
                result, camera or nominal_camera(width, height),
                math.radians(self._settings['spatial.facing_angle']))
        return self._heads_found

    def placed(self) -> PlacedTracks | None:
        """Return what `located` does, in the target frame where its transform is known."""
        located = self.located()
        if located is not None and self._placed is None:
            header, found, axes, heads = self._header, located.found, _SAME_AXES, self.heads()
            if self._target is not None:
                header, found, axes = self._target.transform(header, found)
                heads = None if heads is None else heads.seen_from(axes)
            self._placed = PlacedTracks(located.tracks, found, header, axes, heads)
        return self._placed

    def _locate(self, image: ImageArray, result: FrameResult) -> LocatedTracks | None:
        height, width = image.shape[:2]
        camera = self._calibrated(width, height)
        if camera is None:
            return None
        boxes = result.tracks.boxes
        prior = FacePrior(self._settings['spatial.face_size'],
                          self._settings['spatial.face_spread'])
        found = locate(boxes, camera, prior, self._face_depths(boxes, result.stamp, width, height),
                       sideways=result.image_rotation % 180 == 90)
        return LocatedTracks(result.tracks[found.rows], found)

    def _subscribe(self, kind: type, topic: str, callback: Any) -> FollowingSubscription:
        return FollowingSubscription(
            self._node, topic, lambda profile, overriding: self._node.create_subscription(
                kind, topic, callback, profile, qos_overriding_options=overriding))

    def _on_info(self, message: CameraInfo) -> None:
        self._info = message

    def _on_depth(self, message: Image) -> None:
        newest = stamp_seconds(message.header)
        self._depths = (*(kept for kept in self._depths if 0 <= newest - stamp_seconds(
            kept.header) <= _DEPTHS_KEPT), message)

    def _calibrated(self, width: int, height: int) -> CameraModel | None:
        """Return the camera of images of this size; None, logged once, if it is unknown."""
        if self._info is None:
            self._waited += 1
            if self._waited == _FRAMES_WITHOUT_CALIBRATION:
                self._log_once(f"no calibration on '{next_to_image(self._node, 'camera_info')}': "
                               'tracks have no position in space; remap camera_info to the topic '
                               'of the camera')
            return None
        calibration = to_calibration(self._info, self._settings['spatial.rectified'])
        key = (calibration, width, height)
        if key != self._camera_key:
            self._camera_key, self._camera = key, None
            try:
                self._camera = CameraModel(calibration, width, height)
            except ConfigError as error:
                self._log_once(f'{error}; tracks have no position in space until then')
        return self._camera

    def _face_depths(self, boxes: FloatArray, stamp: float, width: int,
                     height: int) -> Float64Array | None:
        """Return the depths of the faces from the depth image nearest in time, if any is near."""
        near = min(self._depths, default=None,
                   key=lambda message: abs(stamp_seconds(message.header) - stamp))
        if near is None and self._settings['spatial.depth']:
            self._miss_depth()
        if near is None or not len(boxes):
            return None
        if abs(stamp_seconds(near.header) - stamp) > self._settings['spatial.depth_tolerance']:
            return None
        try:
            depth, scale = to_depth(near)
        except FrameError as error:
            self._log_once(f'{error}; ranges are computed from the size of faces')
            return None
        return face_depths(boxes, depth, (width, height), scale)

    def _miss_depth(self) -> None:
        """Report, once, that there are no depth images, and where some are published."""
        self._without_depth += 1
        if self._without_depth == _FRAMES_WITHOUT_CALIBRATION:
            topic, others = next_to_image(self._node, 'depth_image'), depth_topics(self._node)
            remedy = f"; published are {', '.join(others)}" if others else ''
            self._log_once(f"no depth image on '{topic}': ranges are computed from the size of "
                           'faces; remap depth_image to depth registered to the images'
                           f'{remedy}')

    def _log_once(self, text: str) -> None:
        if text not in self._logged and len(self._logged) < _LOGGED_AT_MOST:
            self._logged.add(text)
            self._node.get_logger().warning(text)
