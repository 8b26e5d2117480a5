# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Other models while the node works: nothing is lost, and bad ones change nothing."""
from __future__ import annotations

from collections.abc import Callable, Iterator
import os
from pathlib import Path
import shutil
from typing import Any

import cv2
from face_tracker_ros import Config
from face_tracker_ros.boxes import iou
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.models.files import locate
from face_tracker_ros.models.registry import known_models, load_spec
from face_tracker_ros.models.resolve import resolve_model
import numpy as np
import pytest
from rcl_interfaces.msg import ParameterEvent
from rcl_interfaces.srv import GetParameters, SetParametersAtomically
from rclpy.parameter import Parameter, parameter_value_to_python
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from ros_client import Client, NODE, NodeProcess
from std_srvs.srv import Trigger
from vision_msgs.msg import Detection2DArray, LabelInfo

CLIP = 'head-pose-face-detection-female-and-male.gif'
IMAGES, JUDGED = 8, 5
REID = 'face-reidentification-retail-0095'
ENCODERS = ({'encoder': REID}, {'encoder': 'mobilenetv3-large-face-int8'},
            {'encoder': REID, 'landmarks': 'landmarks-regression-retail-0009'})
DEFAULTS = {'detector': 'face-detector', 'encoder': 'mobilenetv3-large-face', 'landmarks': ''}


@pytest.fixture(scope='module')
def process(tmp_path_factory: pytest.TempPathFactory, client: Client,
            shared: Path, wheels: None) -> Iterator[NodeProcess]:
    """Return one node for all tests of this module, which finds other people's models."""
    log = tmp_path_factory.mktemp('node') / 'log'
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models'))
        # The queue before the node counts nothing; let it lose nothing.
        process = NodeProcess('face_tracker_ros.ros.node.main', (
            '-p', 'detector:=face-detector',
            '-p', 'qos_overrides./image.subscription.depth:=50',
            '-p', 'qos_overrides./image.subscription.reliability:=reliable'), log)
    client.wait(lambda: client.state() == 'active', 'the node to become active')
    client.forget()
    yield process
    process.finish()


