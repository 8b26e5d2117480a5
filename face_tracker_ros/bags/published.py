# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What a face tracker published, as a bag has it."""
from __future__ import annotations

from collections.abc import Mapping
import contextlib
from dataclasses import dataclass, field
import math
import re
from typing import Any

from face_tracker_ros.bags.bag import Bag, Each
from face_tracker_ros.bags.definitions import COMPRESSED, DIAGNOSTICS, IMAGE, TABLE
from face_tracker_ros.bags.images import decoded
from face_tracker_ros.bags.stamps import key, seconds, Stamps
from face_tracker_ros.bags.topics import image_topic, sibling
from face_tracker_ros.errors import FrameError
from face_tracker_ros.image_message import from_encoded
from face_tracker_ros.report.record import Record
from face_tracker_ros.types import Detections, FrameResult, Tracks
import numpy as np
from numpy.typing import NDArray

_CROP_FRAME = re.compile(r'(?:.*/)?face_f([0-9]{1,18})')
_ID = re.compile('[0-9]{1,18}')
_FAR = 1e9  # pixels; no box reaches so far, NaN neither
_STATUS = ': tracking'  # the end of the name of the node's status in /diagnostics
_LATE = (-1.0, 60.0)  # seconds; a latency beyond is that of two clocks
_LOOK_SECONDS = 0.2  # between images that are decoded for crops of the same people
_COUNTS = {'replaced': 'replaced by newer', 'lost_images': 'lost on the way',
           'bad_frames': 'bad images'}
_STAGES = ('latency', 'convert', 'process', 'follow', 'detect', 'camera', 'embed', 'track',
           'publish', 'extras', 'annotate')


@dataclass
class _Frame:
    """
    The tracks of one image.

    stamp: its stamp, ns. time: that counts, s. latency: from the stamp to the recording, s.
    boxes: (N, 4). scores: (N,).
    """

    stamp: int
    time: float
    latency: float
    ids: list[int]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float64]


@dataclass
class _Heard:
    """What other topics of the node say, by the stamp of the image."""

    names: dict[int, dict[int, str]] = field(default_factory=dict)
    changes: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    statuses: dict[str, list[Any]] = field(default_factory=dict)  # first and last of each node
    crops: dict[int, Any] = field(default_factory=dict)


def read_published(bag: Bag, tracks: str, images: str | None, each: Each = iter) -> Record:
    """
    Return the record of what was published.

    Args:
        bag: To be read.
        tracks: The topic of the tracks.
        images: The topic that the user named for the images; None: to be found.
        each: Goes through the messages, and may show how far it is.

    Raises:
        SourceError: Several topics could be that of the images.
    """
    record, heard = Record(), _Heard()
    record.origin = f"Tracks that were published on '{tracks}'."
    frames = _gather(bag, tracks, record, heard, each)
    for frame in frames:
        record.see(frame.time, frame.ids, heard.names.get(frame.stamp, {}),
                   heard.changes.get(frame.stamp, ()))
    source = _add_diagnostics(record, heard, tracks)
    _add_latency(record, [frame.latency for frame in frames])
    _add_crops(record, heard)
    topic = image_topic(bag, images, source) or _annotated(bag, tracks)
    if topic is not None:
        _add_images(record, bag, {frame.stamp: frame for frame in frames if frame.stamp}, topic,
                    not heard.crops, each)
    elif not heard.crops:
        record.notes.append('The bag holds no images, so that there are no crops')
    return record


def _gather(bag: Bag, tracks: str, record: Record, heard: _Heard, each: Each) -> list[_Frame]:
    """Return the tracks of all images; note what was wrong with them."""
    others = {topic: name for name, kind in (('identities', DIAGNOSTICS), ('id_changes', TABLE),
                                             ('crops', COMPRESSED))
              if (topic := sibling(bag, tracks, name, kind))}
    if '/diagnostics' in bag.topics and bag.topics['/diagnostics'].kind == DIAGNOSTICS:
        others['/diagnostics'] = 'diagnostics'
    frames, stamps, strange, unknown = list[_Frame](), Stamps(), 0, 0
    for topic, recorded, message in each(bag.messages([tracks, *others])):
        if topic != tracks:
            _hear(heard, others[topic], message)
            continue
        try:
            time = stamps.time(message.header, recorded)
            if time is not None:
                frame, odd = _frame(message, time, recorded - seconds(message.header))
                frames.append(frame)
                strange += odd
        except AttributeError:  # the definition in the bag has other fields
            unknown += 1
    record.notes += stamps.notes(tracks)
    if strange:
        record.notes.append(f"{strange} detections of '{tracks}' were left out: their ids are no "
                            'numbers, or their boxes no boxes of an image')
    if unknown:
        record.notes.append(f"{unknown} messages of '{tracks}' were left out: their fields are "
                            'not those of vision_msgs 3 or 4')
    return frames


