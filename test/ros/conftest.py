# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Live nodes in processes of their own, and a client node in the test's process."""
from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator, Sequence
import os
from pathlib import Path
import socket
import warnings

_CLAIM = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
atexit.register(_CLAIM.close)


def _own_domain() -> int:
    """Return a number of 20 to 99 that no other test process on this machine has."""
    for number in range(os.getpid(), os.getpid() + 80):
        try:
            _CLAIM.bind(f'\0tests of face_tracker_ros {number % 80}')  # as long as this process
            break
        except OSError:
            continue
    return 20 + number % 80


# Before anything of ROS is loaded: a domain of its own for each test process, so that nodes of
# other runs on this machine stay out; and the transport that large images need.
os.environ['ROS_DOMAIN_ID'] = str(_own_domain())
_OLD = os.environ.get('ROS_DISTRO') in ('humble', 'iron', 'jazzy')
os.environ['FASTRTPS_DEFAULT_PROFILES_FILE' if _OLD else 'FASTDDS_DEFAULT_PROFILES_FILE'] = str(
    Path(__file__).parents[2] / 'config' / 'fastdds_large_images.xml')

import cv2  # noqa: E402
from matplotlib import cbook  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
from ros_client import Client, NodeProcess  # noqa: E402
from skimage import data  # noqa: E402
from std_srvs.srv import Trigger  # noqa: E402

with warnings.catch_warnings():  # of the parser library that ROS loads with its first message
    warnings.simplefilter('ignore')
    import rosidl_generator_py  # noqa: E402, F401


@pytest.fixture(scope='session')
def two_people() -> np.ndarray:
    """Return 640x360 BGR with Grace Hopper at the left and Eileen Collins at the right."""
    with cbook.get_sample_data('grace_hopper.jpg') as file:
        hopper = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_COLOR)
    collins = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    image = np.full((360, 640, 3), 90, np.uint8)
    image[30:330, 60:316] = cv2.resize(hopper, (256, 300))
    image[30:330, 330:630] = cv2.resize(collins, (300, 300))
    return image


@pytest.fixture(scope='session')
def client() -> Iterator[Client]:
    """Return the node that plays camera, user and listener."""
    with Client() as node:
        yield node


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., NodeProcess]]:
    """Return a function that starts a node (module, ROS arguments); all end with the test."""
    running: list[NodeProcess] = []

    def begin(*arguments: str, module: str = 'node.main',
              namespaces: Sequence[str] = ()) -> NodeProcess:
        log = tmp_path / f'{module}{len(running)}.log'
        running.append(NodeProcess(f'face_tracker_ros.ros.{module}', arguments, log,
                                   namespaces))
        return running[-1]

    yield begin
    for process in running:
        process.finish()
        print(process.output()[-4000:])  # shown where the test has failed


@pytest.fixture
def tracker(start: Callable[..., NodeProcess], client: Client) -> NodeProcess:
    """Return an active face tracker with default parameters."""
    process = start()
    client.forget()
    client.wait(lambda: client.state() == 'active', 'the node to become active')
    return process


@pytest.fixture(scope='module')
def process(tmp_path_factory: pytest.TempPathFactory, client: Client) -> Iterator[NodeProcess]:
    """Return one node for the tests of a module that need no settings of their own."""
    log = tmp_path_factory.mktemp('node') / 'log'
    process = NodeProcess('face_tracker_ros.ros.node.main', (), log)
    client.wait(lambda: client.state() == 'active', 'the node to become active')
    yield process
    process.finish()


@pytest.fixture
def idle(process: NodeProcess, client: Client) -> NodeProcess:
    """Return the node of the module, without tracks."""
    assert client.call(Trigger, 'reset').success
    client.forget()
    return process
