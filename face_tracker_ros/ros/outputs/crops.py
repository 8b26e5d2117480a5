# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""~/crops: the best picture of each track, whenever there is a better one."""
from __future__ import annotations

from face_tracker_ros.embedding.best_crop import BestCrops
from face_tracker_ros.ros.messages.images import to_compressed_message
from face_tracker_ros.ros.messages.tracks import frame_of
from face_tracker_ros.ros.outputs.publishing import offer
from face_tracker_ros.types import FrameResult, Image as Picture
from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header

_QUALITY = 90


class CropOutput:
    """Crops as JPEG; header.frame_id is face_f<id>, the stamp the image's."""

    def __init__(self, node: LifecycleNode) -> None:
        """Offer the topic."""
        self._node = node
        self._publisher = offer(node, CompressedImage, '~/crops', 20)
        self._best = BestCrops()
        self._listeners = 0
        self._restart = False

    def activate(self) -> None:
        """Begin anew."""
        self.reset()

    def deactivate(self) -> None:
        """Nothing is subscribed to."""

    def reset(self) -> None:
        """Forget all tracks with the next frame."""
        self._restart = True

    def publish(self, header: Header, picture: Picture, result: FrameResult) -> None:
        """Publish the better crops; a new listener gets all tracks."""
        listeners = self._publisher.get_subscription_count()
        if listeners > self._listeners or self._restart:
            self._restart = False
            self._best.reset()
        self._listeners = listeners
        if not listeners:
            return
        for track, crop in self._best.update(picture, result):
            name = Header(stamp=header.stamp, frame_id=frame_of(self._node, track.id))
            self._publisher.publish(to_compressed_message(crop, name, _QUALITY))

    def destroy(self) -> None:
        """Withdraw the topic."""
        self._node.destroy_lifecycle_publisher(self._publisher)
