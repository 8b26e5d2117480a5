# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Stamps as drivers send them: a lone wrong one, jumps, none, and one that never changes."""
from __future__ import annotations

from face_tracker_ros.errors import FrameError
from face_tracker_ros.ros.node.stamps import ImageClock
import numpy as np
import pytest
from ros_client import Client, ids_of, NodeProcess

ARRIVAL = 9000.0  # of the node's clock, which need not be the stamps'


def times(stamps: list[float], arrivals: list[float] | None = None) -> list[float | None]:
    """Return the times that the clock gives images 0.1 s apart, None where rejected."""
    clock, found = ImageClock(), []
    for number, stamp in enumerate(stamps):
        arrival = ARRIVAL + 0.1 * number if arrivals is None else arrivals[number]
        try:
            found.append(clock.seconds(stamp, arrival))
        except FrameError:
            found.append(None)
    return found


@pytest.mark.parametrize('wrong', [0.0, 50.0, 1e6])
def test_a_lone_wrong_stamp_is_rejected_and_the_next_ones_are_taken(wrong: float) -> None:
    assert times([100.0, 100.1, wrong, 100.3, 100.4]) == [100.0, 100.1, None, 100.3, 100.4]


@pytest.mark.parametrize('begin', [50.0, 1e6])
def test_a_jump_counts_when_the_next_stamp_confirms_it(begin: float) -> None:
    assert times([100.0, 100.1, begin, begin + 0.1, begin + 0.2]) == [
        100.0, 100.1, None, begin + 0.1, begin + 0.2]


def test_two_wrong_stamps_that_do_not_agree_confirm_nothing() -> None:
    assert times([100.0, 1e6, 20.0, 100.3]) == [100.0, None, None, 100.3]


def test_a_pause_of_the_camera_and_images_that_are_rare_lose_none() -> None:
    paused = [100.0, 100.1, 130.0, 130.1]
    assert times(paused, [0.0, 0.1, 30.0, 30.1]) == paused
    rare = [100.0, 101.0, 104.0, 107.0, 110.0]  # as of a bag played ten times as fast
    assert times(rare) == rare


def test_images_that_are_rare_are_taken_while_simulated_time_stands_still() -> None:
    steady = iter(range(100, 200, 2))
    clock = ImageClock(lambda: float(next(steady)))
    stamps = [100.0, 102.0, 104.0, 106.0]
    assert [clock.seconds(stamp, 0.0) for stamp in stamps] == stamps


def test_images_without_stamps_have_their_times_of_arrival() -> None:
    assert times([0.0, 0.0, 0.0]) == pytest.approx([ARRIVAL, ARRIVAL + 0.1, ARRIVAL + 0.2])


def test_a_stamp_that_never_changes_is_replaced_by_the_time_of_arrival() -> None:
    found = times([100.0] * 20)
    assert found[:10] == [100.0] * 10
    assert found[10:] == pytest.approx([ARRIVAL + 0.1 * number for number in range(10, 20)])


def test_nobody_is_forgotten_for_a_lone_wrong_stamp(client: Client, idle: NodeProcess,
                                                    two_people: np.ndarray) -> None:
    before = ids_of(client.tracks_of(two_people, 2))
    for wrong in (1e6, -1 / 30):
        client.settle()  # so that the next image is taken, and not replaced by a newer one
        right = client.stamp
        client.stamp = wrong
        client.publish(two_people)
        client.spin(0.3)
        client.stamp = right
        client.arrays.clear()
        assert ids_of(client.tracks_of(two_people, 2)) == before
    client.diagnostics.clear()
    client.wait(lambda: client.diagnostics != {}, 'a report')
    assert client.report('bad_frames') >= 2
    assert 'frame skipped: stamp: ' in idle.output()
    assert 'stamps jumped back' not in idle.output()


def test_a_stamp_that_never_changes_is_logged_once_with_the_remedy(
        client: Client, idle: NodeProcess, two_people: np.ndarray) -> None:
    stuck = client.stamp

    def publish() -> None:
        client.stamp = stuck
        client.publish(two_people)

    def logged() -> int:
        return idle.output().count('the stamp of the images does not change')

    client.wait(lambda: logged() > 0, 'the log', publish)
    client.arrays.clear()
    client.wait(lambda: any(len(message.detections) == 2 for message in client.arrays),
                'tracks', publish)
    assert logged() == 1 and 'let the driver stamp each image' in idle.output()
