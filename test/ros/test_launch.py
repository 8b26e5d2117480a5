# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The launch files: that they fit the package, and, where launch is installed, that they work."""
from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
import os
from pathlib import Path
import re
import signal
import subprocess
from xml.etree import ElementTree

from ament_index_python.packages import get_package_share_directory
from face_tracker_ros import Config
from face_tracker_ros.ros import launch_arguments
import numpy as np
import pytest
from rcl_interfaces.srv import GetParameters
from rclpy.parameter import parameter_value_to_python
from rclpy.qos import QoSReliabilityPolicy
from ros_client import Client, TIMEOUT
import yaml

REPOSITORY = Path(__file__).parents[2]
LAUNCH_FILES = sorted(path.name for path in (REPOSITORY / 'launch').glob('*.launch.py'))
PRESETS = [f'config/{name}.yaml' for name in launch_arguments.PRESETS]
INSTALLED = ['config/tracker.yaml', 'config/fastdds_large_images.xml', 'rviz/tracker.rviz',
             'launch/tracker.launch.py', 'launch/demo.launch.py',
             'launch/multi_camera.launch.py', *PRESETS]


def test_installed_package_holds_what_the_launch_files_name() -> None:
    share = Path(get_package_share_directory('face_tracker_ros'))
    assert LAUNCH_FILES == ['demo.launch.py', 'multi_camera.launch.py', 'tracker.launch.py']
    for name in INSTALLED:
        assert (share / name).is_file(), name
    for name in LAUNCH_FILES:
        text = (REPOSITORY / 'launch' / name).read_text()
        compile(text, name, 'exec')
        named = [f'{folder}/{file}' for folder, file in re.findall(r"'(\w+)' / '([\w.]+)'", text)]
        assert named and set(named) <= set(INSTALLED)


def declared(name: str) -> dict[str, dict[str, ast.expr]]:
    """Return the keywords of the arguments that a launch file declares, by their names."""
    tree = ast.parse((REPOSITORY / 'launch' / name).read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)
             and isinstance(node.func, ast.Name) and node.func.id == 'DeclareLaunchArgument']
    return {ast.literal_eval(call.args[0]): {str(item.arg): item.value for item in call.keywords}
            for call in calls}


def used(name: str) -> set[str]:
    """Return the arguments that a launch file reads, those named in loops left out."""
    tree = ast.parse((REPOSITORY / 'launch' / name).read_text())
    return {node.slice.value for node in ast.walk(tree) if isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
            and ast.unparse(node.value).endswith(('given', 'launch_configurations'))}


@pytest.mark.parametrize('name', LAUNCH_FILES)
def test_arguments_that_are_used_are_declared_and_described(name: str) -> None:
    arguments = declared(name)
    included = declared('tracker.launch.py') if name == 'demo.launch.py' else {}
    assert used(name) and used(name) <= set(arguments) | set(included)
    assert not set(arguments) & set(launch_arguments.FORMER_NAMES), 'former names are not shown'
    for argument, keywords in arguments.items():
        assert argument == 'cameras' or 'default_value' in keywords
        assert ast.unparse(keywords['description']).endswith((".'", '."')), argument


def test_camera_files_agree_on_the_arguments_they_share() -> None:
    one, many = declared('tracker.launch.py'), declared('multi_camera.launch.py')
    assert {'image_transport', 'preset', 'dds_profile', 'params_file'} <= set(one) & set(many)
    for argument in set(one) & set(many):
        first, second = ({keyword: ast.unparse(value) for keyword, value in each[argument].items()
                          if keyword != 'description'} for each in (one, many))
        assert first == second, argument


