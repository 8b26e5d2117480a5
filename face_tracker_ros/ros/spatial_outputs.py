# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracks in space: ~/tracks_3d, ~/markers and transforms, while somebody listens."""
from __future__ import annotations

import threading
from typing import Any

from face_tracker_ros.errors import ConfigError, FrameError
from face_tracker_ros.ros.camera_messages import to_calibration, to_depth
from face_tracker_ros.ros.following import FollowingSubscription
from face_tracker_ros.ros.image_topic import camera_info_topic
from face_tracker_ros.ros.markers import Markers
from face_tracker_ros.ros.messages import CLASS_ID, frame_of, stamp_seconds
from face_tracker_ros.ros.optional import optional_messages
from face_tracker_ros.ros.parameters import Settings
from face_tracker_ros.ros.publishing import offer, wanted
from face_tracker_ros.spatial import CameraModel, face_depths, FacePrior, locate, Located
from face_tracker_ros.types import Float64Array, FloatArray, FrameResult, Image as Picture, Track
from geometry_msgs.msg import TransformStamped
import numpy as np
from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection3D, Detection3DArray, ObjectHypothesisWithPose
from visualization_msgs.msg import MarkerArray

_DEPTHS_KEPT = 1.0  # seconds
_SAID_AT_MOST = 50
_FRAMES_WITHOUT_CALIBRATION = 30  # after so many, their lack is told


