# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Parameters: declared as in config.py, rejected with a reason, changed while running."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from face_tracker_ros.config import (Config, MODEL_PARAMETERS, NODE_PARAMETERS,
                                     Parameter, PARAMETERS)
from face_tracker_ros.config.files import flatten
from face_tracker_ros.ros.node.settings import Settings
import numpy as np
import pytest
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import DescribeParameters, GetParameters
import rclpy
from rclpy.parameter import Parameter as RosParameter
from rclpy.parameter import parameter_value_to_python
from ros_client import Client, NODE, NodeProcess
from sensor_msgs.msg import Image
import yaml

FILE = Path(__file__).parents[2] / 'config' / 'tracker.yaml'
PRESETS = ('fast', 'balanced', 'accurate')
DECLARED = {parameter.name: parameter for parameter in (*NODE_PARAMETERS, *PARAMETERS)}
TYPES = {bool: ParameterType.PARAMETER_BOOL, int: ParameterType.PARAMETER_INTEGER,
         float: ParameterType.PARAMETER_DOUBLE, str: ParameterType.PARAMETER_STRING}
Start = Callable[..., NodeProcess]


def another(parameter: Parameter) -> object:
    """Return a good value other than the default one, for whatever type."""
    default = parameter.default
    if parameter.choices:
        return next(choice for choice in parameter.choices if choice != default)
    if isinstance(default, bool):
        return not default
    if isinstance(default, str):
        return f'{default}2'
    near = default * 0.9 if isinstance(default, float) else default + 1
    return near if near != default else 1.0


def values(client: Client, *names: str) -> list[object]:
    response = client.call(GetParameters, 'get_parameters', GetParameters.Request(names=names))
    return [parameter_value_to_python(value) for value in response.values]


def test_node_declares_every_parameter_with_default_range_and_sentence(
        client: Client, start: Start) -> None:
    process = start('--params-file', str(FILE), '-p', 'autostart:=false')
    names = list(DECLARED)
    described = client.call(DescribeParameters, 'describe_parameters',
                            DescribeParameters.Request(names=names)).descriptors
    for parameter, descriptor in zip(DECLARED.values(), described):
        assert descriptor.description == parameter.description
        ranges = [*descriptor.floating_point_range, *descriptor.integer_range]
        assert [(item.from_value, item.to_value) for item in ranges] == (
            [] if parameter.low is None else [(parameter.low, parameter.high)]), parameter.name
        assert descriptor.type == TYPES[type(parameter.default)]
        assert not descriptor.dynamic_typing
        assert descriptor.read_only is (parameter.name == 'autostart')
        described = descriptor.additional_constraints
        assert all(str(choice) in described for choice in parameter.choices)
        assert ('only while the node is unconfigured' in described) is (
            not parameter.live and not descriptor.read_only), parameter.name
    defaults = [parameter.default for parameter in DECLARED.values()]
    assert values(client, *names) == [False, *defaults[1:]]
    assert 'unknown' not in process.output()


REJECTED: list[tuple[dict[str, object], list[str]]] = [
    ({'tracker.max_age': 1000.0}, ['tracker.max_age', '1000', '60']),
    ({'tracker.max_age': float('nan')}, ['tracker.max_age', 'nan', '60']),
    ({'tracker.max_age': 'long'}, ['type']),
    ({'tracker.mode': 'magic'}, ["'magic'", 'robust', 'deepsort']),
    ({'detector': 'yunet'}, ["'yunet'", 'not found']),
    ({'detection.width': 320}, ['detection.width', 'deactivate', 'cleanup']),
    ({'image_transport': 'compressed'}, ['image_transport', 'cleanup']),
    ({'autostart': False}, ['autostart', 'read-only']),
    ({'detection.low_score': 0.9}, ['detection.low_score', 'detection.score']),
    ({'detection.score': 0.6, 'tracker.n_init': 0}, ['tracker.n_init']),
]


def test_bad_change_is_rejected_with_its_reason_and_changes_nothing(
        client: Client, tracker: NodeProcess) -> None:
    before = values(client, *DECLARED)
    for changes, words in REJECTED:
        result = client.set_parameters(changes)
        assert not result.successful, changes
        assert all(word in result.reason for word in words), result.reason
        assert '\n' not in result.reason
        assert values(client, *DECLARED) == before


