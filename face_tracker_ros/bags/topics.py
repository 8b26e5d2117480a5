# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Which topics of a bag are read."""
from __future__ import annotations

from collections.abc import Collection

from face_tracker_ros.bags.bag import Bag
from face_tracker_ros.bags.definitions import COMPRESSED, IMAGE, TRACKS
from face_tracker_ros.errors import shown, SourceError

_IMAGES = (IMAGE, COMPRESSED)
_MADE = ('annotated_image', 'annotated_image/compressed', 'crops')  # by the node, of images
_MOST = 12  # topics that a message lists


def tracks_topic(bag: Bag, given: str | None) -> str | None:
    """
    Return the topic of the tracks; None where the bag holds none.

    Raises:
        SourceError: The one that is given is not there, or several could be meant.
    """
    if given is not None:
        return _given(bag, given, (TRACKS,), '--tracks-topic')
    found = [name for name, topic in bag.topics.items()
             if topic.kind == TRACKS and not name.endswith('/attention')]
    named = [name for name in found if name.endswith('/tracks')]
    return _only(bag, named or found, 'the tracks', '--tracks-topic')


def image_topic(bag: Bag, given: str | None, source: str = '') -> str | None:
    """
    Return the topic of the images that were, or are to be, tracked; None where there is none.

    Args:
        bag: Where to look.
        given: What the user named.
        source: The topic that the node reported as its own, empty where it is not known.

    Raises:
        SourceError: The one that is given is not there, or several could be meant.
    """
    if given is not None:
        return _given(bag, given, _IMAGES, '--image-topic')
    found = [name for name, topic in bag.topics.items()
             if topic.kind in _IMAGES and not name.endswith(_MADE) and 'depth' not in name.lower()]
    for name in (source, f'{source}/compressed'):
        if name in found:
            return name
    raw = [name for name in found if not name.endswith('/compressed')
           or name[:-len('/compressed')] not in found]  # the same images twice count once
    return _only(bag, raw, 'the images', '--image-topic')


def sibling(bag: Bag, tracks: str, name: str, kind: str) -> str | None:
    """Return another topic of the node that published the tracks; None where it is missing."""
    topic = f"{tracks.rpartition('/')[0]}/{name}"
    return topic if topic in bag.topics and bag.topics[topic].kind == kind else None


def nothing_to_report(bag: Bag) -> SourceError:
    """Return the error about a bag without tracks and images."""
    return SourceError(f"bag '{bag.name}': holds neither tracks (vision_msgs/Detection2DArray) "
                       f'nor images (sensor_msgs/Image, CompressedImage); {_holds(bag)}')


def _given(bag: Bag, name: str, kinds: Collection[str], option: str) -> str:
    name = '/' + name.lstrip('/')
    if name not in bag.topics:
        raise SourceError(f'{option} {shown(name)}: is not in the bag; {_holds(bag)}')
    if bag.topics[name].kind not in kinds:
        raise SourceError(f'{option} {shown(name)}: is of the type {bag.topics[name].kind}; give '
                          f"one of {' or '.join(kinds)}")
    return name


def _only(bag: Bag, names: list[str], what: str, option: str) -> str | None:
    if len(names) > 1:
        raise SourceError(f"bag '{bag.name}': several topics could be {what}; give one of them "
                          f'with {option}: {_listed(names)}')
    return names[0] if names else None


def _holds(bag: Bag) -> str:
    names = [f'{name} ({topic.kind})' for name, topic in bag.topics.items()]
    return f'it holds {_listed(names)}' if names else 'it holds no message'


def _listed(names: list[str]) -> str:
    more = f' and {len(names) - _MOST} more' if len(names) > _MOST else ''
    return ', '.join(sorted(names)[:_MOST]) + more
