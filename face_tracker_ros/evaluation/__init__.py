# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Measuring: MOTChallenge text, metrics, generated scenes and ground truth of others."""
