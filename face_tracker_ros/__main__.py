# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""`face-tracker COMMAND`, also `python -m face_tracker_ros COMMAND`: the commands without ROS."""
from __future__ import annotations

from collections.abc import Sequence
import importlib
from pathlib import Path
import sys

from face_tracker_ros import __version__
from face_tracker_ros.cli.signals import end_quietly, leave
from face_tracker_ros.errors import FaceTrackerError

COMMANDS = {
    'track': 'track the faces of a video, camera or folder of images',
    'report': 'write a page about a ROS 2 bag: who was there when',
    'models': 'list, check, fetch, measure, convert and quantize models',
    'evaluate': 'score tracks against ground truth (HOTA, IDF1, MOTA)',
    'identities': 'list, enroll, rename and forget the people known by name',
    'benchmark': 'measure the speed on this machine, stage by stage',
}


def main(argv: Sequence[str] | None = None) -> int:
    """Hand the command line to the command that it names; return its exit code."""
    if argv is None:
        end_quietly()
    import argparse  # now, as an interrupt while it loads would give a traceback
    listing = '\n'.join(f'  {name:11}{text}' for name, text in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog='face-tracker', description='Tracked faces with persistent IDs, on the CPU.',
        epilog=f'commands:\n{listing}\n\nexample:\n  face-tracker track people.mp4 --output '
        'annotated.mp4\n\nface-tracker COMMAND --help describes one.',
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--version', action='version', version=__version__)
    parser.add_argument('command', metavar='COMMAND', choices=COMMANDS)
    words = list(sys.argv[1:] if argv is None else argv)
    known = parser.parse_args(words[:1])
    try:
        command = importlib.import_module(f'face_tracker_ros.cli.{known.command}')
    except FaceTrackerError as error:  # a package is not installed
        print(f'{known.command}: {error}', file=sys.stderr)
        return 2
    code = int(command.main(words[1:]))
    return leave(code) if argv is None else code


def executable() -> int:
    """Run the command that the executable is named after, as `ros2 run` starts it."""
    end_quietly()
    return leave(main([Path(sys.argv[0]).name, *sys.argv[1:]]))


if __name__ == '__main__':
    sys.exit(main())
