# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
OpenVINO without usage statistics; every other module imports `ov` from here.

`import openvino` and `import nncf` report to an analytics server and write ~/intel when the
package openvino_telemetry is installed, and pip installs it along with OpenVINO. Both work without
it when it cannot be imported, which holds in this process from here on. No file, environment
variable or setting is changed: other programs do what their user has chosen.
"""
from __future__ import annotations

import sys

from face_tracker_ros.errors import MissingPackage

sys.modules['openvino_telemetry'] = None  # type: ignore[assignment]

try:
    import openvino as ov
except ModuleNotFoundError as error:
    if error.name != 'openvino':
        raise
    raise MissingPackage(
        "the Python package 'openvino' is missing; run 'pip install openvino' in the "
        'virtual environment that you start this from (python3 -m venv --system-site-packages '
        'venv; source venv/bin/activate)') from error

__all__ = ['ov']
