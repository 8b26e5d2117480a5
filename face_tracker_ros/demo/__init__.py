# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The demo: a generated clip, the nodes that track it, and what they recorded."""
