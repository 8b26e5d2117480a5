# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What `import face_tracker_ros` gives, and what it costs."""
import subprocess
import sys

import face_tracker_ros
import pytest


def run(code):
    return subprocess.run([sys.executable, '-c', code], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.split()


def test_every_public_name_is_there():
    names = face_tracker_ros.__all__
    assert sorted(names, key=str.lower) == names and set(names) <= set(dir(face_tracker_ros))
    assert {'FaceTracker', 'Config', 'Tracker', 'draw', 'open_source', 'VideoSink'} <= set(names)
    assert all(getattr(face_tracker_ros, name).__name__ == name for name in names)
    with pytest.raises(AttributeError, match="no attribute 'Nobody'"):
        face_tracker_ros.Nobody


def test_importing_the_package_loads_nothing_that_takes_time():
    loaded = run('import sys, face_tracker_ros; print(*sys.modules)')
    assert not {'cv2', 'numpy', 'openvino', 'scipy', 'yaml'} & set(loaded)


def test_tracking_and_drawing_without_models_loads_no_openvino():
    loaded = run('import sys; from face_tracker_ros import Detections, Tracker, VideoSink, draw; '
                 'print(*sys.modules)')
    assert 'openvino' not in loaded


def test_the_core_works_without_ros():
    """Nothing that the public names bring in may be of ROS."""
    loaded = run('import sys; from face_tracker_ros import *; print(*sys.modules)')
    assert 'openvino' in loaded
    assert [name for name in loaded if name.startswith('face_tracker_ros.ros') or name.split('.')[
        0] in ('rclpy', 'sensor_msgs', 'ament_index_python', 'launch')] == []