class SpatialOutputs:
    """
    Listens to camera_info and depth_image; places the tracks in the optical frame.

    The callbacks only keep the newest messages; all work is done in publish.
    """

    def __init__(self, node: LifecycleNode, settings: Settings) -> None:
        """Offer the topics; ConfigError when transforms are wanted and tf2_msgs is missing."""
        self._node, self._settings = node, settings
        self._tf: Any = None
        if settings['spatial.tf']:
            self._tf_messages = optional_messages('tf2_msgs', 'spatial.tf')
            self._tf = offer(node, self._tf_messages.TFMessage, '/tf', 100)
        self._tracks = offer(node, Detection3DArray, '~/tracks_3d', 10)
        self._marker_publisher = offer(node, MarkerArray, '~/markers', 10)
        self._markers = Markers()
        self._markers_lock = threading.Lock()
        self._subscriptions: list[FollowingSubscription] = []
        self._info: CameraInfo | None = None
        self._depths: tuple[Image, ...] = ()
        self._camera: CameraModel | None = None
        self._camera_key: Any = None
        self._waited = 0
        self._said: set[str] = set()

    def activate(self) -> None:
        """Subscribe, and remove the markers of an earlier run."""
        self.deactivate()
        self._info, self._depths, self._waited = None, (), 0
        self._subscriptions = [self._subscribe(CameraInfo, camera_info_topic(self._node),
                                               self._on_info)]
        if self._settings['spatial.depth']:
            self._subscriptions.append(self._subscribe(Image, 'depth_image', self._on_depth))
        self.reset()

    def deactivate(self) -> None:
        """Unsubscribe."""
        for subscription in self._subscriptions:
            subscription.destroy()
        self._subscriptions = []

    def reset(self) -> None:
        """Remove all markers."""
        header = Header(stamp=self._node.get_clock().now().to_msg())
        with self._markers_lock:
            self._marker_publisher.publish(self._markers.clear(header))

    def destroy(self) -> None:
        """Withdraw the topics."""
        self.deactivate()
        for publisher in (self._tracks, self._marker_publisher, self._tf):
            if publisher is not None:
                self._node.destroy_lifecycle_publisher(publisher)

    def publish(self, header: Header, picture: Picture, result: FrameResult) -> None:
        """Place the tracks, if somebody wants to know and the camera is calibrated."""
        if self._tf is None and not wanted(self._tracks, self._marker_publisher):
            return
        height, width = picture.shape[:2]
        camera = self._calibrated(width, height)
        if camera is None:
            return
        boxes = np.array([track.box for track in result.tracks], np.float32).reshape(-1, 4)
        prior = FacePrior(self._settings['spatial.face_size'],
                          self._settings['spatial.face_spread'])
        found = locate(boxes, camera, prior, self._face_depths(boxes, result.stamp, width, height))
        tracks = [result.tracks[row] for row in found.rows]
        if wanted(self._tracks):
            self._tracks.publish(to_detections_3d(tracks, found, header))
        if self._tf is not None and tracks:
            self._tf.publish(self._transforms(tracks, found.points, header))
        with self._markers_lock:
            markers = self._markers.update(
                header, [track.id for track in tracks], found.points, found.sizes,
                {track.id for track in (*result.tracks, *result.lost)})
            if markers.markers and wanted(self._marker_publisher):
                self._marker_publisher.publish(markers)

    # Input

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
        """Return the camera of pictures of this size; None, and why is said once, if unknown."""
        if self._info is None:
            self._waited += 1
            if self._waited == _FRAMES_WITHOUT_CALIBRATION:
                self._say_once(f"no calibration on '{camera_info_topic(self._node)}': tracks "
                               'have no position in space; '
                               'remap camera_info to the topic of the camera')
            return None
        calibration = to_calibration(self._info, self._settings['spatial.rectified'])
        key = (calibration, width, height)
        if key != self._camera_key:
            self._camera_key, self._camera = key, None
            try:
                self._camera = CameraModel(calibration, width, height)
            except ConfigError as error:
                self._say_once(f'{error}; tracks have no place in space until then')
        return self._camera

    def _face_depths(self, boxes: FloatArray, stamp: float, width: int,
                     height: int) -> Float64Array | None:
        """Return the depths of the faces from the depth image nearest in time, if any is near."""
        near = min(self._depths, default=None,
                   key=lambda message: abs(stamp_seconds(message.header) - stamp))
        if near is None or not len(boxes):
            return None
        if abs(stamp_seconds(near.header) - stamp) > self._settings['spatial.depth_tolerance']:
            return None
        try:
            depth, scale = to_depth(near)
        except FrameError as error:
            self._say_once(f'{error}; ranges are taken from the size of faces')
            return None
        return face_depths(boxes, depth, (width, height), scale)

    def _say_once(self, text: str) -> None:
        if text not in self._said and len(self._said) < _SAID_AT_MOST:
            self._said.add(text)
            self._node.get_logger().warning(text)

    # Output

    def _transforms(self, tracks: list[Track], points: Float64Array, header: Header) -> Any:
        message = self._tf_messages.TFMessage()
        for track, (x, y, z) in zip(tracks, points.tolist()):
            transform = TransformStamped(header=header,
                                         child_frame_id=frame_of(self._node, track.id))
            place = transform.transform.translation
            place.x, place.y, place.z = x, y, z
            transform.transform.rotation.w = 1.0
            message.transforms.append(transform)
        return message


def to_detections_3d(tracks: list[Track], found: Located, header: Header) -> Detection3DArray:
    """Return a Detection3D for each located track, in the order given."""
    message = Detection3DArray(header=header)
    for row, track in enumerate(tracks):
        x, y, z = found.points[row].tolist()
        result = ObjectHypothesisWithPose()
        result.hypothesis.class_id = CLASS_ID
        result.hypothesis.score = float(track.score)
        pose = result.pose.pose
        pose.position.x, pose.position.y, pose.position.z = x, y, z
        # rows and columns of the covariance: x, y, z, then turns, which are not known
        covariance = np.diag([0, 0, 0, np.pi ** 2, np.pi ** 2, np.pi ** 2]).astype(np.float64)
        covariance[:3, :3] = found.covariances[row]
        result.pose.covariance = covariance.ravel()
        detection = Detection3D(header=header, id=str(track.id), results=[result])
        detection.bbox.center = pose
        size = detection.bbox.size
        size.x, size.y, size.z = found.sizes[row].tolist()
        message.detections.append(detection)
    return message
