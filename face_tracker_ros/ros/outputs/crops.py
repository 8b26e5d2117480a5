# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""~/crops: the best crop of each track, whenever there is a better one."""
from __future__ import annotations

from typing import Any

from face_tracker_ros.embedding.best_crop import BestCrops
from face_tracker_ros.ros.messages.images import to_compressed_message
from face_tracker_ros.ros.messages.tracks import frame_of
from face_tracker_ros.ros.outputs.output import Output
from face_tracker_ros.types import FrameResult, Image as ImageArray
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header

_QUALITY = 90


class CropsOutput(Output):
    """
    Crops as JPEG; header.frame_id is face_f<id>, the stamp the image's.

    With `crops.aligned` upright by their landmarks, and all of one size.
    """

    name = 'crops'

    def create(self) -> None:
        """Offer the topic."""
        self._publisher = self._offer(CompressedImage, '~/crops', 20, matched=self._on_matched)
        self._best = BestCrops(self._settings['crops.aligned'])
        self._subscribers = self._counted = self._matched = self._served = 0
        self._restart = False

    def activate(self) -> None:
        """Begin anew."""
        self.reset()

    def reset(self) -> None:
        """Forget all tracks with the next frame."""
        self._restart = True

    def _on_matched(self, change: Any) -> None:
        self._matched = change.total_count

    def publish(self, header: Header, image: ImageArray, result: FrameResult) -> bool:
        """Publish the better crops; a new subscriber gets all tracks."""
        subscribers = self._publisher.get_subscription_count()
        self._counted += max(0, subscribers - self._subscribers)
        self._subscribers = subscribers
        # Counts alone do not show one who took another's place between two frames; events, where
        # the middleware has them, may come later than counts.
        met = max(self._counted, self._matched)
        if met > self._served or self._restart:
            self._served, self._restart = met, False
            self._best.reset()
        if not subscribers:
            return False
        for track, crop in self._best.update(image, result):
            name = Header(stamp=header.stamp, frame_id=frame_of(
                self._node.get_namespace(), track.id))
            self._publisher.publish(to_compressed_message(crop, name, _QUALITY))
        return True
