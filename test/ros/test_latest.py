# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The worker thread of the node and what it is given: the newest item wins."""
from __future__ import annotations

import threading
import time

from face_tracker_ros.ros.latest import LatestWorker
from face_tracker_ros.ros.reception import Gaps, keeps_one, WhenFree
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSHistoryPolicy, QoSProfile
from std_msgs.msg import Header


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
    assert done.acquire(timeout=10)
    worker.stop()


def test_ready_is_told_when_there_is_neither_work_nor_a_rest() -> None:
    told, go_on = threading.Semaphore(0), threading.Semaphore(0)
    worker = LatestWorker(lambda item: go_on.acquire(timeout=10), ready=told.release)
    assert told.acquire(timeout=10) and worker.free
    worker.put(1)
    assert not worker.free
    assert not told.acquire(timeout=0.2) and not worker.free
    go_on.release()
    assert told.acquire(timeout=10) and worker.free
    worker.stop()


def test_messages_that_were_never_taken_are_counted_for_each_publisher() -> None:
    gaps = Gaps()

    def before(number: int | None, publisher: bytes = b'a') -> int:
        return gaps.before({'publication_sequence_number': number,
                            'publisher_gid': {'data': publisher}})

    assert [before(7), before(8), before(12)] == [0, 0, 3]
    assert [before(100, b'b'), before(13), before(103, b'b')] == [0, 0, 2]
    assert before(1) == 0, 'it began anew'
    assert before(None) == 0 and gaps.before({}) == 0, 'the middleware has no numbers'


def test_only_a_queue_of_one_may_wait_in_the_middleware() -> None:
    assert keeps_one(QoSProfile(depth=1))
    assert not keeps_one(QoSProfile(depth=5)), 'its oldest image would be the next'
    assert not keeps_one(QoSProfile(history=QoSHistoryPolicy.KEEP_ALL, depth=1))


def test_messages_wait_until_they_can_be_worked_on_and_the_newest_is_left() -> None:
    context = rclpy.Context()
    rclpy.init(context=context)
    node, executor = rclpy.create_node('waits', context=context), SingleThreadedExecutor(
        context=context)
    free, taken, gaps = threading.Event(), [], Gaps()
    node.create_subscription(
        Header, 'messages', lambda message, info: taken.append(
            (message.frame_id, gaps.before(info))), QoSProfile(depth=1),
        callback_group=WhenFree(free.is_set))
    publisher = node.create_publisher(Header, 'messages', QoSProfile(depth=1))
    executor.add_node(node)
    thread = threading.Thread(target=executor.spin, daemon=True)
    thread.start()

    def expect(count: int) -> None:
        free.set()
        executor.wake()
        end = time.monotonic() + 10
        while len(taken) < count and time.monotonic() < end:
            time.sleep(0.01)
        free.clear()

    try:
        publisher.publish(Header(frame_id='first'))
        expect(1)
        for name in ('a', 'b', 'c', 'd'):
            publisher.publish(Header(frame_id=name))
        time.sleep(0.3)
        assert taken == [('first', 0)], 'nothing is taken meanwhile'
        expect(2)
        assert taken[1] == ('d', 3)
    finally:
        executor.shutdown()
        rclpy.shutdown(context=context)
        thread.join(10)