class Stream:
    """Sends an image, and the next as soon as the tracks of the last have come."""

    def __init__(self, client: Client, image: np.ndarray) -> None:
        """Take the place of the subscription to tracks."""
        self.client, self.image = client, image
        self.sent: list[Any] = []
        self.seen: list[Detection2DArray] = []
        self.subscription = client.node.create_subscription(
            Detection2DArray, f'{NODE}/tracks', self._next, 50)
        client.tracks_of(image, 2)
        self.sent.append(client.publish(image))

    def _next(self, tracks: Detection2DArray) -> None:
        if self.sent and tracks.header == self.sent[-1]:
            self.seen.append(tracks)
            self.sent.append(self.client.publish(self.image))

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Go on until the condition holds."""
        self.client.wait(condition, what)

    def more(self, frames: int = 3) -> None:
        """Go on for some frames."""
        goal = len(self.seen) + frames
        self.until(lambda: len(self.seen) >= goal, f'{frames} more frames')

    def set(self, **values: str) -> Any:
        """Set parameters while the images go on; return the result."""
        service = self.client.node.create_client(SetParametersAtomically,
                                                 f'{NODE}/set_parameters_atomically')
        self.until(service.service_is_ready, 'the service')
        future = service.call_async(SetParametersAtomically.Request(parameters=[
            Parameter(name, value=value).to_parameter_msg() for name, value in values.items()]))
        self.until(future.done, 'the answer')
        self.client.node.destroy_client(service)
        return future.result().result


@pytest.fixture
def stream(client: Client, process: NodeProcess, two_people: np.ndarray) -> Iterator[Stream]:
    """Return a running stream; at the end no frame and no id may have been lost."""
    running = Stream(client, two_people)
    running.more()
    ids = {detection.id for detection in running.seen[0].detections}
    assert len(ids) == 2
    yield running
    running.more()
    client.node.destroy_subscription(running.subscription)
    assert [tracks.header for tracks in running.seen] == running.sent[:-1]
    assert {frozenset(detection.id for detection in tracks.detections)
            for tracks in running.seen} == {frozenset(ids)}
    assert 'Traceback' not in process.output() and 'frame skipped' not in process.output()


def wait_for_detector(client: Client, name: str) -> None:
    """Wait for diagnostics that report the detector and the score that it recommends."""
    expected = {'detector': name, 'detection_score': f'{load_spec(name).score:.3f}'}

    def is_reported() -> bool:
        found = client.diagnostics.get(f'{NODE[1:]}: tracking', {})
        return expected.items() <= found.items()
    client.wait(is_reported, f'diagnostics with {expected}')


def models(client: Client) -> dict[str, Any]:
    response = client.call(GetParameters, 'get_parameters',
                           GetParameters.Request(names=list(DEFAULTS)))
    return dict(zip(DEFAULTS, map(parameter_value_to_python, response.values)))


def swap(stream: Stream, process: NodeProcess, **values: str) -> None:
    before = process.output().count('loaded detector')
    result = stream.set(**values)
    assert result.successful, result.reason
    stream.until(lambda: process.output().count('loaded detector') > before, 'the new models')
    stream.more()


def test_models_change_between_two_frames_and_tracks_live_on(
        client: Client, process: NodeProcess, stream: Stream, shared: Path) -> None:
    assert 'weights for research use only' in process.output()
    swap(stream, process, detector='yunet', encoder='face-reidentification-retail-0095')
    assert process.output().count('weights for research use only') == 1
    client.wait(lambda: client.diagnostics.get(f'{NODE[1:]}: tracking', {}).get(
        'detector') == 'yunet',
                'the report of the new detector')
    distance = load_spec('face-reidentification-retail-0095').distance
    assert client.report('max_cosine_distance') == pytest.approx(distance)
    swap(stream, process, detector='face-detection-0200',
         landmarks='landmarks-regression-retail-0009')
    swap(stream, process, **DEFAULTS)
    assert models(client) == DEFAULTS


def test_camera_that_does_not_wait_loses_nothing_uncounted(
        client: Client, process: NodeProcess, two_people: np.ndarray, shared: Path) -> None:
    """15 images a second, come what may, while models change under them."""
    def counts() -> dict[str, float]:
        client.settle()  # so that the next report has it all
        client.diagnostics.clear()
        client.wait(lambda: f'{NODE[1:]}: tracking' in client.diagnostics, 'a report')
        return {name: client.report(name)
                for name in ('received', 'processed', 'replaced', 'bad_frames')}

    client.tracks_of(two_people, 2)
    start = counts()
    client.forget()
    client.sent.clear()
    timer = client.node.create_timer(1 / 15, lambda: client.publish(two_people))
    try:
        for values in ({'detector': 'yunet'}, {'encoder': 'face-reidentification-retail-0095'},
                       DEFAULTS):
            loaded = process.output().count('loaded detector')
            assert client.set_parameters(values).successful
            client.wait(lambda: process.output().count('loaded detector') > loaded, 'the models')
            client.spin(0.5)
    finally:
        client.node.destroy_timer(timer)
    end = counts()
    count = {name: int(end[name] - start[name]) for name in end}
    answered = [tracks.header for tracks in client.arrays]
    order = [client.sent.index(header) for header in answered]
    assert order == sorted(set(order)), 'each once, in order'
    assert count['received'] == len(client.sent) and count['bad_frames'] == 0
    assert len(answered) == count['processed'] == count['received'] - count['replaced']
    assert len(answered) > len(client.sent) / 3
    assert len({frozenset(detection.id for detection in tracks.detections)
                for tracks in client.arrays}) == 1, 'the same two ids throughout'


@pytest.fixture(scope='module')
def film(shared: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return images of a clip, and the boxes (2, 4) that the most accurate detector finds."""
    detector = FaceDetector.from_config(Config.load({
        'detector': str(shared / 'models' / 'face-detection-adas-0001' / 'FP16'
                        / 'face-detection-adas-0001.xml')}))
    capture = cv2.VideoCapture(str(shared / 'data' / 'clips' / CLIP))
    images = [capture.read()[1] for _ in range(IMAGES + 4)][4:]
    capture.release()
    return [(image, detector.detect(image, 0.5, 0.4).boxes) for image in images]


def shown(client: Client, image: np.ndarray) -> dict[str, np.ndarray]:
    """Return the boxes, by id, that the node publishes for an image."""
    header = client.publish(image)
    client.wait(lambda: bool(client.arrays) and client.arrays[-1].header == header, 'the tracks',
                step=0.002)
    boxes = {}
    for detection in client.arrays[-1].detections:
        center, box = detection.bbox.center.position, detection.bbox
        boxes[detection.id] = np.array([
            center.x - box.size_x / 2, center.y - box.size_y / 2,
            center.x + box.size_x / 2, center.y + box.size_y / 2], np.float32)
    return boxes


