# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The rules of the layout hold, and scripts/check_layout.py notices when one does not."""
from __future__ import annotations

from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOUND = {
    '__init__.py': 'from typing import TYPE_CHECKING\n'
                   'if TYPE_CHECKING:\n    from face_tracker_ros.a import late\n',
    'a.py': 'from face_tracker_ros import b\n\n\ndef late():\n    import numpy\n',
    'b.py': 'def late():\n    from face_tracker_ros import a\n',
    'models/__init__.py': '',
    'models/openvino_runtime.py': 'import openvino as ov\n',
    'models/network.py': 'from face_tracker_ros.models.openvino_runtime import ov\n',
    'models/tools/__init__.py': '',
    'models/tools/convert.py': 'from face_tracker_ros.models.openvino_runtime import ov\n',
    'ros/node.py': 'import rclpy\nfrom std_msgs.msg import Header\n',
    'demo/run.py': 'from sensor_msgs.msg import Image\n'}


def check(root: Path, files: dict[str, str]) -> tuple[int, list[str]]:
    """Return exit code and lines about a tree of these files next to the sound ones."""
    for name, text in {**SOUND, **files}.items():
        path = root / 'face_tracker_ros' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    done = subprocess.run([sys.executable, ROOT / 'scripts/check_layout.py', root],
                          capture_output=True, text=True, check=False)
    assert done.stdout == ''
    return done.returncode, done.stderr.splitlines()


def test_this_package_keeps_the_rules():
    done = subprocess.run([ROOT / 'scripts/check_layout.py'], capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stderr) == (0, '')


def test_sound_tree_is_accepted(tmp_path):
    """Imports in functions and for type checkers make no circle; ROS and OpenVINO are at home."""
    assert check(tmp_path, {}) == (0, [])


@pytest.mark.parametrize('files, expected', [
    ({'b.py': 'try:\n    from face_tracker_ros.a import late\nexcept ImportError:\n    pass\n'},
     ['face_tracker_ros/a.py: imports itself in a circle: '
      'face_tracker_ros.a -> face_tracker_ros.b -> face_tracker_ros.a']),
    ({'models/__init__.py': 'import face_tracker_ros.a\n',
      'b.py': 'from face_tracker_ros.models.spec import x\n', 'models/spec.py': 'x = 1\n'},
     ['face_tracker_ros/a.py: imports itself in a circle: face_tracker_ros.a -> '
      'face_tracker_ros.b -> face_tracker_ros.models -> face_tracker_ros.a']),
    ({'b.py': 'def late():\n    from vision_msgs.msg import Detection2D\n'},
     ['face_tracker_ros/b.py: imports vision_msgs.msg.Detection2D; only ros/ and the nodes of '
      'demo/ may import ROS packages']),
    ({'demo/clip.py': 'import rclpy.node\n'},
     ['face_tracker_ros/demo/clip.py: imports rclpy.node; only ros/ and the nodes of demo/ may '
      'import ROS packages']),
    ({'b.py': 'def late():\n    from face_tracker_ros.ros import node\n'},
     ['face_tracker_ros/b.py: imports face_tracker_ros.ros.node; only ros/ and the nodes of demo/ '
      'may import ROS packages']),
    ({'b.py': 'from . import a\n'},
     ['face_tracker_ros/b.py: imports ..a; give the full name of the module']),
    ({'models/network.py': 'def late():\n    import openvino as ov\n'},
     ['face_tracker_ros/models/network.py: imports openvino; only models/openvino_runtime.py may '
      'import OpenVINO']),
    ({'b.py': 'from face_tracker_ros.models.openvino_runtime import ov\n'},
     ['face_tracker_ros/b.py: imports face_tracker_ros.models.openvino_runtime.ov; only '
      'models/network.py, compiled.py and tools may use OpenVINO']),
    ({'__init__.py': 'from pathlib import Path\n'
                     "Path(__file__).with_name('model.yaml').read_text()\n", 'model.yaml': ''},
     ['face_tracker_ros/__init__.py: importing the package reads {root}/face_tracker_ros/'
      'model.yaml']),
    ({'__init__.py': 'import face_tracker_ros.models.network\n'},
     ['face_tracker_ros/__init__.py: importing the package loads OpenVINO']),
    ({'__init__.py': 'raise OSError(1)\n'},
     ['face_tracker_ros/__init__.py: importing the package fails: OSError: 1']),
], ids=['circle', 'circle by a package', 'ROS', 'ROS in the demo', 'ros', 'relative',
        'OpenVINO', 'runtime', 'model.yaml', 'OpenVINO at import', 'broken'])
def test_breach_is_one_line_with_file_and_rule(files, expected, tmp_path):
    assert check(tmp_path, files) == (1, [line.format(root=tmp_path) for line in expected])
