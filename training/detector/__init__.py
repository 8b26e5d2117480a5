# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The face detector: labels by two teachers, tiles, training, export and evaluation."""
