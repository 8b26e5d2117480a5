# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The ROS layer: messages, parameters, life cycle, clocks, QoS and threads; nothing of faces."""
