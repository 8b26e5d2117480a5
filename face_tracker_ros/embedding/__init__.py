# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Turning faces into identity vectors, and deciding which faces are worth it."""