def test_every_model_shows_the_faces_of_a_clip_live(
        client: Client, process: NodeProcess, film: list[tuple[np.ndarray, np.ndarray]],
        shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Swapped one after the other, tracks forgotten in between: no box is another model's."""
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models'))
    here = [name for name in known_models('detector') if locate(load_spec(name))[0]]
    detectors = [*here, str(shared / 'models' / 'face-detection-adas-0001' / 'FP16-INT8'
                            / 'face-detection-adas-0001.xml')]
    assert len(detectors) == 15
    labels: list[LabelInfo] = []
    listening = client.node.create_subscription(
        LabelInfo, f'{NODE}/label_info', labels.append,
        QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL))
    encoders = {'yunet': ENCODERS[0], 'blazeface-short': ENCODERS[1], detectors[-1]: ENCODERS[2]}
    faults = {}
    for detector in detectors:
        loaded = process.output().count('loaded detector')
        assert client.set_parameters(
            {'detector': detector, **encoders.get(detector, {})}).successful
        client.wait(lambda: process.output().count('loaded detector') > loaded, detector,
                    step=0.01)
        assert client.call(Trigger, 'reset').success
        right = wrong = 0
        ids: set[str] = set()
        for number, (image, faces) in enumerate(film):
            boxes = shown(client, image)
            if number < IMAGES - JUDGED:
                continue
            ids.update(boxes)
            overlap = iou(faces, np.array(list(boxes.values())).reshape(-1, 4)) > 0.4
            right += int(overlap.any(axis=1).sum())
            wrong += int((~overlap.any(axis=0)).sum())
        if right < 0.8 * 2 * JUDGED or wrong > 1 or len(ids) > 3:
            faults[detector] = f'{right} of {2 * JUDGED} faces, {wrong} other boxes, ids {ids}'
        score = resolve_model(detector, 'detector')[0].score
        client.wait(lambda: bool(labels) and labels[-1].threshold == pytest.approx(score),
                    f'the score that {detector} recommends', step=0.002)
    client.node.destroy_subscription(listening)
    assert faults == {}
    assert client.set_parameters(DEFAULTS).successful
    wait_for_detector(client, DEFAULTS['detector'])


def test_auto_takes_the_best_installed_detector_live_and_gives_it_back(
        client: Client, process: NodeProcess, stream: Stream) -> None:
    swap(stream, process, detector='auto')
    assert models(client)['detector'] == 'auto'
    assert "loaded detector 'yunet' (auto) and encoder" in process.output()
    wait_for_detector(client, 'yunet')
    swap(stream, process, **DEFAULTS)
    assert models(client) == DEFAULTS
    wait_for_detector(client, DEFAULTS['detector'])
    assert process.output().rstrip().count('(auto)') == 1


@pytest.mark.parametrize('values, words', [
    ({'detector': 'yunett'}, ["did you mean 'yunet'"]),
    ({'detector': 'mobilenetv3-large-face'}, ['is not the detector']),
    ({'encoder': 'yunet'}, ['is not the encoder']),
    ({'detector': '/nowhere/model.onnx'}, ['/nowhere/model.onnx', 'is missing']),
    ({'landmarks': 'yunet'}, ['is not the landmarks']),
    ({'encoder': ''}, ['unknown']),
])
def test_models_that_are_not_there_are_rejected_with_the_reason(
        client: Client, process: NodeProcess, values: dict[str, str], words: list[str]) -> None:
    result = client.set_parameters(values)
    assert not result.successful and '\n' not in result.reason
    assert all(word in result.reason for word in words), result.reason
    assert models(client) == DEFAULTS


def test_damaged_file_is_rejected_and_the_old_model_goes_on(
        client: Client, process: NodeProcess, stream: Stream, shared: Path,
        tmp_path: Path) -> None:
    path = tmp_path / 'cut.onnx'
    path.write_bytes((shared / 'models/yunet/face_detection_yunet_2026may.onnx').read_bytes()[:99])
    result = stream.set(detector=str(path))
    assert not result.successful and 'cut.onnx' in result.reason
    assert models(client) == DEFAULTS


def test_model_that_cannot_run_is_given_up_and_the_parameters_set_back(
        client: Client, process: NodeProcess, stream: Stream, shared: Path,
        tmp_path: Path) -> None:
    """A description that promises another vector passes every check but the first run."""
    source = shared / 'models' / 'face-reidentification-retail-0095' / 'FP16'
    for suffix in ('.xml', '.bin'):
        shutil.copy(source / f'face-reidentification-retail-0095{suffix}', tmp_path)
    root = Path(__file__).parents[2]
    text = (root / 'models' / source.parent.name / 'model.yaml').read_text()
    (tmp_path / 'model.yaml').write_text(text.replace('size: 256', 'size: 100'))
    assert os.path.isfile(tmp_path / 'model.yaml')
    changed: list[set[str]] = []
    events = client.node.create_subscription(
        ParameterEvent, '/parameter_events', lambda event: changed.append(
            {item.name for item in event.changed_parameters}), 50)
    result = stream.set(detector='yunet', encoder=str(tmp_path / 'model.yaml'))
    assert result.successful
    stream.until(lambda: 'models not changed' in process.output(), 'the rejection')
    assert 'which makes no vectors of 100 numbers' in process.output()
    stream.until(lambda: models(client) == DEFAULTS, 'the parameters')
    stream.until(lambda: len(changed) > 1, 'the events')
    client.node.destroy_subscription(events)
    assert changed == [{'detector', 'encoder'}, set(DEFAULTS)], 'all are set back at once'
