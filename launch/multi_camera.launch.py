# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A face tracker for each of several cameras; `--show-args` lists the arguments."""
from __future__ import annotations

import os
from pathlib import Path

from face_tracker_ros.ros.launch_actions import prepare
from face_tracker_ros.ros.launch_arguments import DDS_PROFILES, parameter_files, PRESETS
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch_ros.actions import Node

SHARE = Path(__file__).parents[1]

ARGUMENTS = (
    DeclareLaunchArgument('cameras', description="Namespaces of the cameras, as in 'front,rear': "
                          'each gets a node face_tracker in its namespace.'),
    DeclareLaunchArgument('image', default_value='image',
                          description="Image topic of each camera, in the camera's namespace, "
                          'without /compressed.'),
    DeclareLaunchArgument('image_transport', default_value='',
                          choices=['', 'raw', 'compressed'],
                          description='As in tracker.launch.py, for all cameras.'),
    DeclareLaunchArgument('camera_info', default_value='camera_info',
                          description="Calibration topic, in the camera's namespace; by default "
                          'next to the image topic.'),
    DeclareLaunchArgument('process', default_value='separate', choices=['separate', 'shared'],
                          description='separate: one for each node, so that they do not end '
                          'together; shared: one for all, which takes less memory.'),
    DeclareLaunchArgument('threads', default_value='0',
                          description='CPU threads for the inference of all cameras together; '
                          '0: as many as there are cores.'),
    DeclareLaunchArgument('params_file', default_value=str(SHARE / 'config' / 'tracker.yaml'),
                          description='Parameter file for all; sections /front/face_tracker: '
                          'may differ.'),
    DeclareLaunchArgument('preset', default_value='', choices=['', *PRESETS],
                          description='As in tracker.launch.py, for all cameras.'),
    DeclareLaunchArgument('use_sim_time', default_value='false', choices=['true', 'false'],
                          description='Take the time from /clock (bags, simulators).'),
    DeclareLaunchArgument('dds_profile', default_value='large_images', choices=DDS_PROFILES,
                          description='As in tracker.launch.py.'),
)


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the environment and the nodes."""
    return LaunchDescription([*ARGUMENTS, prepare(SHARE, 'transport'),
                              OpaqueFunction(function=_nodes)])


def _nodes(context: LaunchContext) -> list[Node]:
    given = context.launch_configurations
    cameras = [name.strip(' /') for name in given['cameras'].split(',')]
    if not all(cameras) or len(set(cameras)) < len(cameras):
        raise ValueError(f"cameras: '{given['cameras']}' is no list of different names; give "
                         "names such as 'front,rear'")
    if not given['threads'].isdecimal():
        raise ValueError(f"threads: '{given['threads']}' is no number; give 0 or more")
    budget = int(given['threads']) or len(os.sched_getaffinity(0))
    overrides: dict[str, str | int | bool] = {
        'inference.threads': max(1, budget // len(cameras)),
        'use_sim_time': given['use_sim_time'] == 'true'}
    if given['image_transport']:
        overrides['image_transport'] = given['image_transport']
    options = {
        'package': 'face_tracker_ros', 'executable': 'face_tracker_node',
        'output': 'screen', 'emulate_tty': True,
        'parameters': [*parameter_files(SHARE, given['params_file'], given['preset']), overrides],
        'remappings': [(name, given[name]) for name in ('image', 'camera_info')
                       if given[name] != name]}
    if given['process'] == 'shared':
        return [Node(**options, arguments=cameras)]
    return [Node(**options, name='face_tracker', namespace=camera) for camera in cameras]
