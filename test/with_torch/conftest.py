# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Tests with PyTorch and NNCF, which are in an environment of their own."""
from __future__ import annotations

import importlib.util

if importlib.util.find_spec('torch') is None:
    collect_ignore_glob = ['*']


def pytest_report_header() -> str:
    """Say where the tests are when they are not collected."""
    return 'test/with_torch: run by WITH_TORCH=1 scripts/test test/with_torch'
