# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The face tracker node on an image topic; `--show-args` lists the arguments."""
from __future__ import annotations

from pathlib import Path

from face_tracker_ros.ros.launch_actions import prepare
from face_tracker_ros.ros.launch_arguments import DDS_PROFILES, parameter_files, PRESETS
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch_ros.actions import Node

SHARE = Path(__file__).parents[1]

ARGUMENTS = (
    DeclareLaunchArgument('image', default_value='image',
                          description='Image topic, without /compressed.'),
    DeclareLaunchArgument('image_transport', default_value='',
                          choices=['', 'raw', 'compressed'],
                          description='raw: topic image, compressed: topic image/compressed; '
                          'empty: as in the parameter file.'),
    DeclareLaunchArgument('camera_info', default_value='camera_info',
                          description='Calibration topic of the camera, for 3-D tracks; by '
                          'default next to the image topic.'),
    DeclareLaunchArgument('depth_image', default_value='',
                          description='Depth image topic, registered to the images; empty: '
                          'ranges are computed from the size of faces, or as in the parameter '
                          'file.'),
    DeclareLaunchArgument('target_frame', default_value='',
                          description='Frame of the tracks in space, such as map or base_link, '
                          "through tf2; empty: the camera's, or as in the parameter file."),
    DeclareLaunchArgument('namespace', default_value='',
                          description='Namespace of the node and its topics.'),
    DeclareLaunchArgument('params_file', default_value=str(SHARE / 'config' / 'tracker.yaml'),
                          description='Parameter file; a copy of the default one, changed.'),
    DeclareLaunchArgument('preset', default_value='', choices=['', *PRESETS],
                          description='config/NAME.yaml, laid over the parameter file: fast for '
                          'little CPU, accurate for distant faces and stable IDs.'),
    DeclareLaunchArgument('detector', default_value='',
                          description='Detection model, a name or a path; empty: as in the '
                          'parameter file.'),
    DeclareLaunchArgument('encoder', default_value='',
                          description='Embedding model, a name or a path; empty: as in the '
                          'parameter file.'),
    DeclareLaunchArgument('annotate', default_value='', choices=['', 'true', 'false'],
                          description='Draw the annotated image; empty: as in the parameter '
                          'file.'),
    DeclareLaunchArgument('use_sim_time', default_value='false', choices=['true', 'false'],
                          description='Take the time from /clock (bags, simulators).'),
    DeclareLaunchArgument('log_level', default_value='info',
                          choices=['debug', 'info', 'warn', 'error', 'fatal'],
                          description='Least severity the node logs.'),
    DeclareLaunchArgument('dds_profile', default_value='large_images', choices=DDS_PROFILES,
                          description='large_images: Fast DDS over shared memory, sized for '
                          'images, and malloc that keeps their buffers (a variable that is set '
                          'already wins); system: leave both as they are.'),
)


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the environment and the node."""
    return LaunchDescription([*ARGUMENTS, prepare(SHARE, 'depth', 'transport'),
                              OpaqueFunction(function=_node)])


def _node(context: LaunchContext) -> list[Node]:
    given = context.launch_configurations
    overrides: dict[str, str | bool] = {
        name: given[name] for name in ('detector', 'encoder', 'image_transport') if given[name]}
    if given['annotate']:
        overrides['annotate'] = given['annotate'] == 'true'
    if given['target_frame']:
        overrides['spatial.target_frame'] = given['target_frame']
    if given['depth_image']:
        overrides['spatial.depth'] = True
    overrides['use_sim_time'] = given['use_sim_time'] == 'true'
    logger = '.'.join([*filter(None, given['namespace'].split('/')), 'face_tracker'])
    return [Node(
        package='face_tracker_ros', executable='face_tracker_node', name='face_tracker',
        namespace=given['namespace'], output='screen', emulate_tty=True,
        parameters=[*parameter_files(SHARE, given['params_file'], given['preset']), overrides],
        remappings=[(name, given[name]) for name in ('image', 'camera_info', 'depth_image')
                    if given[name] not in ('', name)],
        ros_arguments=['--log-level', f"{logger}:={given['log_level']}"])]
