# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""README and documentation: short enough, complete, and what they say is what there is."""
from __future__ import annotations

from pathlib import Path
import re
import subprocess
import sys

import pytest
import yaml

ROOT = Path(__file__).parents[1]
README = (ROOT / 'README.md').read_text(encoding='utf-8')
PAGES = sorted((ROOT / 'docs').rglob('*.md'))

pytestmark = pytest.mark.skipif(not (ROOT / 'docs').is_dir(), reason='runs in the source folder')


def test_readme_is_read_in_a_few_minutes() -> None:
    assert len(README.split()) <= 900


def test_the_speed_that_the_readme_states_is_the_measured_one() -> None:
    assert '<!-- generated: peers-readme -->\nAgainst' in README


@pytest.mark.parametrize('target', re.findall(r'\]\((?!https?:)([^)]+)\)', README))
def test_links_of_the_readme_lead_somewhere(target: str) -> None:
    assert (ROOT / target.partition('#')[0]).exists()


def test_the_animated_image_is_small_enough_to_load() -> None:
    image = ROOT / 'docs' / 'demo.webp'
    assert 'docs/demo.webp' in README and image.stat().st_size < 3_000_000


def test_generated_blocks_are_up_to_date() -> None:
    done = subprocess.run([sys.executable, 'scripts/render_docs.py', '--check'], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_page_is_in_the_navigation() -> None:
    def listed(entries: list[object]) -> list[str]:
        return [page for entry in entries for value in dict(entry).values()  # type: ignore
                for page in ([value] if isinstance(value, str) else listed(value))]

    text = (ROOT / 'mkdocs.yml').read_text(encoding='utf-8')
    nav = yaml.safe_load(text)['nav']
    assert sorted(listed(nav)) == [str(page.relative_to(ROOT / 'docs')) for page in PAGES]


def test_every_model_of_the_registry_is_in_the_guide() -> None:
    registry = {folder.parent.name for folder in (ROOT / 'models').glob('*/model.yaml')}
    guide = (ROOT / 'docs' / 'guides' / 'models.md').read_text(encoding='utf-8')
    named = {name for row in re.findall(r'^\| (`[^|]+) \|', guide, re.MULTILINE)
             for name in re.findall(r'`([^`]+)`', row)}
    assert registry <= named


def test_restricted_weights_are_named_where_terms_are_read() -> None:
    terms = README + (ROOT / 'docs' / 'about' / 'terms.md').read_text(encoding='utf-8')
    for description in (ROOT / 'models').glob('*/model.yaml'):
        model = yaml.safe_load(description.read_text(encoding='utf-8'))
        if 'research' in model['licence'].lower():
            assert f"`{model['name']}`" in terms and 'research use only' in terms
