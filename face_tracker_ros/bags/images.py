# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The images of a bag."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from face_tracker_ros.bags.bag import Bag
from face_tracker_ros.bags.definitions import COMPRESSED
from face_tracker_ros.bags.stamps import Stamps
from face_tracker_ros.errors import FrameError, reason
from face_tracker_ros.image_message import from_encoded, from_raw
from face_tracker_ros.types import Image


def decoded(bag: Bag, topic: str, message: Any) -> Image:
    """Return the image of a message; FrameError where it cannot be decoded."""
    return (from_encoded if bag.topics[topic].kind == COMPRESSED else from_raw)(message)


def images(bag: Bag, topic: str) -> Iterator[tuple[float, Image]]:
    """Yield time in seconds and image; those that cannot be decoded are counted and noted."""
    stamps, bad, last = Stamps(), 0, ''
    for _, recorded, message in bag.messages([topic]):
        time = stamps.time(message.header, recorded)
        if time is None:
            continue
        try:
            image = decoded(bag, topic, message)
        except FrameError as error:
            bad, last = bad + 1, reason(error)
            continue
        yield time, image
    if bad:
        bag.note(f"{bad} images of '{topic}' cannot be decoded: {last}")
    for sentence in stamps.notes(topic):
        bag.note(sentence)
