# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The refusals of the core: every message names the thing, its value and the remedy."""
from __future__ import annotations

import reprlib

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 200


class FaceTrackerError(Exception):
    """Base of everything the package refuses; the message is one line, ready to show."""

    def __str__(self) -> str:
        """Return the message, with escapes for line breaks and control characters in values."""
        return ''.join(char if char.isprintable() else repr(char)[1:-1]
                       for char in super().__str__())


class ConfigError(FaceTrackerError):
    """An unknown parameter, or a value of the wrong type or out of range."""


class ModelError(FaceTrackerError):
    """A model is unknown, missing, corrupt or of a form that cannot be used."""


class FrameError(FaceTrackerError):
    """One image or message cannot be used; the next one may be."""


class SourceError(FaceTrackerError):
    """A video, camera, folder or text file cannot be read or written."""


def reason(error: Exception) -> str:
    """Return what a person is told of an error, in one line; others than ours with their kind."""
    text = ' '.join(str(error).split())
    return text if isinstance(error, FaceTrackerError) else f'{type(error).__name__}: {text}'


def shown(value: object) -> str:
    """Return `value` as Python writes it, without the middle of what is long."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python writes no integer of thousands of digits
        return f'a huge {type(value).__name__}'