def test_former_argument_names_work_and_are_logged_with_the_new_ones() -> None:
    arguments = {'depth_image': '', 'dds_profile': 'large_images', 'image': 'image'}
    assert launch_arguments.rename(dict(arguments), 'depth', 'transport') == []
    given = {**arguments, 'depth': '/camera/depth', 'transport': 'system'}
    lines = launch_arguments.rename(given, 'depth', 'transport')
    assert given['depth_image'] == '/camera/depth' and given['dds_profile'] == 'system'
    assert ['give depth_image:=/camera/depth' in lines[0], 'dds_profile:=system' in lines[1],
            len(lines)] == [True, True, 2]
    assert set(launch_arguments.FORMER_NAMES.values()) <= set(declared('tracker.launch.py'))
    with pytest.raises(ValueError, match="dds_profile: 'magic' is unknown; give large_images or"):
        launch_arguments.check_dds_profile('magic')


@pytest.mark.parametrize('preset', launch_arguments.PRESETS)
def test_presets_are_laid_over_the_parameter_file(tmp_path: Path, preset: str) -> None:
    mine = tmp_path / 'mine.yaml'
    mine.write_text('/**: {ros__parameters: {tracker: {max_age: 2.5}}}')
    files = launch_arguments.parameter_files(REPOSITORY, str(mine), preset)
    assert files == [str(mine), str(REPOSITORY / 'config' / f'{preset}.yaml')]
    assert Config.load(files[1]) is not None
    assert launch_arguments.parameter_files(REPOSITORY, str(mine), '') == [str(mine)]
    for bad in ((str(tmp_path / 'none.yaml'), preset), (str(mine), 'quick')):
        with pytest.raises(ValueError, match='is not a file|give fast, balanced, accurate'):
            launch_arguments.parameter_files(REPOSITORY, *bad)


