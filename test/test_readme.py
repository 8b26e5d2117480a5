# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""What README says is what there is."""
from pathlib import Path
import re

from face_tracker_ros.ros.parameter_file import parameter_table
import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / 'README.md').read_text(encoding='utf-8')


def test_parameter_table_is_that_of_the_declarations():
    table = README.split('--table -->\n')[1].split('<!-- end of parameters')[0]
    assert table == parameter_table(), \
        'renew it: python -m face_tracker_ros.ros.parameter_file --table'


@pytest.mark.parametrize('target', re.findall(r'\]\((?!https?:)([^)]+)\)', README))
def test_links_lead_somewhere(target):
    assert (ROOT / target.partition('#')[0]).exists()


def test_every_model_of_the_registry_is_named_and_no_other():
    registry = {folder.parent.name for folder in (ROOT / 'models').glob('*/model.yaml')}
    tables = README.split('## Other models')[1].split('## How it tracks')[0]
    named = {name for row in re.findall(r'^\| (`[^|]+) \|', tables, re.MULTILINE)
             for name in re.findall(r'`([^`]+)`', row)}
    assert named == registry


def test_launch_arguments_are_those_of_the_launch_file():
    launch = (ROOT / 'launch' / 'tracker.launch.py').read_text(encoding='utf-8')
    declared = set(re.findall(r"DeclareLaunchArgument\('(\w+)'", launch))
    sentence = README.split('--show-args` lists the arguments: ')[1].split('. `demo')[0]
    assert set(re.findall(r'`(\w+)`', sentence)) == declared


def test_the_notice_of_the_shipped_weights_is_there():
    card = (ROOT / 'models' / 'mobilenetv3-large-face' / 'MODEL_CARD.md').read_text(
        encoding='utf-8')
    assert "not covered by the code's Apache-2.0" in card
    assert 'models/mobilenetv3-large-face' in README and 'research use' in README
    assert 'models/face-detector/ATTRIBUTION.md' in README
