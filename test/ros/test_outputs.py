# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The protocol of the outputs: a topic is one module and one line, and fails for itself alone."""
from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import sys

from face_tracker_ros.ros.outputs import registry
import numpy as np
import pytest
from ros_client import Client, NODE, NodeProcess
from std_msgs.msg import Float32
from std_srvs.srv import Trigger

# What somebody writes who adds a topic: a module ...
SHARE_OF_IMAGE = """
from face_tracker_ros.ros.outputs.output import has_subscribers, Output
from std_msgs.msg import Float32


class ShareOutput(Output):
    name = 'share'

    def create(self):
        self._publisher = self._offer(Float32, '~/share', 5)

    def publish(self, header, image, result):
        if not has_subscribers(self._publisher):
            return False
        sizes = [track.box[2:] - track.box[:2] for track in result.tracks]
        self._publisher.publish(Float32(data=float(
            sum(width * height for width, height in sizes) / image[..., 0].size)))
        return True
"""
FAILING = """
from face_tracker_ros.ros.outputs.output import Output


class FailingOutput(Output):
    name = 'failing'

    def activate(self):
        raise RuntimeError('no activation')

    def publish(self, header, image, result):
        raise ValueError('no luck')

    deactivate = reset = configure = destroy = publish
"""
# ... and a line in the registry, for which this stands.
MAIN = """
import sys
from face_tracker_ros.ros.node.main import main
from face_tracker_ros.ros.outputs import registry
from failing import FailingOutput
from share import ShareOutput
registry.OUTPUTS[:0] = [FailingOutput, ShareOutput]
sys.exit(main())
"""


@pytest.fixture(scope='module')
def process(tmp_path_factory: pytest.TempPathFactory, client: Client) -> Iterator[NodeProcess]:
    """Return a node with two more outputs, the failing one before all others."""
    folder = tmp_path_factory.mktemp('outputs')
    for name, text in (('share', SHARE_OF_IMAGE), ('failing', FAILING), ('more_outputs', MAIN)):
        (folder / f'{name}.py').write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('PYTHONPATH', os.pathsep.join(
            filter(None, [str(folder), os.environ.get('PYTHONPATH')])))
        process = NodeProcess('more_outputs', (), folder / 'log')
    client.wait(lambda: client.state() == 'active', 'the node to become active')
    yield process
    process.finish()


def test_a_new_topic_is_one_module_and_one_line(
        client: Client, process: NodeProcess, two_people: np.ndarray) -> None:
    shares: list[float] = []
    subscription = client.node.create_subscription(
        Float32, f'{NODE}/share', lambda message: shares.append(message.data), 10)
    client.tracks_of(two_people, 2)
    shares.clear()
    client.wait(lambda: any(shares), 'the new topic', lambda: client.publish(two_people))
    boxes = [face.bbox for face in client.arrays[-1].detections]
    assert shares[-1] == pytest.approx(
        sum(box.size_x * box.size_y for box in boxes) / (360 * 640), rel=0.1)
    client.wait(lambda: client.report('output_share_p95_ms') > 0, 'its time in the diagnostics',
                lambda: client.publish(two_people))
    client.node.destroy_subscription(subscription)


def test_a_failing_output_is_logged_and_affects_no_other_one(
        client: Client, process: NodeProcess, two_people: np.ndarray) -> None:
    client.tracks_of(two_people, 2)
    for _ in range(10):
        client.publish(two_people)
        client.spin(0.05)
    client.settle()
    assert client.call(Trigger, 'reset').success
    client.tracks_of(two_people, 2)
    client.forget()
    client.wait(lambda: client.diagnostics != {}, 'a report')
    assert client.report('bad_frames') == 0
    assert client.report('output_failing_p95_ms') == 0, 'only what was published has a time'
    lines = [line for line in process.output().splitlines() if "output 'failing' failed" in line]
    assert 1 <= len(lines) <= 5, 'logged, but not for every frame'
    assert 'Traceback' not in process.output()
    assert client.change('deactivate') and client.change('activate')
    client.tracks_of(two_people, 2)
    assert client.change('deactivate') and client.change('cleanup')
    assert client.change('configure') and client.change('activate')
    client.tracks_of(two_people, 2)


def test_times_are_reported_of_outputs_with_subscribers(
        client: Client, process: NodeProcess, two_people: np.ndarray) -> None:
    client.forget()
    client.wait(lambda: client.report('output_tracks_p50_ms') > 0, 'a report',
                lambda: client.publish(two_people))
    values = client.diagnostics[f'{NODE[1:]}: tracking']
    assert {'publish_p50_ms', 'extras_p50_ms', 'annotate_p50_ms'} <= set(values)
    for output in registry.OUTPUTS:
        if output.name != 'tracks':
            assert f'output_{output.name}_p50_ms' not in values


def test_outputs_have_names_of_their_own_and_tracks_are_first() -> None:
    names = [output.name for output in registry.OUTPUTS]
    assert names[0] == 'tracks' and len(set(names)) == len(names)
    assert all(output.__module__.endswith(f'.{output.name}') for output in registry.OUTPUTS)
    folder = Path(sys.modules[registry.__name__].__file__ or '').parent
    modules = {path.stem for path in folder.glob('*.py')}
    assert modules - set(names) == {
        '__init__', 'output', 'outputs', 'registry', 'spatial', 'target_frame'}
