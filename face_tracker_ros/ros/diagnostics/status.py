# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the statistics of a node mean: levels, and sentences that name the remedy."""
from __future__ import annotations

from dataclasses import dataclass, field

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from face_tracker_ros.ros.diagnostics.image_topic import ImageTopic
from face_tracker_ros.ros.diagnostics.statistics import RATE_SECONDS, Values
from face_tracker_ros.ros.node.load import LEVELS
from face_tracker_ros.tracking.faint import faint_faces
from std_msgs.msg import Header

_LEAST_SHARE = 0.8  # of the expected rate
_BUSY_SHARE = 0.5  # of the images that come, processed
_LOST_SHARE = 0.1  # of the images that are sent
_LEAST_LOST = 0.5  # a second
_BUSY_UTILIZATION = 0.5  # share of the time
_OLD = 1000.0  # milliseconds
_EARLY = -100.0
_LIGHTER = ('take config/fast.yaml or a smaller detection.width, give more inference.threads, '
            'or set max_rate')
QUIET_SECONDS = 5.0
"""Without an image for so long, the node reports why."""


@dataclass(frozen=True)
class Problem:
    """Something to report: `kind` stays the same while the numbers in the text change."""

    level: bytes
    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class NodeStatus:
    """
    What a node is doing.

    Attributes:
        state: 'unconfigured', 'inactive', 'disabled' or 'active'.
        failure: Why the last configuration was rejected.
        idle: Seconds of waiting for an image.
        last_arrival: Seconds since the last image; None before the first.
        measured: Seconds since the node subscribed.
        expected_rate: The parameter.
        max_rate: The parameter.
        use_sim_time: The parameter.
        shed_level: How much work is left out, 0 to 3 (ros/node/load.py).
        people_problem: Why the store of people cannot be used; empty: it can, or there is none.
        topic: The image topic and its publishers.
        models: Names of the models in use, by task, and the thresholds in force.
    """

    state: str = 'unconfigured'
    failure: str = ''
    idle: float = 0.0
    last_arrival: float | None = None
    measured: float = 0.0
    expected_rate: float = 0.0
    max_rate: float = 0.0
    use_sim_time: bool = False
    shed_level: int = 0
    people_problem: str = ''
    topic: ImageTopic = ImageTopic()
    models: Values = field(default_factory=dict)


def problems(values: Values, status: NodeStatus) -> list[Problem]:
    """Return what is wrong, worst first; nothing while all is well."""
    if status.failure:
        return [Problem(DiagnosticStatus.ERROR, 'failure',
                        f'not configured: {status.failure}')]
    if status.state != 'active':
        return []
    people = [Problem(DiagnosticStatus.WARN, 'people', status.people_problem)] \
        if status.people_problem else []
    losses = _of_losses(values, status)
    if status.idle >= QUIET_SECONDS:
        cause, text = status.topic.silence(status.last_arrival)
        return [*(losses or [Problem(
            DiagnosticStatus.STALE, f'quiet: {cause}', f"no image on '{status.topic.name}' "
            f'for {status.idle:.0f} s; {text}')]), *people]
    return [*_of_frames(values), *losses,
            *_of_rates(values, status, losing=bool(losses)), *_of_stamps(values, status),
            *_of_faint_faces(values, status), *people]


def _of_frames(values: Values) -> list[Problem]:
    if not values['bad_rate']:
        return []
    if values['fps']:
        return [Problem(DiagnosticStatus.WARN, 'bad', 'some images cannot be used: '
                        f"{values['last_bad_frame']}")]
    return [Problem(DiagnosticStatus.ERROR, 'bad',
                    f"no image can be used: {values['last_bad_frame']}")]


def _of_losses(values: Values, status: NodeStatus) -> list[Problem]:
    lost, come = float(values['lost_rate']), float(values['input_rate'])
    if status.measured < RATE_SECONDS or lost < max(_LOST_SHARE * (lost + come), _LEAST_LOST):
        return []
    return [Problem(DiagnosticStatus.WARN, 'lost', f'{lost:.1f} of {lost + come:.1f} images a '
                    f'second are lost on the way; {status.topic.loss()}')]