def test_missing_rviz_is_named_with_both_remedies(tmp_path: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    monkeypatch.setenv('ROS_DISTRO', 'kilted')
    with pytest.raises(ValueError, match='ros-kilted-rviz2, or give rviz:=false') as caught:
        launch_arguments.require_rviz()
    assert len(str(caught.value).splitlines()) == 1
    marker = tmp_path / 'share' / 'ament_index' / 'resource_index' / 'packages' / 'rviz2'
    marker.parent.mkdir(parents=True)
    marker.write_text('')
    launch_arguments.require_rviz()


@pytest.mark.parametrize('value', ['fast', '', 'nan', 'inf'])
def test_argument_that_is_no_number_is_named(value: str) -> None:
    assert launch_arguments.number({'rate': '12.5'}, 'rate') == 12.5
    with pytest.raises(ValueError, match=f"rate: '{value}' is not a number; give"):
        launch_arguments.number({'rate': value}, 'rate')


def test_transport_profile_is_the_default_one_and_has_room_for_images() -> None:
    root = ElementTree.parse(REPOSITORY / 'config' / 'fastdds_large_images.xml').getroot()
    space = {'dds': 'http://www.eprosima.com'}
    participant = root.find('.//dds:participant', space)
    assert participant is not None and participant.get('is_default_profile') == 'true'
    used = [item.text for item in participant.findall('.//dds:userTransports/*', space)]
    kinds = {item.findtext('dds:transport_id', None, space): item
             for item in root.findall('.//dds:transport_descriptor', space)}
    assert [kinds[name].findtext('dds:type', None, space) for name in used] == ['SHM', 'UDPv4']
    size = int(kinds[used[0]].findtext('dds:segment_size', '0', space))
    assert size >= 4 * 1920 * 1080 * 3


Launch = Callable[..., 'subprocess.Popen[str]']


@pytest.fixture
def ros2_launch(tmp_path: Path) -> Iterator[Launch]:
    """Return a function that launches a file with arguments, output in tmp_path/log."""
    pytest.importorskip('launch_ros')
    running: list[subprocess.Popen[str]] = []

    def begin(name: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        inherited = {key: value for key, value in os.environ.items()
                     if 'DEFAULT_PROFILES' not in key}
        with (tmp_path / 'log').open('w') as log:
            running.append(subprocess.Popen(
                ['ros2', 'launch', 'face_tracker_ros', name, *arguments], stdout=log, text=True,
                stderr=subprocess.STDOUT, env={**inherited, **environment}))
        return running[-1]

    yield begin
    for process in running:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(TIMEOUT)


def _environments_of(word: str) -> list[dict[str, str]]:
    """Return the environments of this test's processes whose command lines hold the word."""
    found = []
    for path in Path('/proc').glob('[0-9]*'):
        try:
            environment = (path / 'environ').read_bytes().decode(errors='replace')
            command = (path / 'cmdline').read_bytes().decode(errors='replace')
        except OSError:
            continue
        if word in command and f"ROS_DOMAIN_ID={os.environ['ROS_DOMAIN_ID']}\0" in environment:
            found.append(dict(item.split('=', 1) for item in environment.split('\0')
                              if '=' in item))
    return found


def test_launched_node_obeys_the_arguments(client: Client, ros2_launch: Launch, tmp_path: Path,
                                           two_people: np.ndarray) -> None:
    parameters = tmp_path / 'mine.yaml'
    parameters.write_text(yaml.safe_dump({'/**': {'ros__parameters': {
        'tracker': {'max_age': 2.5}, 'detector': 'not-this-one', 'annotate': True}}}))
    process = ros2_launch(
        'tracker.launch.py', 'image:=/lens/image', f'params_file:={parameters}',
        'detector:=face-detector', 'annotate:=false', 'log_level:=warn', MALLOC_TOP_PAD_='1')
    client.wait(lambda: client.state() == 'active', 'the node')
    request = GetParameters.Request(
        names=['detector', 'tracker.max_age', 'annotate', 'use_sim_time'])
    response = client.call(GetParameters, 'get_parameters', request)
    assert [parameter_value_to_python(value) for value in response.values] == [
        'face-detector', 2.5, False, False]
    camera = client.publisher(QoSReliabilityPolicy.RELIABLE, '/lens/image')
    client.tracks_of(two_people, 2, camera)
    client.node.destroy_publisher(camera)
    environment = _environments_of('face_tracker_node')[0]
    assert environment['MALLOC_TOP_PAD_'] == '1', 'what the user set wins'
    assert environment['MALLOC_MMAP_THRESHOLD_'] == '268435456'
    process.send_signal(signal.SIGINT)
    assert process.wait(TIMEOUT) == 0
    log = (tmp_path / 'log').read_text()
    assert 'Traceback' not in log and 'loaded detector' not in log and 'exit code' not in log
    assert 'process has finished cleanly' in log


def test_launch_in_a_namespace_with_the_system_transport(client: Client, ros2_launch: Launch,
                                                         tmp_path: Path) -> None:
    ros2_launch('tracker.launch.py', 'namespace:=robot', 'dds_profile:=system')
    topics = client.node.get_topic_names_and_types
    client.wait(lambda: '/robot/face_tracker/tracks' in dict(topics()), 'the topic')
    environment = _environments_of('face_tracker_node')[0]
    assert 'MALLOC_TOP_PAD_' not in environment
    assert not any('DEFAULT_PROFILES' in name for name in environment)
    client.wait(lambda: '[robot.face_tracker]' in (tmp_path / 'log').read_text(), 'its log')


def test_launch_with_a_preset_compressed_images_and_former_names(
        client: Client, ros2_launch: Launch, tmp_path: Path) -> None:
    ros2_launch('tracker.launch.py', 'preset:=fast', 'image_transport:=compressed',
                'image:=/lens/image', 'depth:=/lens/depth', 'transport:=system')
    client.wait(lambda: client.state() == 'active', 'the node')
    request = GetParameters.Request(
        names=['detection.interval', 'image_transport', 'spatial.depth'])
    response = client.call(GetParameters, 'get_parameters', request)
    assert [parameter_value_to_python(value) for value in response.values] == [
        2, 'compressed', True]
    for topic in ('/lens/image/compressed', '/lens/depth'):
        client.wait(lambda: client.node.count_subscribers(topic) == 1, topic)
    log = (tmp_path / 'log').read_text()
    assert 'depth_image:=/lens/depth' in log and 'dds_profile:=system' in log
    assert 'MALLOC_TOP_PAD_' not in _environments_of('face_tracker_node')[0]


def test_demo_without_rviz_starts_nothing(ros2_launch: Launch, tmp_path: Path) -> None:
    prefixes = [prefix for prefix in os.environ['AMENT_PREFIX_PATH'].split(os.pathsep)
                if not (Path(prefix) / 'share' / 'rviz2').is_dir()]
    launched = ros2_launch('demo.launch.py', AMENT_PREFIX_PATH=os.pathsep.join(prefixes))
    assert launched.wait(TIMEOUT) != 0
    log = (tmp_path / 'log').read_text()
    assert 'rviz:=false' in log and 'process started' not in log


def test_demo_with_a_bad_number_starts_nothing(ros2_launch: Launch, tmp_path: Path) -> None:
    assert ros2_launch('demo.launch.py', 'rviz:=false', 'rate:=fast').wait(TIMEOUT) != 0
    log = (tmp_path / 'log').read_text()
    assert "rate: 'fast' is not a number" in log and 'process started' not in log


def test_demo_launch_ends_with_its_source(client: Client, ros2_launch: Launch, tmp_path: Path,
                                          two_people: np.ndarray) -> None:
    import cv2
    for number in range(60):
        cv2.imwrite(str(tmp_path / f'{number:03d}.png'), two_people)
    client.forget()
    process = ros2_launch('demo.launch.py', f'source:={tmp_path}/*.png', 'rate:=15.0',
                          'rviz:=false', 'loop:=false')
    client.wait(lambda: all(map(_environments_of, ('face_tracker_node', 'video_publisher'))),
                'both processes')
    for executable in ('face_tracker_node', 'video_publisher'):
        profiles = [value for name, value in _environments_of(executable)[0].items()
                    if 'DEFAULT_PROFILES' in name]
        assert [Path(value).name for value in profiles] == ['fastdds_large_images.xml']
    client.wait(lambda: any(len(array.detections) == 2 for array in client.arrays), 'two tracks')
    assert process.wait(TIMEOUT) == 0
    assert 'Traceback' not in (tmp_path / 'log').read_text()


@pytest.mark.parametrize('process', ['shared', 'separate'])
def test_launched_cameras_share_the_threads(client: Client, ros2_launch: Launch, tmp_path: Path,
                                            process: str) -> None:
    launched = ros2_launch('multi_camera.launch.py', 'cameras:=front,rear', 'image:=image_raw',
                           'threads:=6', f'process:={process}')
    for camera in ('front', 'rear'):
        client.wait(lambda: client.node.count_subscribers(f'/{camera}/image_raw') == 1, camera)
        request = GetParameters.Request(names=['inference.threads'])
        response = client.call(GetParameters, f'/{camera}/face_tracker/get_parameters', request)
        assert [parameter_value_to_python(value) for value in response.values] == [3]
    started = re.findall(r'process started with pid', (tmp_path / 'log').read_text())
    assert len(started) == (1 if process == 'shared' else 2)
    launched.send_signal(signal.SIGINT)
    assert launched.wait(TIMEOUT) == 0
    assert 'Traceback' not in (tmp_path / 'log').read_text()


@pytest.mark.parametrize('argument', ['cameras:=front,front', 'threads:=many'])
def test_bad_cameras_are_rejected(ros2_launch: Launch, tmp_path: Path, argument: str) -> None:
    arguments = [argument] if 'cameras' in argument else ['cameras:=front', argument]
    assert ros2_launch('multi_camera.launch.py', *arguments).wait(TIMEOUT) != 0
    assert argument.split(':=')[1] in (tmp_path / 'log').read_text()


@pytest.mark.parametrize('argument', ['transport:=magic', 'dds_profile:=magic', 'preset:=quick',
                                      'image_transport:=theora', 'log_level:=loud',
                                      'annotate:=maybe', 'params_file:=/nowhere.yaml'])
def test_bad_launch_argument_is_rejected(ros2_launch: Launch, tmp_path: Path,
                                         argument: str) -> None:
    assert ros2_launch('tracker.launch.py', argument).wait(TIMEOUT) != 0
    assert argument.split(':=')[1] in (tmp_path / 'log').read_text()
