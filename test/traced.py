# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What the tests without a network share: a traced environment with a fresh home."""
from __future__ import annotations

import os
from pathlib import Path

import face_tracker_ros

TRACER = Path(__file__).parent / 'tracer'
# The user has agreed to OpenVINO's usage statistics, for other programs.
AGREED = {'intel/openvino_telemetry': '1', 'intel/openvino_ga_cid': 'a-number',
          'intel/stats': '{"usage_count": 5}'}


class Traced:
    """A home in a folder, and the environment of processes that are watched."""

    def __init__(self, folder: Path, agreed: bool) -> None:
        """Make the home; agreed: with the user's consent to OpenVINO's usage statistics."""
        self.home, self.log, temporary = (folder / name for name in ('home', 'trace', 'tmp'))
        self._folder = folder
        for path in (self.home, temporary):
            path.mkdir(parents=True)
        if agreed:
            (self.home / 'intel').mkdir()
            for name, text in AGREED.items():
                (self.home / name).write_text(text)
        self._before = self._files()
        root = str(Path(face_tracker_ros.__file__).parents[1])
        path = [str(TRACER), root, os.environ.get('PYTHONPATH', '')]
        self.environment = {
            **os.environ, 'HOME': str(self.home), 'TMPDIR': str(temporary),
            'PYTHONPATH': os.pathsep.join(filter(None, path)), 'PYTHONDONTWRITEBYTECODE': '1',
            'FACE_TRACKER_TRACE': str(self.log)}
        # OpenVINO's statistics are off where CI is set; the others move what belongs in the home.
        for name in ('CI', 'FACE_TRACKER_CACHE', 'XDG_CACHE_HOME', 'ROS_HOME', 'ROS_LOG_DIR'):
            self.environment.pop(name, None)

    def trace(self) -> list[str]:
        """Return the lines that the tracer wrote."""
        return self.log.read_text().splitlines()

    def faults(self, *allowed: str) -> list[str]:
        """
        Return look-ups, connections, and files written or changed outside the allowed folders.

        allowed: folders relative to the home, or absolute; the cache is always allowed.
        """
        roots = tuple(str(self.home / name) + os.sep
                      for name in ('.cache/face_tracker_ros', *allowed))
        private = (*roots, os.devnull, '/dev/shm/')
        faults = [line for line in self.trace()
                  if not (line.startswith('write ') and line[6:].startswith(private))]
        after = self._files()
        return faults + [f'file {path}' for path in sorted(self._before.keys() | after.keys())
                         if self._before.get(path) != after.get(path)
                         and not path.startswith(roots)]

    def _files(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in self._folder.rglob('*')
                if path.is_file() and path != self.log}
