# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
People who are known by name across restarts: opt-in (`identities.store`), stored on this machine.

Only identity vectors, names and times are stored, never an image.
"""
