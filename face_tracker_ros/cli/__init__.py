# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The commands, one module each, every one with a function `main(argv) -> exit code`."""
