# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The node web_view and its executable: a running face tracker in a browser."""
