# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""
Writes what the code and the benchmarks know into the marked blocks of the documentation.

    python3 scripts/render_docs.py           write the blocks
    python3 scripts/render_docs.py --check   exit status 1, and a line for each page out of date

A block is what stands between `<!-- generated: NAME -->` and `<!-- end -->`. Its source is the
code (parameters, commands) or, for every other NAME, the table or the text of that name in
docs/results/*.json.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
import json
import os
from pathlib import Path
import re
import subprocess
import sys

from face_tracker_ros.__main__ import COMMANDS
from face_tracker_ros.config.parameter_file import parameter_table

ROOT = Path(__file__).resolve().parents[1]
NODES = {'face_tracker_node': 'node', 'video_publisher': 'video_publisher', 'web_view': 'web_view'}
"""Executables of nodes, and the folders of face_tracker_ros/ros that they are in."""

_BLOCK = re.compile(r'(<!-- generated: (\S+) -->\n).*?(<!-- end -->)', re.DOTALL)


def pages() -> Iterator[Path]:
    """Yield the files that may hold blocks."""
    yield ROOT / 'README.md'
    yield from sorted((ROOT / 'docs').rglob('*.md'))
    yield from sorted((ROOT / 'models').glob('*/MODEL_CARD.md'))


def command_texts() -> str:
    """Return the help of every command."""
    return '\n'.join(_help(f'## face-tracker {name}'.strip(), 'face_tracker_ros',
                           *filter(None, [name])) for name in ('', *COMMANDS))


def node_texts() -> str:
    """Return the help of every node."""
    return '\n'.join(_help(f'### {name}', f'face_tracker_ros.ros.{folder}.main')
                     for name, folder in NODES.items())


def _help(title: str, module: str, *words: str) -> str:
    done = subprocess.run([sys.executable, '-m', module, *words, '--help'], cwd=ROOT,
                          env={**os.environ, 'COLUMNS': '92', 'NO_COLOR': '1'},
                          capture_output=True, text=True, check=True)
    return f'{title}\n\n```text\n{done.stdout.rstrip()}\n```\n'


def tables() -> dict[str, str]:
    """Return the tables and texts of docs/results by name, as Markdown."""
    found = {}
    for path in sorted((ROOT / 'docs' / 'results').glob('*.json')):
        content = json.loads(path.read_text(encoding='utf-8'))
        for name, table in content.get('tables', {}).items():
            rows = [table['columns'], ['---'] * len(table['columns']), *table['rows']]
            found[name] = ''.join(f"| {' | '.join(map(str, row))} |\n" for row in rows)
        found.update((name, f'{text}\n') for name, text in content.get('texts', {}).items())
    return found


def rendered(text: str, source: Callable[[str], str]) -> str:
    """Return a page with every block made anew; `source` gives the content of a block by name."""
    return _BLOCK.sub(lambda found: f'{found[1]}{source(found[2])}{found[3]}', text)


def main() -> int:
    """Render, or check; return the exit status."""
    check, status = '--check' in sys.argv[1:], 0
    texts = {'parameters': parameter_table(), 'commands': command_texts(), 'nodes': node_texts(),
             **tables()}

    def source(name: str) -> str:
        if name not in texts:
            sys.exit(f"render_docs: block '{name}' has no source; known: {', '.join(texts)}")
        return texts[name]

    for path in pages():
        text = path.read_text(encoding='utf-8')
        new = rendered(text, source)
        if new != text and check:
            print(f'{path.relative_to(ROOT)}: out of date; run scripts/docs render')
            status = 1
        elif new != text:
            path.write_text(new, encoding='utf-8')
    return status


if __name__ == '__main__':
    sys.exit(main())
