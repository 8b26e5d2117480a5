# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tracks for other worlds: REP-155 (ROS4HRI) and Foxglove; off unless asked for."""
from __future__ import annotations

import threading
from typing import Any

from face_tracker_ros.annotate import id_color
from face_tracker_ros.boxes import clip
from face_tracker_ros.ros.messages.tracks import face_name
from face_tracker_ros.ros.outputs.optional import optional_messages
from face_tracker_ros.ros.outputs.publishing import offer, wanted
from face_tracker_ros.types import FloatArray, FrameResult, Image as Picture
import numpy as np
from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header

_FACES = '/humans/faces'


class HriOutput:
    """
    /humans/faces/tracked, and /humans/faces/<face>/roi for each face while it is tracked.

    Once told to rest it stays silent, also about a frame that the worker has in hand.
    """

    def __init__(self, node: LifecycleNode) -> None:
        """Offer the list; ConfigError without hri_msgs."""
        self._node = node
        self._messages = optional_messages('hri_msgs', 'interop.hri')
        self._region = getattr(self._messages, 'NormalizedRegionOfInterest2D', RegionOfInterest)
        self._list = offer(node, self._messages.IdsList, f'{_FACES}/tracked', 1)
        self._regions: dict[int, Any] = {}
        self._restart = False
        self._resting = True
        self._lock = threading.Lock()  # the worker's frames against the executor's services

    def activate(self) -> None:
        """Begin anew."""
        self.reset()
        self._resting = False

    def deactivate(self) -> None:
        """Tell that nobody is tracked."""
        with self._lock:
            self._resting = True
            if self._node.context.ok():
                header = Header(stamp=self._node.get_clock().now().to_msg())
                self._list.publish(self._messages.IdsList(header=header))

    def reset(self) -> None:
        """Withdraw the topics of all faces with the next frame."""
        self._restart = True

    def publish(self, header: Header, picture: Picture, result: FrameResult) -> None:
        """Publish the list of the faces seen, and the region of each."""
        with self._lock:
            if not self._resting:
                self._publish(header, picture, result)

    def _publish(self, header: Header, picture: Picture, result: FrameResult) -> None:
        alive = set() if self._restart else {
            track.id for track in (*result.tracks, *result.lost)}
        self._restart = False
        for track in [track for track in self._regions if track not in alive]:
            self._node.destroy_lifecycle_publisher(self._regions.pop(track))
        height, width = picture.shape[:2]
        for track in result.tracks:
            if track.id not in self._regions:
                topic = f'{_FACES}/{face_name(track.id)}/roi'
                publisher = offer(self._node, self._region, topic, 1, overridable=False)
                publisher.on_activate(None)  # those made while the node is active begin inactive
                self._regions[track.id] = publisher
            box = clip(track.box[None], width, height)[0]
            self._regions[track.id].publish(self._roi(header, box, width, height))
        self._list.publish(self._messages.IdsList(
            header=header, ids=[face_name(track.id) for track in result.tracks]))

    def _roi(self, header: Header, box: FloatArray, width: int, height: int) -> Any:
        """Return the box (4,) as the roi message of ROS 2 has it, or as that of ROS 1."""
        if self._region is not RegionOfInterest:
            left, top, right, bottom = (box / (width, height, width, height)).tolist()
            return self._region(header=header, xmin=left, ymin=top, xmax=right, ymax=bottom)
        left, top, right, bottom = np.rint(box).astype(int).tolist()
        return RegionOfInterest(x_offset=left, y_offset=top, width=right - left,
                                height=bottom - top)

    def destroy(self) -> None:
        """Withdraw the topics."""
        for publisher in (self._list, *self._regions.values()):
            self._node.destroy_lifecycle_publisher(publisher)
        self._regions.clear()


class FoxgloveOutput:
    """~/image_annotations: boxes and ids that Foxglove draws over the image itself."""

    def __init__(self, node: LifecycleNode) -> None:
        """Offer the topic; ConfigError without foxglove_msgs."""
        self._node = node
        self._messages = optional_messages('foxglove_msgs', 'interop.foxglove')
        self._publisher = offer(node, self._messages.ImageAnnotations, '~/image_annotations', 5)

    def activate(self) -> None:
        """Nothing is kept."""

    def deactivate(self) -> None:
        """Nothing is subscribed to."""

    def reset(self) -> None:
        """Nothing is kept."""

    def publish(self, header: Header, picture: Picture, result: FrameResult) -> None:
        """Publish the tracks of the frame while somebody listens."""
        if wanted(self._publisher):
            self._publisher.publish(self._annotations(header, picture, result))

    def destroy(self) -> None:
        """Withdraw the topic."""
        self._node.destroy_lifecycle_publisher(self._publisher)

    def _annotations(self, header: Header, picture: Picture, result: FrameResult) -> Any:
        messages = self._messages
        scale = max(picture.shape[0] / 720, 0.4)
        annotations = messages.ImageAnnotations()
        for track in result.tracks:
            left, top, right, bottom = map(float, track.box)
            blue, green, red = (part / 255 for part in id_color(track.id))
            color = messages.Color(r=red, g=green, b=blue, a=1.0)
            annotations.points.append(messages.PointsAnnotation(
                timestamp=header.stamp, type=messages.PointsAnnotation.LINE_LOOP,
                points=[messages.Point2(x=x, y=y) for x, y in (
                    (left, top), (right, top), (right, bottom), (left, bottom))],
                outline_color=color, thickness=3 * scale))
            annotations.texts.append(messages.TextAnnotation(
                timestamp=header.stamp, position=messages.Point2(x=left, y=top),
                text=f'#{track.id}', font_size=24 * scale, text_color=color))
        return annotations
