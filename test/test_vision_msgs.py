# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The interfaces that nodes are built against are those of vision_msgs 4."""
from __future__ import annotations

import pytest
from rclpy.serialization import deserialize_message, serialize_message
import vision_msgs.msg

HEADER = {'header': 'std_msgs/Header'}
FIELDS = {
    'BoundingBox2D': {'center': 'vision_msgs/Pose2D', 'size_x': 'double', 'size_y': 'double'},
    'BoundingBox2DArray': {**HEADER, 'boxes': 'sequence<vision_msgs/BoundingBox2D>'},
    'BoundingBox3D': {'center': 'geometry_msgs/Pose', 'size': 'geometry_msgs/Vector3'},
    'BoundingBox3DArray': {**HEADER, 'boxes': 'sequence<vision_msgs/BoundingBox3D>'},
    'Classification': {**HEADER, 'results': 'sequence<vision_msgs/ObjectHypothesis>'},
    'Detection2D': {**HEADER, 'results': 'sequence<vision_msgs/ObjectHypothesisWithPose>',
                    'bbox': 'vision_msgs/BoundingBox2D', 'id': 'string'},
    'Detection2DArray': {**HEADER, 'detections': 'sequence<vision_msgs/Detection2D>'},
    'Detection3D': {**HEADER, 'results': 'sequence<vision_msgs/ObjectHypothesisWithPose>',
                    'bbox': 'vision_msgs/BoundingBox3D', 'id': 'string'},
    'Detection3DArray': {**HEADER, 'detections': 'sequence<vision_msgs/Detection3D>'},
    'LabelInfo': {**HEADER, 'class_map': 'sequence<vision_msgs/VisionClass>',
                  'threshold': 'float'},
    'ObjectHypothesis': {'class_id': 'string', 'score': 'double'},
    'ObjectHypothesisWithPose': {'hypothesis': 'vision_msgs/ObjectHypothesis',
                                 'pose': 'geometry_msgs/PoseWithCovariance'},
    'Point2D': {'x': 'double', 'y': 'double'},
    'Pose2D': {'position': 'vision_msgs/Point2D', 'theta': 'double'},
    'VisionClass': {'class_id': 'uint16', 'class_name': 'string'},
    'VisionInfo': {**HEADER, 'method': 'string', 'database_location': 'string',
                   'database_version': 'int32'},
}


@pytest.mark.parametrize('name', FIELDS)
def test_fields_are_those_of_vision_msgs_4(name: str) -> None:
    fields = getattr(vision_msgs.msg, name).get_fields_and_field_types()
    assert list(fields.items()) == list(FIELDS[name].items())  # their order is the wire's


def test_no_message_is_missing_or_added() -> None:
    names = {name for name in dir(vision_msgs.msg) if name[0].isupper()}
    assert names == set(FIELDS)


def test_a_tracked_face_survives_the_wire() -> None:
    face = vision_msgs.msg.Detection2D(id='7')
    face.bbox.center.position.x, face.bbox.size_y = 320.5, 80.0
    guess = vision_msgs.msg.ObjectHypothesisWithPose()
    guess.hypothesis.class_id, guess.hypothesis.score = 'face', 0.75
    face.results.append(guess)
    sent = vision_msgs.msg.Detection2DArray(detections=[face])
    sent.header.frame_id = 'camera'
    received = deserialize_message(serialize_message(sent), vision_msgs.msg.Detection2DArray)
    assert received == sent
    assert received.detections[0].results[0].hypothesis.score == 0.75
