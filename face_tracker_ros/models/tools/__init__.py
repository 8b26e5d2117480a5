# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tools that make and measure models: convert, quantize, speed."""
