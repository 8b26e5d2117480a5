# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The thread that loads models: the newest item wins."""
from __future__ import annotations

import threading

from face_tracker_ros.ros.node.latest_worker import LatestWorker


def test_items_that_come_during_work_replace_each_other() -> None:
    begun, go_on, done = threading.Event(), threading.Semaphore(0), []

    def handle(item: int) -> None:
        begun.set()
        go_on.acquire()
        done.append(item)

    worker = LatestWorker(handle)
    worker.put(1)
    assert begun.wait(10)
    for item in (2, 3, 4):
        worker.put(item)
    begun.clear()
    go_on.release()
    assert begun.wait(10)
    go_on.release(2)
    worker.stop()
    assert done == [1, 4]


def test_stop_lets_work_end_and_drops_what_waits() -> None:
    begun, go_on, done = threading.Event(), threading.Event(), []

    def handle(item: int) -> None:
        begun.set()
        go_on.wait(10)
        done.append(item)

    worker = LatestWorker(handle)
    worker.put(1)
    assert begun.wait(10)
    worker.put(2)
    stopper = threading.Thread(target=worker.stop)
    stopper.start()
    go_on.set()
    stopper.join(10)
    assert not stopper.is_alive() and done == [1]