def _frame(message: Any, time: float, latency: float) -> tuple[_Frame, int]:
    """Return the tracks of a message, and how many of its detections are none."""
    rows: dict[int, tuple[list[float], float]] = {}
    for detection in message.detections:
        box = detection.bbox
        centre = getattr(box.center, 'position', box.center)  # vision_msgs 3 has no position
        x, y, wide, high = centre.x, centre.y, box.size_x / 2, box.size_y / 2
        corners = [x - wide, y - high, x + wide, y + high]
        score = detection.results[0].hypothesis.score if len(detection.results) else 0.0
        track = str(detection.id)
        if _ID.fullmatch(track) and all(abs(value) < _FAR for value in (*corners, score)):
            rows[int(track)] = corners, score
    boxes = np.array([box for box, _ in rows.values()], np.float32).reshape(-1, 4)
    scores = np.array([score for _, score in rows.values()], np.float64)
    return (_Frame(key(message.header), time, latency, list(rows), boxes, scores),
            len(message.detections) - len(rows))


def _hear(heard: _Heard, role: str, message: Any) -> None:
    if role == 'identities':
        heard.names[key(message.header)] = {
            int(status.name): status.message for status in message.status
            if _ID.fullmatch(status.name)}
    elif role == 'diagnostics':
        for status in message.status:
            if status.name.endswith(_STATUS):
                heard.statuses.setdefault(status.name, [status, status])[1] = status
    elif role == 'crops':
        named = _CROP_FRAME.fullmatch(message.header.frame_id)
        if named:
            message.data = np.array(message.data)  # of its own, not a view of many messages
            heard.crops[int(named[1])] = message
    elif role == 'id_changes' and message.point_step == 8:
        rows = np.frombuffer(message.data, '<u4')
        heard.changes[key(message.header)] = [
            (int(old), int(new)) for old, new in rows.reshape(-1, 2)]


def _add_diagnostics(record: Record, heard: _Heard, tracks: str) -> str:
    """Add times and counts of the node; return the topic of its images, empty: not known."""
    node = f"{tracks.rpartition('/')[0].lstrip('/')}{_STATUS}"
    if len(heard.statuses) == 1:  # also where the tracks were remapped
        (node,) = heard.statuses
    if node not in heard.statuses:
        return ''
    first, last = ({value.key: value.value for value in status.values}
                   for status in heard.statuses[node])
    for name, title in _COUNTS.items():
        before, after = _number(first, name), _number(last, name)
        record.figures.append((title, f'{after - before if after >= before else after:.0f}'))
    for stage in _STAGES:
        if _number(last, f'{stage}_p95_ms') > 0:
            record.percentiles[stage] = (_number(last, f'{stage}_p50_ms') / 1e3,
                                         _number(last, f'{stage}_p95_ms') / 1e3)
    return str(heard.statuses[node][1].hardware_id)


def _number(values: Mapping[str, str], name: str) -> float:
    try:
        number = float(values.get(name, '0'))
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0


def _add_latency(record: Record, latencies: list[float]) -> None:
    if not latencies:
        return
    if _LATE[0] < float(np.median(latencies)) < _LATE[1]:
        record.timings['stamp to recording'] = latencies
    else:
        record.notes.append('The stamps are of another clock than the recording, so that there '
                            'is no latency')


def _annotated(bag: Bag, tracks: str) -> str | None:
    return (sibling(bag, tracks, 'annotated_image', IMAGE)
            or sibling(bag, tracks, 'annotated_image/compressed', COMPRESSED))


def _add_crops(record: Record, heard: _Heard) -> None:
    """Add the crops that were published."""
    for track, message in heard.crops.items():
        with contextlib.suppress(FrameError):
            record.keep(track, from_encoded(message))


def _add_images(record: Record, bag: Bag, frames: Mapping[int, _Frame], topic: str,
                crops: bool, each: Each) -> None:
    """Count the images and, where crops are wanted, make them of those with tracks."""
    count = missing = bad = 0
    looked, known = -math.inf, set[int]()
    for _, _, message in each(bag.messages([topic])):
        count += 1
        frame = frames.get(key(message.header))
        missing += frame is None
        if frame is None or not frame.ids or not crops:
            continue
        if known.issuperset(frame.ids) and frame.time - looked < _LOOK_SECONDS:
            continue
        known.update(frame.ids)
        looked = frame.time
        try:
            record.look(decoded(bag, topic, message), _result(frame))
        except FrameError:
            bad += 1
    record.figures.append(('images recorded', str(count)))
    if missing:
        record.notes.append(f"{missing} of the {count} images of '{topic}' have no tracks: the "
                            'node skipped them, or their tracks were not recorded')
    if bad:
        record.notes.append(f"{bad} images of '{topic}' cannot be decoded")


def _result(frame: _Frame) -> FrameResult:
    """Return the tracks of a frame as the tracker gives them, all of them seen."""
    count = len(frame.ids)
    nothing = np.zeros(count)
    return FrameResult(frame.time, Tracks(
        ids=np.array(frame.ids, np.intp), boxes=frame.boxes, scores=frame.scores,
        are_lost=np.zeros(count, bool), ages=nothing, times_since_update=nothing,
        velocities=np.zeros((count, 2), np.float32), embedding_ages=nothing,
        detection_rows=np.arange(count)), Tracks.empty(), Detections(
            frame.boxes, frame.scores.astype(np.float32)))
