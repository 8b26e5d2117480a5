# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The device that runs networks, and BF16 where it has that."""
import subprocess
import sys

import cv2
from face_tracker_ros import Config, ConfigError, FaceTracker
from face_tracker_ros.detection import FaceDetector
from face_tracker_ros.embedding.encoder import FaceEncoder
from face_tracker_ros.models.openvino_runtime import ov
import numpy as np
import pytest

# Loaded by one thread, freed by another; then a signal is handled.
FREED_ELSEWHERE = """
import gc, os, signal, threading
from face_tracker_ros import FaceTracker
signal.signal(signal.SIGINT, lambda *_: print('handled'))
trackers = [FaceTracker.from_config({'detector': 'face-detector'})]
thread = threading.Thread(target=lambda: (trackers.clear(), gc.collect()))
thread.start()
thread.join()
os.kill(os.getpid(), signal.SIGINT)
"""
HAS_HALF = not {'BF16', 'FP16'}.isdisjoint(
    ov.Core().get_property('CPU', 'OPTIMIZATION_CAPABILITIES'))


@pytest.fixture(scope='module')
def precise():
    return Config.load({'inference.half': False, 'inference.int8': False, 'detection.width': 480})


@pytest.fixture(scope='module')
def quick():
    return Config.load({'inference.int8': False, 'detection.width': 480})


def test_half_precision_is_used_where_the_processor_has_it_and_it_is_wanted(precise, quick):
    image = np.zeros((1, 288, 480, 3), np.uint8)
    kinds = {}
    for name, config in (('precise', precise), ('quick', quick)):
        network = FaceDetector.from_config(config)._network
        compiled = network.request(image).get_compiled_model()
        kinds[name] = compiled.get_property('INFERENCE_PRECISION_HINT').get_type_name()
    assert kinds['precise'] == 'f32'
    assert (kinds['quick'] in ('bf16', 'f16')) is HAS_HALF


def test_other_peoples_networks_stay_precise_unless_their_description_says_so(shared, monkeypatch):
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(shared / 'models'))
    detector = FaceDetector.from_config(Config.load({'detector': 'ultra-light-slim-320'}))
    compiled = detector._network.request(np.zeros((1, 240, 320, 3), np.uint8)).get_compiled_model()
    assert compiled.get_property('INFERENCE_PRECISION_HINT').get_type_name() == 'f32'


def test_half_precision_finds_the_same_faces_and_people(precise, quick, two_portraits):
    found = {}
    for name, config in (('precise', precise), ('quick', quick)):
        faces = FaceDetector.from_config(config).detect(two_portraits, 0.5, 0.4)
        small = cv2.resize(two_portraits, (640, 360), interpolation=cv2.INTER_AREA)
        found[name] = faces, FaceEncoder.from_config(config).encode(small, faces.boxes / 2)
    (a, first), (b, second) = found['precise'], found['quick']
    assert len(a) == len(b) == 2
    np.testing.assert_allclose(a.scores, b.scores, atol=0.02)
    np.testing.assert_allclose(a.boxes, b.boxes, atol=0.05 * np.ptp(a.boxes[:, 1::2]))
    assert ((first * second).sum(axis=1) > 0.99).all()


def test_device_is_handed_on_to_openvino(two_portraits):
    """On AUTO, which every machine has, the answers are those of the device that it chooses."""
    expected = FaceDetector.from_config(Config()).detect(two_portraits, 0.5, 0.4)
    for device in ('AUTO', 'AUTO:CPU', 'HETERO:CPU'):
        detector = FaceDetector.from_config(Config.load({'inference.device': device}))
        request = detector._network.request(np.zeros((1, 384, 640, 3), np.uint8))
        assert 'CPU' in request.get_compiled_model().get_property('EXECUTION_DEVICES'), device
        found = detector.detect(two_portraits, 0.5, 0.4)
        np.testing.assert_allclose(found.boxes, expected.boxes, atol=1)


@pytest.mark.parametrize('device', ['TOASTER', 'AUTO:TOASTER', 'CPU.7', ''])
def test_device_that_is_not_there_is_rejected_with_those_that_are(device):
    with pytest.raises(ConfigError) as caught:
        FaceTracker.from_config({'inference.device': device})
    message = str(caught.value)
    assert message.startswith(f"parameter 'inference.device': '{device}' cannot be used (")
    assert '\n' not in message
    assert message.endswith(f"give one of {', '.join(ov.Core().available_devices)}, or AUTO")


def test_a_signal_after_the_models_were_freed_by_another_thread_is_handled():
    done = subprocess.run([sys.executable, '-c', FREED_ELSEWHERE], capture_output=True, text=True,
                          timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, 'handled\n'), done.stderr