def test_live_parameter_works_at_the_next_frame(client: Client, tracker: NodeProcess,
                                                two_people: np.ndarray) -> None:
    client.tracks_of(two_people, 2)
    assert client.set_parameters({'detection.min_size': 5000.0}).successful
    client.tracks_of(two_people, 0)
    assert client.set_parameters({'detection.min_size': 12.0}).successful
    client.tracks_of(two_people, 2)
    assert values(client, 'detection.min_size') == [12.0]
    images: list[Image] = []
    subscription = client.node.create_subscription(Image, f'{NODE}/annotated_image',
                                                   images.append, 5)
    client.wait(lambda: images != [], 'a image', lambda: client.publish(two_people))
    assert client.set_parameters({'annotate': False}).successful
    client.tracks_of(two_people, 2)
    client.settle()
    client.spin(0.2)
    images.clear()
    client.tracks_of(two_people, 2)
    client.settle()
    client.spin(0.2)
    assert images == []
    client.node.destroy_subscription(subscription)


def test_every_live_parameter_takes_another_value_at_once_and_is_as_it_says(
        client: Client, tracker: NodeProcess, two_people: np.ndarray) -> None:
    other = {parameter.name: another(parameter) for parameter in DECLARED.values()
             if parameter.live and parameter.name not in MODEL_PARAMETERS}
    assert client.set_parameters(other).successful
    assert values(client, *other) == list(other.values())
    for parameter in DECLARED.values():
        if not parameter.live:
            result = client.set_parameters({**other, parameter.name: another(parameter)})
            assert not result.successful and parameter.name in result.reason
            assert values(client, *DECLARED) == [
                other.get(name, declared.default) for name, declared in DECLARED.items()]
    client.arrays.clear()
    client.wait(lambda: client.arrays != [], 'tracks', lambda: client.publish(two_people))


@pytest.mark.parametrize('preset', ['fast', 'accurate'])
def test_presets_are_taken_by_the_node(client: Client, start: Start, preset: str) -> None:
    path = FILE.with_name(f'{preset}.yaml')
    process = start('--params-file', str(path), '-p', 'autostart:=false')
    client.wait(lambda: client.state() == 'unconfigured', 'the node')
    config = Config.load(path).values()
    assert values(client, *config) == list(config.values())
    assert 'unknown' not in process.output()


def test_presets_change_the_same_parameters_and_balanced_is_the_default() -> None:
    given = {name: flatten(yaml.safe_load(FILE.with_name(f'{name}.yaml').read_text())[
        '/**']['ros__parameters']) for name in PRESETS}
    assert {path.stem for path in FILE.parent.glob('*.yaml')} == {
        *PRESETS, 'permissive', 'tracker'}
    assert Config.load(FILE.with_name('balanced.yaml')) == Config()
    assert given['fast'].keys() | given['accurate'].keys() == given['balanced'].keys()
    for name in ('fast', 'accurate'):
        assert all(value != given['balanced'][key] for key, value in given[name].items())


def test_names_given_at_start_that_nobody_declared_are_reported(client: Client,
                                                                start: Start) -> None:
    process = start('-p', 'autostart:=false', '-p', 'tracker.max_aeg:=2.0', '-p', 'max_rate:=20')
    client.wait(lambda: client.state() == 'unconfigured', 'the node')
    assert "'tracker.max_aeg' is unknown" in process.output()
    assert "did you mean 'tracker.max_age'?" in process.output()
    assert values(client, 'max_rate') == [20.0], 'a whole number is a float, too'


@pytest.mark.parametrize('setting, words', [
    ('max_rate:=-1.0', ['max_rate', '-1.0', '0 to 1000']),
    ('tracker.n_init:=three', ['tracker.n_init', 'three', 'int']),
    ('detection.low_score:=0.9', ['detection.low_score', '0.9', 'detection.score']),
])
def test_bad_value_at_start_ends_the_process_with_one_line(start: Start, setting: str,
                                                           words: list[str]) -> None:
    process = start('-p', setting)
    assert process.wait() == 2
    lines = process.output().splitlines()
    assert len(lines) == 1 and all(word in lines[0] for word in words), lines


def test_change_that_fails_in_any_way_is_rejected_and_ends_nothing() -> None:
    """An exception out of the callback would end the executor, and the node with it."""
    def apply(config: Config) -> None:
        raise OSError('the disk\nis gone')

    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node('any', context=context)
    try:
        settings = Settings(node, lambda: True, apply)
        before = settings.config
        result = node.set_parameters_atomically([RosParameter('tracker.max_age', value=2.5)])
        assert (result.successful, result.reason) == (False, 'OSError: the disk is gone')
        assert settings.config == before
    finally:
        node.destroy_node()
        rclpy.shutdown(context=context)
