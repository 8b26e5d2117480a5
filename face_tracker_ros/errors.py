# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The errors of the core: every message names the thing, its value and the remedy."""
from __future__ import annotations

import re
import reprlib

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 200
_PASSWORD = re.compile(r'(://[^:@/?#\s]*):\S*@|([?&](?:ssl)?password=)[^&\s]*')
_LONGEST = 1000  # characters of a line about an error


class FaceTrackerError(Exception):
    """Base of everything the package rejects; the message is one line, ready to show."""

    def __str__(self) -> str:
        """Return the message, with escapes for line breaks and control characters in values."""
        return ''.join(char if char.isprintable() else repr(char)[1:-1]
                       for char in super().__str__())


class ConfigError(FaceTrackerError):
    """An unknown parameter, or a value of the wrong type or out of range."""


class ModelError(FaceTrackerError):
    """A model is unknown, missing, corrupt or of a form that cannot be used."""


class MissingPackage(ModelError, ImportError):
    """A Python package that runs models is not installed."""


class FrameError(FaceTrackerError):
    """One image or message cannot be used; the next one may be."""


class SourceError(FaceTrackerError):
    """A video, camera, folder or text file cannot be read or written."""


def reason(error: Exception) -> str:
    """Return the text of an error, in one line; others than ours with their kind."""
    text = one_line(str(error))
    return text if isinstance(error, FaceTrackerError) else f'{type(error).__name__}: {text}'


def one_line(text: str) -> str:
    """Return `text` as one line that a terminal can show: bounded, without control characters."""
    text = ' '.join(text.split())
    if len(text) > _LONGEST:
        text = f'{text[:_LONGEST * 3 // 4]} ... {text[-_LONGEST // 4:]}'
    return ''.join(each if each.isprintable() else each.encode('unicode_escape').decode('ascii')
                   for each in text)


def shown(value: object) -> str:
    """Return `value` as Python writes it, without passwords and the middle of what is long."""
    try:
        return _SHORT.repr(without_password(value) if isinstance(value, str) else value)
    except ValueError:  # Python writes no integer of thousands of digits
        return f'a huge {type(value).__name__}'


def without_password(text: str) -> str:
    """Return `text` without the passwords of addresses in it."""
    return _PASSWORD.sub(lambda found: f'{found[1]}@' if found[1] else f'{found[2]}...', text)
