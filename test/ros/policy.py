# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The SROS 2 policy, compared with what nodes do."""
from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from ros_client import Client

POLICY = Path(__file__).parents[2] / 'config' / 'sros2_policy.xml'


def names(profile: ElementTree.Element, kind: str, what: str) -> set[str]:
    """Return the full names that a profile allows to subscribe to, publish, reply or request."""
    item, node = kind[:-1], f"/{profile.get('node')}"
    return {(entry.text or '').replace('~', node) if (entry.text or '').startswith('~')
            else f'/{entry.text}' for group in profile.findall(kind)
            if group.get(what) == 'ALLOW' for entry in group.findall(item)}


def check_policy(client: Client, node: str, optional: set[str]) -> None:
    """Compare what a running node does with what it may."""
    profile, = ElementTree.parse(POLICY).getroot().iterfind(f".//profile[@node='{node}']")
    assert profile.get('ns') == '/'
    graph = client.node
    for kind, what, present in (
            ('topics', 'publish', graph.get_publisher_names_and_types_by_node),
            ('topics', 'subscribe', graph.get_subscriber_names_and_types_by_node),
            ('services', 'request', graph.get_client_names_and_types_by_node),
            ('services', 'reply', graph.get_service_names_and_types_by_node)):
        used = {name for name, _ in present(node, '/')}
        allowed = names(profile, kind, what)
        assert used <= allowed, f'{kind} not allowed to {what}: {sorted(used - allowed)}'
        unused = sorted(allowed - used - optional)
        assert not unused, f'{kind} allowed to {what} in vain: {unused}'
