# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Models: descriptions, where the files are, and the networks that OpenVINO makes of them."""
