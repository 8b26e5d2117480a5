# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A video or camera, the face tracker node, and RViz with the annotated image."""
from __future__ import annotations

from pathlib import Path

from face_tracker_ros.ros.launch_arguments import number, require_rviz
from launch import LaunchContext, LaunchDescription
from launch.actions import (DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction,
                            Shutdown)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import Node

SHARE = Path(__file__).parents[1]
SHOWN = ('face_tracker/annotated_image', 'face_tracker/markers')
NUMBERS = ('rate', 'horizontal_fov')

ARGUMENTS = (
    DeclareLaunchArgument('source', default_value='0',
                          description='Video file, camera number, folder or glob of images.'),
    DeclareLaunchArgument('rate', default_value='0.0',
                          description="Frames a second; 0 = the source's own."),
    DeclareLaunchArgument('loop', default_value='true', choices=['true', 'false'],
                          description='Begin again at the end of the source; false: end the '
                          'launch there.'),
    DeclareLaunchArgument('horizontal_fov', default_value='60.0',
                          description='Degrees that the camera sees from left to right, for '
                          '3-D positions; 0: the source has no camera_info.'),
    DeclareLaunchArgument('rviz', default_value='true', choices=['true', 'false'],
                          description='Show the annotated image in RViz.'),
)


def generate_launch_description() -> LaunchDescription:
    """Return the tracker before the others: its environment then holds for them, too."""
    tracker = str(SHARE / 'launch' / 'tracker.launch.py')
    return LaunchDescription([
        *ARGUMENTS,
        OpaqueFunction(function=_check),
        IncludeLaunchDescription(PythonLaunchDescriptionSource(tracker)),
        OpaqueFunction(function=_others),
    ])


def _check(context: LaunchContext) -> None:
    given = context.launch_configurations  # before anything starts
    for name in NUMBERS:
        number(given, name)
    if given['rviz'] == 'true':
        require_rviz()


def _others(context: LaunchContext) -> list[Node]:
    given = context.launch_configurations
    namespace = given['namespace'].strip('/')
    nodes = [Node(
        package='face_tracker_ros', executable='video_publisher', name='video_publisher',
        namespace=given['namespace'], output='screen', emulate_tty=True,
        parameters=[{'source': given['source'], 'loop': given['loop'] == 'true',
                     'start_delay': 10.0,  # at most, until the tracker has subscribed
                     **{name: number(given, name) for name in NUMBERS}}],
        remappings=[(name, given[name]) for name in ('image', 'camera_info')
                    if given[name] != name],
        on_exit=Shutdown(reason='the source has ended'))]
    if given['rviz'] == 'true':
        remap = [(f'/{name}', f'/{namespace}/{name}') for name in SHOWN] if namespace else []
        nodes.append(Node(package='rviz2', executable='rviz2', name='rviz2', output='log',
                          arguments=['-d', str(SHARE / 'rviz' / 'tracker.rviz')],
                          remappings=remap))
    return nodes
