# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Model files that are bombs, huge or change: the node answers every image meanwhile."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
import shutil

from face_tracker_ros.models.files import models_folder, QUICK_BYTES
import numpy as np
import pytest
from rclpy.qos import QoSReliabilityPolicy
from ros_client import Client, NodeProcess

MERGES = 'a: &a {x: 1}\n' + ''.join(
    f'{name}: &{name} {{<<: [{", ".join(["*" + before] * 9)}]}}\n'
    for before, name in zip('abcdefghijkl', 'bcdefghijklm'))


@contextmanager
def answering(client: Client, image: np.ndarray) -> Iterator[None]:
    """Send an image when the last is answered, as long as the block lasts; all are answered."""
    state = {'header': client.publish(image)}

    def follow() -> None:
        if any(array.header == state['header'] for array in client.arrays):
            client.arrays.clear()
            state['header'] = client.publish(image)
            state['answered'] = state.get('answered', 0) + 1

    timer = client.node.create_timer(0.01, follow)
    try:
        yield
        client.wait(lambda: state.get('answered', 0) > 10, 'ten more images to be answered')
    finally:
        client.node.destroy_timer(timer)


@pytest.mark.parametrize('name, size, words', [
    ('bomb.yaml', 0, ['nested too deeply or too large']),
    ('sparse.onnx', 20 << 30, ['is too large', f'{20 << 30} bytes']),
    ('sparse.xml', 20 << 30, ['is too large', f'{20 << 30} bytes'])])
def test_bomb_given_as_model_is_rejected_at_once_and_images_are_answered(
        client: Client, process: NodeProcess, two_people: np.ndarray, tmp_path: Path,
        name: str, size: int, words: list[str]) -> None:
    with open(tmp_path / name, 'wb') as file:
        file.write(MERGES.encode())
        file.truncate(size or len(MERGES))
    client.tracks_of(two_people, 2)
    with answering(client, two_people):
        result = client.set_parameters({'detector': str(tmp_path / name)})
    assert not result.successful and '\n' not in result.reason
    assert all(word in result.reason for word in words), result.reason


def test_large_file_is_checked_while_images_are_answered_and_the_parameter_set_back(
        client: Client, process: NodeProcess, two_people: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / 'large.onnx'
    with open(path, 'wb') as file:
        file.truncate(QUICK_BYTES + 1)
    client.tracks_of(two_people, 2)
    with answering(client, two_people):
        assert client.set_parameters({'detector': str(path)}).successful
        client.wait(lambda: f"models not changed: model file '{path}'" in process.output(),
                    'the rejection')


def test_node_goes_on_with_another_image_size_when_its_model_files_are_gone(
        client: Client, start: Callable[..., NodeProcess], two_people: np.ndarray,
        tmp_path: Path) -> None:
    folder = tmp_path / 'face-detector'
    shutil.copytree(models_folder() / 'face-detector', folder)
    node = start('-p', f'detector:={folder}/model.yaml', '-r', '__ns:=/copied', '-r',
                 '/copied/face_tracker/tracks:=/face_tracker/tracks')
    client.wait(lambda: 'loaded detector' in node.output(), 'the node to have read its model')
    camera = client.publisher(QoSReliabilityPolicy.RELIABLE, '/copied/image')
    client.tracks_of(two_people, 2, camera)
    shutil.rmtree(folder)
    client.tracks_of(two_people[:250], 2, camera)
    client.node.destroy_publisher(camera)