def _of_rates(values: Values, status: NodeStatus, losing: bool) -> list[Problem]:
    if status.measured < RATE_SECONDS:
        return []
    found, come, done = [], float(values['input_rate']), float(values['fps'])
    if come < _LEAST_SHARE * status.expected_rate and not losing:
        found.append(Problem(
            DiagnosticStatus.WARN, 'slow input', f'images come at {come:.1f} a second instead of '
            f'{status.expected_rate:g}; look at the camera, its exposure and the transport, '
            'or set expected_rate'))
    wanted = min(come, status.max_rate or come)
    if status.shed_level:
        found.append(Problem(
            DiagnosticStatus.WARN, f'shedding {status.shed_level}', 'images take too long '
            f'({done:.1f} of {wanted:.1f} a second are processed): the node '
            f'{LEVELS[status.shed_level].text}; {_LIGHTER}'))
    elif done < _BUSY_SHARE * wanted and not values['bad_rate']:
        found.append(_behind(done, wanted, float(values['utilization']), status.topic))
    return found


def _behind(done: float, wanted: float, utilization: float, topic: ImageTopic) -> Problem:
    text = f'{done:.1f} of {wanted:.1f} images a second are processed'
    if utilization >= _BUSY_UTILIZATION:
        return Problem(DiagnosticStatus.WARN, 'busy', f'{text}, the node is busy '
                       f'{utilization:.0%} of the time; {_LIGHTER}')
    return Problem(DiagnosticStatus.WARN, 'starved', f'{text} though the node is busy only '
                   f'{utilization:.0%} of the time; either other programs take the processor, or '
                   f'images are lost on the way: {topic.loss()}')


def _of_stamps(values: Values, status: NodeStatus) -> list[Problem]:
    age = float(values.get('stamp_age_ms', 0.0))
    if _EARLY <= age <= _OLD:
        return []
    remedy = ('publish /clock from where the images come' if status.use_sim_time else
              'synchronise the clocks of the machines; for bags and simulators set use_sim_time')
    text = f'{-age / 1e3:.1f} s ahead' if age < 0 else f'{age / 1e3:.1f} s old'
    return [Problem(DiagnosticStatus.WARN, 'stamps',
                    f'image stamps are {text} when they come; {remedy}')]


def _of_faint_faces(values: Values, status: NodeStatus) -> list[Problem]:
    text = faint_faces(float(values['faint_share']), float(values['faint_score']),
                       float(status.models.get('min_track_score', 0.0)))
    if not text or status.measured < RATE_SECONDS:
        return []
    return [Problem(DiagnosticStatus.OK, 'faint', text)]


def summary(values: Values, status: NodeStatus) -> str:
    """Return one line about a node without problems."""
    if status.state != 'active':
        return status.state
    if not values['received']:
        return f"waiting for the first image on '{status.topic.name}'"
    return (f"{values['processed']} frames, {values['fps']:.1f} a second, "
            f"{values['tracks']} faces now, {values['ids']} ids so far, "
            f"{values['replaced']} replaced by newer ones, {values['lost_images']} lost on the "
            f"way, {values['bad_frames']} bad")


def report(header: Header, name: str, values: Values, status: NodeStatus,
           found: list[Problem]) -> DiagnosticArray:
    """Return the message of a node, as bad as the worst problem found."""
    level = max((problem.level for problem in found), default=DiagnosticStatus.OK)
    text = '; '.join(problem.text for problem in found) or summary(values, status)
    return to_message(header, name, text, {'state': status.state, **status.models,
                                           'shed_level': status.shed_level, **values},
                      level, status.topic.name)


def to_message(header: Header, name: str, text: str, values: Values,
               level: bytes = DiagnosticStatus.OK, hardware: str = '') -> DiagnosticArray:
    """Return a DiagnosticArray with one status."""
    entry = DiagnosticStatus(
        name=name, message=text, level=level, hardware_id=hardware,
        values=[KeyValue(key=key, value=_text(value)) for key, value in values.items()])
    return DiagnosticArray(header=header, status=[entry])


def _text(value: int | float | str) -> str:
    return f'{value:.3f}' if isinstance(value, float) else str(value)
