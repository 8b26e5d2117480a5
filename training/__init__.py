# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""How the shipped weights were made, step by step, for images of one's own; see README.md."""
