# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""RViz's file against what the live node offers."""
from __future__ import annotations

from pathlib import Path

import numpy as np
from rclpy.qos import QoSReliabilityPolicy
from ros_client import Client, NodeProcess
import yaml

RVIZ = Path(__file__).parents[2] / 'rviz' / 'tracker.rviz'
# What RViz's displays show.
TYPES = {'rviz_default_plugins/Image': 'sensor_msgs/msg/Image',
         'rviz_default_plugins/MarkerArray': 'visualization_msgs/msg/MarkerArray'}
WITHOUT_TOPIC = {'rviz_default_plugins/TF', 'rviz_default_plugins/Axes'}


def test_every_display_shows_a_topic_that_the_node_publishes(
        client: Client, tracker: NodeProcess, two_people: np.ndarray) -> None:
    displays = yaml.safe_load(RVIZ.read_text())['Visualization Manager']['Displays']
    classes = {display['Class'] for display in displays}
    assert set(TYPES) | {'rviz_default_plugins/TF'} <= classes <= set(TYPES) | WITHOUT_TOPIC
    client.tracks_of(two_people, 2)
    for display in displays:
        if display['Class'] in WITHOUT_TOPIC:
            continue
        topic = display['Topic']
        (offered,) = client.node.get_publishers_info_by_topic(topic['Value'])
        assert offered.topic_type == TYPES[display['Class']]
        # a reliable listener hears only reliable publishers, a transient one only such
        assert topic['Durability Policy'] == 'Volatile'
        assert topic['Reliability Policy'] == 'Best Effort' or \
            offered.qos_profile.reliability == QoSReliabilityPolicy.RELIABLE
        assert topic['Depth'] >= 1


def test_view_is_from_behind_and_above_the_camera() -> None:
    """In RViz orbits have z up; the optical frame has z forward and y down."""
    manager = yaml.safe_load(RVIZ.read_text())['Visualization Manager']
    view = manager['Views']['Current']
    assert view['Class'] == 'rviz_default_plugins/Orbit'
    focus = np.array([view['Focal Point'][axis] for axis in 'XYZ'])
    pitch, yaw = view['Pitch'], view['Yaw']
    away = np.array([np.cos(yaw) * np.cos(pitch), np.sin(yaw) * np.cos(pitch), np.sin(pitch)])
    eye = focus + view['Distance'] * away
    assert eye[2] < 0 and eye[1] < -0.5 and abs(eye[0]) < 0.1
    up = np.array([0, 0, 1]) - away[2] * away
    assert up[1] < -0.3 and abs(up[0]) < 0.1, 'heads are up'
