# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The process of a node: signals, memory, errors and the exit code.

Nothing heavy is imported before the signal handlers are set, so that a node can be stopped
cleanly while it is still loading.
"""
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
import ctypes
import signal
import sys
import threading
import time
from typing import Any

# glibc's names for the thresholds that the MALLOC_..._ environment variables set.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_MEBIBYTE = 1 << 20
_WAKE_SECONDS = 0.5
_MOST_FAILURES, _FAILURE_SECONDS = 5, 10.0  # more in less time end the process
_LAST_SECONDS = 30  # after a signal to stop; then the system ends what hangs in the middleware


def run(make_nodes: Callable[[Sequence[str]], Sequence[Any]],
        args: Sequence[str] | None = None, usage: str = '') -> int:
    """
    Spin nodes until a signal or the end.

    Args:
        make_nodes: Returns the nodes; called with the arguments that are not for ROS. A node has
            `start()`, called before spinning, and `stop()`, called before it is destroyed and
            returning its exit code.
        args: Arguments of the command; None: those of the process.
        usage: Printed for -h or --help, without starting ROS.

    Returns:
        The exit code: 0 after SIGINT, SIGTERM or a good end; 2, with one line of error, when a
        node cannot be made or started.
    """
    given = list(sys.argv[1:] if args is None else args)
    if usage and _asks_for_help(given):
        print(usage, end='')
        return 0
    leaving = _watch_signals()
    keep_large_buffers()
    import rclpy
    from rclpy.clock import Clock
    from rclpy.clock_type import ClockType
    from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
    from rclpy.utilities import remove_ros_args
    nodes: list[Any] = []
    code = 0
    try:
        rclpy.init(args=given)
        if not leaving.is_set():
            nodes += make_nodes(remove_ros_args(given))
            executor = SingleThreadedExecutor()
            for node in nodes:
                node.start()
                executor.add_node(node)
            # ROS wakes the executor by a signal before it ends the context: one that has gone
            # back to wait in between would sleep until something else happens.
            nodes[0].create_timer(_WAKE_SECONDS, _nothing,
                                  clock=Clock(clock_type=ClockType.STEADY_TIME))
            _spin(executor, nodes[0], leaving)
    except ExternalShutdownException:
        pass
    except Exception as error:
        if not leaving.is_set():
            code = _reject(error)
    finally:
        for node in nodes:
            code = node.stop() or code
            node.destroy_node()
        rclpy.try_shutdown()
        _ignore_signals()
    return code


def _spin(executor: Any, node: Any, leaving: threading.Event) -> None:
    """Spin, and go on after errors such as a message for which there is no memory; not forever."""
    from face_tracker_ros.errors import reason
    from rclpy.executors import ExternalShutdownException
    failures: deque[float] = deque(maxlen=_MOST_FAILURES)
    while True:
        try:
            executor.spin()
            return
        except ExternalShutdownException:
            raise
        except Exception as error:
            now = time.monotonic()
            if leaving.is_set() or (len(failures) == _MOST_FAILURES
                                    and now - failures[0] < _FAILURE_SECONDS):
                raise
            failures.append(now)
            node.get_logger().error(f'message skipped: {reason(error)}')
            _release(executor)


def _release(executor: Any) -> None:
    """Let the executor look again at what it was about to take: rclpy would leave that out."""
    for node in executor.get_nodes():
        entities: list[Any] = [*node.subscriptions, *node.services, *node.clients]
        for entity in entities:
            if getattr(entity, '_executor_event', False):
                entity._executor_event = False
                group = entity.callback_group
                if getattr(group, '_active_entity', None) == entity:
                    group.ending_execution(entity)


def keep_large_buffers() -> None:
    """
    Keep freed image buffers in the process instead of giving them back to the system.

    As the MALLOC_... variables of launch/tracker.launch.py do, for nodes that are started without
    it: otherwise every image message is written to freshly mapped pages, which costs up to more
    than the message itself, depending on the machine. No effect without glibc.
    """
    mallopt = getattr(ctypes.CDLL(None), 'mallopt', None)
    if mallopt is not None:
        if not mallopt(_M_MMAP_THRESHOLD, 256 * _MEBIBYTE):
            mallopt(_M_MMAP_THRESHOLD, 32 * _MEBIBYTE)
        mallopt(_M_TRIM_THRESHOLD, 512 * _MEBIBYTE)
        mallopt(_M_TOP_PAD, 64 * _MEBIBYTE)


def _watch_signals() -> threading.Event:
    # ROS chains its handlers, which end the spinning, to these. They only set a flag, because an
    # exception out of a signal handler could appear anywhere; SIGINT is handled even where the
    # shell has started the process with it ignored.
    leaving = threading.Event()

    def leave(*_: object) -> None:
        leaving.set()
        signal.alarm(_LAST_SECONDS)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)
    return leaving


def _ignore_signals() -> None:
    # Python sets its own handlers back to the default on its way out, where a second signal, as
    # launch sends one after Ctrl-C, would make a clean end a failure. What is ignored, stays so.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _asks_for_help(arguments: Sequence[str]) -> bool:
    for argument in arguments:
        if argument == '--ros-args':
            return False
        if argument in ('-h', '--help'):
            return True
    return False


def _nothing() -> None:
    """Do nothing, on time."""


def _reject(error: Exception) -> int:
    from face_tracker_ros.errors import reason
    print(f'error: {reason(error)}', file=sys.stderr)
    return 2
