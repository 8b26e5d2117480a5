# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""ROS 2 bags, MCAP and SQLite, read without ROS: as much of them as can be."""
