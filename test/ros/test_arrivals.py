# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What is counted of images that never came."""
from __future__ import annotations

import time
from types import SimpleNamespace

from face_tracker_ros.ros.node.arrivals import Arrivals


def info(number: int, ago: float, publisher: bytes = b'camera') -> dict[str, object]:
    return {'received_timestamp': round((time.time() - ago) * 1e9),
            'publication_sequence_number': number, 'publisher_gid': {'data': publisher}}


def test_images_that_never_came_are_counted_for_each_camera() -> None:
    arrivals = Arrivals()
    assert arrivals.passed(info(7, 60.0))[0] == 0, 'where numbers begin is not known'
    missed, waited = arrivals.passed(info(11, 60.0))
    assert missed == 3 and 60 <= waited < 70
    assert arrivals.passed(info(4, 60.0, b'other'))[0] == 0, 'another camera counts for itself'
    assert arrivals.passed(info(12, 60.0))[0] == 0
    assert arrivals.passed(info(1, 60.0))[0] == 0, 'a camera that begins anew'
    assert arrivals.passed(info(9, -1.0)) == (7, 0.0)
    assert arrivals.passed({**info(20, 60.0), 'publication_sequence_number': None})[0] == 0
    assert arrivals.passed({}) == (0, 0.0)


def test_images_lost_on_the_way_are_counted_apart_from_those_replaced() -> None:
    lost: list[int] = []
    arrivals = Arrivals(lost.append)

    def lose(number: int) -> None:
        arrivals.on_lost(SimpleNamespace(total_count_change=number))

    lose(30)
    assert arrivals.passed(info(40, 0.0))[0] == 0, 'losses before the first image'
    lose(4)
    lose(0)
    arrivals.on_lost(None)  # nothing has been reported
    assert arrivals.passed(info(50, 0.0))[0] == 5, '9 are missing and 4 of them lost'
    assert arrivals.passed(info(53, 0.0))[0] == 2, 'a loss explains one gap only'
    lose(3)
    assert arrivals.passed(info(55, 0.0))[0] == 0
    assert arrivals.passed(info(58, 0.0))[0] == 0, 'reported early'
    assert lost == [30, 4, 3]
