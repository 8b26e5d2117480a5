# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The face encoder: images, teacher, two stages of training, export and evaluation."""
