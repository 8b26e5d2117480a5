# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The worker thread of the node: the newest item wins."""
from __future__ import annotations

import threading

from face_tracker_ros.ros.node.worker import LatestWorker


def test_items_that_come_during_work_replace_each_other() -> None:
    begun, go_on, done = threading.Event(), threading.Semaphore(0), []

    def handle(item: int) -> None:
        begun.set()
        go_on.acquire()
        done.append(item)

    worker = LatestWorker(handle)
    assert not worker.put(1)
    assert begun.wait(10)
    assert [worker.put(item) for item in (2, 3, 4)] == [False, True, True]
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


def test_stop_does_not_wait_for_the_rate() -> None:
    done = threading.Event()
    worker = LatestWorker(lambda item: done.set(), interval=lambda: 3600.0)
    worker.put(1)
    assert done.wait(10), 'the first item is worked on at once'
    worker.put(2)
    stopper = threading.Thread(target=worker.stop)
    stopper.start()
    stopper.join(10)
    assert not stopper.is_alive()


def test_a_shorter_interval_holds_at_once() -> None:
    interval, done = [1000.0], threading.Semaphore(0)

    def handle(item: int) -> None:
        done.release()

    worker = LatestWorker(handle, lambda: interval[0])
    worker.put(1)
    assert done.acquire(timeout=10)
    worker.put(2)
    assert not done.acquire(timeout=0.3)
    interval[0] = 0.0
    worker.reconsider()
    assert done.acquire(timeout=10)
    worker.stop()


def test_worker_reports_when_it_is_free_and_not_before_the_rate_allows() -> None:
    go_on, free, interval = threading.Event(), threading.Event(), [3600.0]
    worker = LatestWorker(lambda item: go_on.wait(10), lambda: interval[0], free.set)
    assert worker.is_free()
    worker.put(1)
    assert not worker.is_free()
    go_on.set()
    assert not free.wait(0.3) and not worker.is_free()
    interval[0] = 0.0
    worker.reconsider()
    assert free.wait(10) and worker.is_free()
    worker.stop()
