# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The topics the node publishes for each frame."""
from __future__ import annotations

from face_tracker_ros.annotate import draw
from face_tracker_ros.ros.messages.images import to_compressed_message, to_message
from face_tracker_ros.ros.messages.tracks import to_detections
from face_tracker_ros.ros.outputs.publishing import offer, wanted
from face_tracker_ros.ros.outputs.track_states import label_info, to_cloud
from face_tracker_ros.types import FrameResult, Image as Picture
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSDurabilityPolicy
from sensor_msgs.msg import CompressedImage, Image, PointCloud2
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray, LabelInfo


class Outputs:
    """Publishers of tracks and annotated images; silent while the node is not active."""

    def __init__(self, node: LifecycleNode) -> None:
        """Offer ~/tracks, ~/track_states, ~/label_info and ~/annotated_image in two forms."""
        self._node = node
        self._tracks = offer(node, Detection2DArray, '~/tracks', 10)
        self._states = offer(node, PointCloud2, '~/track_states', 10)
        self._label = offer(node, LabelInfo, '~/label_info', 1,
                            durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
        self._raw = offer(node, Image, '~/annotated_image', 1)
        self._compressed = offer(node, CompressedImage, '~/annotated_image/compressed', 1)

    def publish_tracks(self, header: Header, result: FrameResult) -> None:
        """Publish the tracks of a frame, also when there are none."""
        self._tracks.publish(to_detections(result.tracks, header))
        if wanted(self._states):
            self._states.publish(to_cloud(result.tracks + result.lost, header))

    def publish_label(self, threshold: float) -> None:
        """Tell the class of all tracks, also to those who come later."""
        header = Header(stamp=self._node.get_clock().now().to_msg())
        self._label.publish(label_info(header, threshold))

    def publish_picture(self, header: Header, picture: Picture, result: FrameResult) -> bool:
        """Draw and publish the picture in the forms that are subscribed to; False if none is."""
        raw, compressed = map(wanted, (self._raw, self._compressed))
        if not raw and not compressed:
            return False
        drawn = draw(picture.copy(), result)
        if raw:
            self._raw.publish(to_message(drawn, header))
        if compressed:
            self._compressed.publish(to_compressed_message(drawn, header))
        return True

    def destroy(self) -> None:
        """Withdraw the topics."""
        for publisher in (self._tracks, self._states, self._label, self._raw, self._compressed):
            self._node.destroy_lifecycle_publisher(publisher)
