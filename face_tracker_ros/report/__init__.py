# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A page about a recording: who was there when, in one HTML file."""
