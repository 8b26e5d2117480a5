# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Interface packages that this package can use and does not need, for machines without them.

Written for the tests: of each message only what is used here, under its public name and with the
public names and types of its fields.
"""
from __future__ import annotations

from collections.abc import Mapping
import importlib.util
import os
from pathlib import Path
import subprocess
import sys

_TIME = 'builtin_interfaces/Time timestamp\n'
PACKAGES: Mapping[str, Mapping[str, str]] = {
    'tf2_msgs': {'TFMessage': 'geometry_msgs/TransformStamped[] transforms\n'},
    'hri_msgs': {'IdsList': 'std_msgs/Header header\nstring[] ids\n',
                 'IdsMatch': 'int8 UNSET=0\nint8 PERSON=1\nint8 FACE=2\nint8 BODY=3\n'
                 'int8 VOICE=4\nstring id1\nint8 id1_type\nstring id2\nint8 id2_type\n'
                 'float32 confidence\n',
                 'NormalizedRegionOfInterest2D': 'std_msgs/Header header\nfloat32 xmin\n'
                 'float32 ymin\nfloat32 xmax\nfloat32 ymax\nfloat32 c\n'},
    'foxglove_msgs': {
        'Color': 'float64 r\nfloat64 g\nfloat64 b\nfloat64 a\n',
        'Point2': 'float64 x\nfloat64 y\n',
        'PointsAnnotation': _TIME + 'uint8 LINE_LOOP=2\nuint8 type\n'
        'foxglove_msgs/Point2[] points\nfoxglove_msgs/Color outline_color\nfloat64 thickness\n',
        'TextAnnotation': _TIME + 'foxglove_msgs/Point2 position\nstring text\n'
        'float64 font_size\nfoxglove_msgs/Color text_color\n'
        'foxglove_msgs/Color background_color\n',
        'ImageAnnotations': 'foxglove_msgs/PointsAnnotation[] points\n'
        'foxglove_msgs/TextAnnotation[] texts\n'},
}
_DEPENDENCIES = 'builtin_interfaces geometry_msgs std_msgs'
_CMAKE = """\
cmake_minimum_required(VERSION 3.16)
project({name})
find_package(ament_cmake REQUIRED)
find_package(rosidl_default_generators REQUIRED)
{find}
file(GLOB interfaces RELATIVE ${{CMAKE_CURRENT_SOURCE_DIR}} msg/*.msg)
rosidl_generate_interfaces(${{PROJECT_NAME}} ${{interfaces}} DEPENDENCIES {dependencies})
ament_package()
"""
_MANIFEST = """\
<package format="3"><name>{name}</name><version>0.0.0</version>
<description>For tests.</description><maintainer email="nobody@example.com">nobody</maintainer>
<license>Apache-2.0</license><buildtool_depend>ament_cmake</buildtool_depend>
<buildtool_depend>rosidl_default_generators</buildtool_depend>
<depend>builtin_interfaces</depend><depend>geometry_msgs</depend><depend>std_msgs</depend>
<member_of_group>rosidl_interface_packages</member_of_group>
<export><build_type>ament_cmake</build_type></export></package>
"""


def build(folder: Path) -> Path | None:
    """Build what cannot be imported; return its prefix, or None if everything is there."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    for name in missing:
        source = folder / 'src' / name
        (source / 'msg').mkdir(parents=True)
        find = '\n'.join(f'find_package({other} REQUIRED)' for other in _DEPENDENCIES.split())
        (source / 'CMakeLists.txt').write_text(
            _CMAKE.format(name=name, find=find, dependencies=_DEPENDENCIES))
        (source / 'package.xml').write_text(_MANIFEST.format(name=name))
        for message, text in PACKAGES[name].items():
            (source / 'msg' / f'{message}.msg').write_text(text)
    if not missing:
        return None
    done = subprocess.run(
        ['colcon', 'build', '--merge-install', '--base-paths', 'src', '--cmake-args', '-G',
         'Ninja', '-DCMAKE_BUILD_TYPE=Debug', '-DBUILD_TESTING=OFF'],
        cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / 'install'


def environment(prefix: Path | None) -> dict[str, str]:
    """Return the variables with which a process finds the packages of the prefix."""
    if prefix is None:
        return {}
    python = f'python{sys.version_info[0]}.{sys.version_info[1]}'
    packages = next(path for path in (prefix / 'lib' / python / 'site-packages',
                                      prefix / 'local' / 'lib' / python / 'dist-packages')
                    if path.is_dir())
    added = {'PYTHONPATH': packages, 'LD_LIBRARY_PATH': prefix / 'lib',
             'AMENT_PREFIX_PATH': prefix}
    return {name: os.pathsep.join(filter(None, [str(value), os.environ.get(name)]))
            for name, value in added.items()}
