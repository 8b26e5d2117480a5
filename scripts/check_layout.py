#!/usr/bin/env python3
# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Check the rules of the layout; print a line for each breach and exit with 1 when there is one.

* No module of face_tracker_ros imports itself in a circle (imports when a module is loaded; those
  inside functions and for type checkers do not count), and imports give full names.
* Only face_tracker_ros/ros and the modules of the demo that run nodes import ROS packages.
* Only face_tracker_ros/models/openvino_runtime.py imports OpenVINO; only models/network.py, the
  cache of what it compiles and models/tools import that.
* `import face_tracker_ros` reads no model.yaml and loads no OpenVINO.
"""
from __future__ import annotations

import argparse
import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
import re
import subprocess
import sys

PACKAGE = 'face_tracker_ros'
_WITH_ROS = re.compile(r'ros/|demo/(run|recorder|environment)\.py$')
_ROS = re.compile(r'(rclpy|rosbag2_py|message_filters|cv_bridge|ament_\w+|launch\w*|tf2_\w+'
                  rf'|rosidl\w*|rcl_interfaces|\w+_msgs|\w+_srvs|{PACKAGE}\.ros)(\.|$)')
_RUNTIME = f'{PACKAGE}.models.openvino_runtime'
_WITH_RUNTIME = re.compile(r'models/((network|compiled)\.py$|tools/)')
_IMPORT = """
import sys
read = set()
sys.addaudithook(lambda event, given: read.add(str(given[0])) if event == 'open' else None)
sys.path.insert(0, sys.argv[1])
import face_tracker_ros
print(*(f'reads {path}' for path in sorted(read) if path.endswith('model.yaml')), sep='\\n')
print(*('loads OpenVINO' for name in sys.modules if name == 'openvino'), sep='\\n')
"""


def check(root: Path) -> list[str]:
    """Return a line for each breach in the package that lies in a folder."""
    trees = {path: ast.parse(path.read_text(encoding='utf-8'))
             for path in sorted((root / PACKAGE).rglob('*.py'))}
    modules = {_name(path.relative_to(root)): path for path in trees}
    graph = {name: sorted(_edges(name, trees[path], modules)) for name, path in modules.items()}
    lines = [f'{modules[circle[0]].relative_to(root)}: imports itself in a circle: '
             + ' -> '.join(circle) for circle in _circles(graph)]
    for path, tree in trees.items():
        inside = path.relative_to(root / PACKAGE).as_posix()
        names = sorted(set(_imports(ast.walk(tree))))
        lines += [f'{PACKAGE}/{inside}: imports {name}; give the full name of the module'
                  for name in names if name.startswith('.')]
        if not _WITH_ROS.match(inside):
            lines += [f'{PACKAGE}/{inside}: imports {name}; only ros/ and the nodes of demo/ may '
                      'import ROS packages' for name in names if _ROS.match(name)]
        if inside != 'models/openvino_runtime.py':
            lines += [f'{PACKAGE}/{inside}: imports {name}; only models/openvino_runtime.py may '
                      'import OpenVINO' for name in names if name.split('.')[0] == 'openvino']
        if not _WITH_RUNTIME.match(inside):
            lines += [f'{PACKAGE}/{inside}: imports {name}; only models/network.py, compiled.py '
                      'and tools may use OpenVINO' for name in names if name.startswith(_RUNTIME)]
    return lines + _when_imported(root)


def _name(path: Path) -> str:
    parts = path.with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


def _imports(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the dotted names that import statements mention, `from a import b` as a.b."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = '.' * node.level + (node.module or '')
            yield from (f'{module}.{alias.name}' for alias in node.names)


def _when_loaded(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield what runs when a module is loaded, without functions and TYPE_CHECKING blocks."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and 'TYPE_CHECKING' in ast.unparse(node.test):
            yield from _when_loaded(node.orelse)
            continue
        yield node
        yield from _when_loaded(ast.iter_child_nodes(node))


def _edges(name: str, tree: ast.Module, modules: Iterable[str]) -> set[str]:
    """Return the modules of the package that are loaded with one, packages on the way included."""
    found: set[str] = set()
    for target in _imports(_when_loaded(tree.body)):
        parts = target.split('.')
        found.update('.'.join(parts[:end]) for end in range(1, len(parts) + 1))
    own = {name.rsplit('.', count)[0] for count in range(1, name.count('.') + 1)}
    return (found & set(modules)) - own - {name}


def _circles(graph: dict[str, list[str]]) -> list[list[str]]:
    """Return circles, the first of each module that is in one that was not found yet."""
    circles: list[list[str]] = []
    found: set[str] = set()
    for start in graph:
        ways, seen = [[start]], {start}
        while ways and start not in found:
            way = ways.pop(0)  # breadth first: the shortest circle is the one to read
            for target in graph[way[-1]]:
                if target == start:
                    circles.append([*way, start])
                    found.update(way)
                    break
                if target not in seen:
                    seen.add(target)
                    ways.append([*way, target])
    return circles


def _when_imported(root: Path) -> list[str]:
    done = subprocess.run([sys.executable, '-c', _IMPORT, str(root)], capture_output=True,
                          text=True, check=False)
    begin = f'{PACKAGE}/__init__.py: importing the package'
    if done.returncode:
        return [f'{begin} fails: {done.stderr.strip().splitlines()[-1]}']
    return [f'{begin} {line}' for line in done.stdout.splitlines() if line]


def main() -> int:
    """Check the tree that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('root', type=Path, nargs='?', default=Path(__file__).resolve().parents[1],
                        help='folder that holds the package (default: this checkout)')
    lines = check(parser.parse_args().root.resolve())
    for line in lines:
        print(line, file=sys.stderr)
    return 1 if lines else 0


if __name__ == '__main__':
    sys.exit(main())
