# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
What the node publishes: one module a topic, one protocol (output.Output) for all of them.

A new topic is a module with a subclass of Output, and a line in registry.OUTPUTS.
"""
