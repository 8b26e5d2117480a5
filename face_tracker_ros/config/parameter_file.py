# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
The text of config/tracker.yaml and of README's table, from the declarations in config.

`python -m face_tracker_ros.config.parameter_file > config/tracker.yaml` updates the file, and
`--table` prints the table.
"""
from __future__ import annotations

import sys
import textwrap

from face_tracker_ros.config import NODE_PARAMETERS, PARAMETERS
from face_tracker_ros.config.declaration import Parameter
import yaml

_HEAD = """\
# Every parameter with its default. Give a copy of this file to the launch file
# (params_file:=my.yaml) or to the track command (--config my.yaml); what a copy leaves out keeps
# its default. 'fixed': may change only while the node is unconfigured.
/**:
  ros__parameters:
"""


def parameter_file() -> str:
    """Return the whole file; groups (`tracker.max_age`) are nested mappings."""
    lines: list[str] = []
    group = ''
    for parameter in _ordered():
        head, _, name = parameter.name.rpartition('.')
        if head != group:
            group = head
            lines.append(f'    {group}:')
        indent = '      ' if group else '    '
        lines += textwrap.wrap(_comment(parameter), 97, initial_indent=f'{indent}# ',
                               subsequent_indent=f'{indent}# ')
        value = yaml.safe_dump({name: parameter.default}, default_style=None).strip()
        lines.append(f'{indent}{value}')
    return _HEAD + '\n'.join(lines) + '\n'


def parameter_table() -> str:
    """Return a Markdown table of name, default and meaning."""
    rows = ['| parameter | default | meaning |', '|---|---|---|']
    for parameter in _ordered():
        default = yaml.safe_dump(parameter.default).split()[0]
        rows.append(f'| `{parameter.name}` | `{default}` | {_comment(parameter)} |')
    return '\n'.join(rows) + '\n'


def _ordered() -> list[Parameter]:
    """Return the node's own, the core's, and what the node has in groups of its own."""
    grouped = ['.' in parameter.name for parameter in NODE_PARAMETERS]
    return [*(item for item, late in zip(NODE_PARAMETERS, grouped) if not late), *PARAMETERS,
            *(item for item, late in zip(NODE_PARAMETERS, grouped) if late)]


def _comment(parameter: Parameter) -> str:
    facts = []
    if parameter.low is not None and parameter.high is not None:
        facts.append(f'{parameter.low:g} to {parameter.high:g}')
    if not parameter.live:
        facts.append('fixed')
    return parameter.description + (f" [{', '.join(facts)}]" if facts else '')


if __name__ == '__main__':
    print(parameter_table() if '--table' in sys.argv else parameter_file(), end='')
