# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""The web view of a live tracker: over HTTP and WebSocket, and in a real browser."""
from __future__ import annotations

import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack
import http.client
import json
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

from browser import Browser, PHONE
import cv2
from face_tracker_ros.config import Config
from face_tracker_ros.errors import ConfigError
from face_tracker_ros.ros.web_view.access import Access
from face_tracker_ros.ros.web_view.server import listen
from face_tracker_ros.ros.web_view.web_view_node import WebViewNode
import numpy as np
from policy import check_policy
import pytest
from rcl_interfaces.srv import GetParameters
from rclpy.parameter import Parameter
from ros_client import Client, NODE, NodeProcess
from sensor_msgs.msg import PointCloud2, PointField
from watcher import address_of, Watcher

Start = Callable[..., NodeProcess]
TOPICS = ('annotated_image/compressed', 'annotated_image', 'track_states', 'identities',
          'tracks_3d', 'crops')
OVERFLOWING = """[...document.querySelectorAll('.card *')].filter(item =>
    item.getBoundingClientRect().right > item.closest('.card').getBoundingClientRect().right + 1
    ).map(item => item.outerHTML)"""
TOKEN = 'a secret of the tests'
NAME = '<img src=x onerror=alert(1)> "Ada" & O\'Hara'


def ask(address: str, path: str, content: Any = None, **headers: str) -> tuple[int, bytes, Any]:
    """Return status, body and headers of a GET, or of a POST where there is something to send."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    given = {name.replace('_', '-'): value for name, value in headers.items()}
    if content is None:
        connection.request('GET', path, headers=given)
    else:
        connection.request('POST', path, json.dumps(content),
                           {'Content-Type': 'application/json', **given})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body, answer.headers


def subscribers(client: Client, node: str = NODE) -> int:
    return sum(client.node.count_subscribers(f'{node}/{topic}') for topic in TOPICS)


@pytest.fixture(scope='module')
def tracker(tmp_path_factory: pytest.TempPathFactory, client: Client) -> Iterator[NodeProcess]:
    """Return a tracker that knows people."""
    folder = tmp_path_factory.mktemp('tracker')
    process = NodeProcess('face_tracker_ros.ros.node.main', (
        '-p', f"identities.store:={folder / 'people.db'}", '-p', 'detection.width:=320',
        '-p', 'max_rate:=10.0'), folder / 'log')
    client.wait(lambda: client.state() == 'active', 'the node to become active')
    yield process
    process.finish()


@pytest.fixture(scope='module')
def view(tmp_path_factory: pytest.TempPathFactory, tracker: NodeProcess,
         client: Client) -> Iterator[str]:
    """Return the address of a view of it."""
    process = NodeProcess('face_tracker_ros.ros.web_view.main', ('-p', 'port:=0'),
                          tmp_path_factory.mktemp('view') / 'log')
    yield address_of(process, client)
    process.finish()
    assert 'Traceback' not in process.output() and 'ERROR' not in process.output()


def test_it_subscribes_only_while_somebody_looks(
        client: Client, view: str, two_people: np.ndarray) -> None:
    def send() -> None:
        client.publish(two_people)

    client.wait(lambda: client.report('processed') > 5, 'images', send)
    assert subscribers(client) == 0 and client.report('annotated') == 0, 'nothing is drawn'
    with Watcher(view) as watcher:
        client.wait(lambda: len(watcher.frames) > 3 and len(watcher.news.get('tracks', ())) == 2
                    and all(track['crop'] for track in watcher.news['tracks']), 'all', send)
        image = cv2.imdecode(np.frombuffer(watcher.frames[-1], np.uint8), cv2.IMREAD_COLOR)
        assert image.shape == two_people.shape and (image != two_people).any()
        client.wait(lambda: float(watcher.news['status']['values'].get('fps', 0)) > 0,
                    'a report', send)
        assert watcher.news['status']['tracker'] == NODE and watcher.news['status']['present']
        for track in watcher.news['tracks']:
            assert 0.5 < track['score'] <= 1 and track['age'] > 0 and not track['lost']
            status, crop, _ = ask(view, f"/crops/{track['id']}")
            assert status == 200
            assert cv2.imdecode(np.frombuffer(crop, np.uint8), cv2.IMREAD_COLOR) is not None
        with Watcher(view) as second:
            client.wait(lambda: len(second.frames) > 1, 'a second browser', send)
    client.wait(lambda: subscribers(client) == 0, 'nobody to subscribe', send)
    client.forget()
    client.wait(lambda: client.report('processed') > 0, 'a report of now', send)
    drawn, before = client.report('annotated'), client.report('processed')
    client.wait(lambda: client.report('processed') > before + 5, 'more images', send)
    assert client.report('annotated') == drawn > 0, 'drawing has ended'
    assert ask(view, f"/crops/{track['id']}")[0] == 404, 'crops are forgotten'


def test_its_policy_allows_what_it_does_and_no_more(client: Client, view: str) -> None:
    with Watcher(view) as watcher:
        client.wait(lambda: 'status' in watcher.news, 'a connection')
        check_policy(client, 'web_view', {'/clock'})  # with use_sim_time


def test_a_stuck_browser_holds_nobody_up_and_gets_the_newest_later(
        client: Client, view: str, two_people: np.ndarray) -> None:
    with Watcher(view, draws=False) as stuck, Watcher(view) as other:
        client.wait(lambda: len(other.frames) > 5, 'images',
                    lambda: client.publish(two_people))
        assert len(stuck.frames) == 1
    with ExitStack() as stack:
        watchers = [stack.enter_context(Watcher(view)) for _ in range(9)]
        client.wait(lambda: any(each.closed.is_set() for each in watchers),
                    'one too many to be turned away')


def test_parameters_are_set_rejected_and_saved(
        client: Client, view: str, start: Start, tmp_path: Path) -> None:
    def answer(name: str, value: Any) -> dict[str, Any]:
        status, body, _ = ask(view, '/parameters', {'name': name, 'value': value})
        assert status == 200
        return json.loads(body)

    with Watcher(view) as watcher:
        client.wait(lambda: 'parameters' in watcher.news, 'parameters')
        entries = {entry['name']: entry for entry in watcher.news['parameters']}
        assert entries['tracker.max_age']['range'] == [0, 60]
        assert entries['embedding.policy']['choices'] == ['auto', 'always']
        assert entries['inference.threads']['fixed'] and entries['autostart']['locked']
        assert not any(name.startswith(('qos', 'use_sim')) for name in entries)

        rejected = answer('tracker.max_age', 99)
        assert not rejected['ok'] and 'tracker.max_age' in rejected['reason']
        assert '60' in rejected['reason']
        rejected = answer('inference.threads', 3)
        assert not rejected['ok'] and "first 'deactivate'" in rejected['reason']
        assert "'a' does not fit" in answer('max_rate', 'a')['reason']
        assert 'none of /face_tracker' in answer('no.such', 1)['reason']
        assert answer('tracker.max_age', 3)['ok'] and answer('annotate', False)['ok']
        client.wait(lambda: any(entry['value'] == 3 for entry in watcher.news['parameters']
                                if entry['name'] == 'tracker.max_age'), 'the news')
        assert client.set_parameters({'spatial.facing_angle': 31.5}).successful
        client.wait(lambda: any(entry['value'] == 31.5 for entry in watcher.news['parameters']),
                    'a change by somebody else')

    status, text, headers = ask(view, '/parameters.yaml')
    assert status == 200 and 'attachment' in headers['Content-Disposition']
    file = tmp_path / 'saved.yaml'
    file.write_bytes(text)
    assert Config.load(file).tracker.max_age == 3.0
    start('--params-file', str(file), '-p', 'autostart:=false', '-r', '__node:=copy')
    names = list(entries)
    values = [client.call(GetParameters, f'{node}/get_parameters',
                          GetParameters.Request(names=names)).values for node in (NODE, '/copy')]
    changed = {name for name, one, other in zip(names, *values) if one != other}
    assert changed == {'autostart'}
    assert answer('tracker.max_age', 1.0)['ok'] and answer('annotate', True)['ok']
    assert answer('spatial.facing_angle', 25)['ok']


def test_messages_of_others_are_skipped(client: Client, view: str, two_people: np.ndarray) -> None:
    table = PointCloud2(point_step=4, width=1, data=array.array('B', b'abcd'), fields=[
        PointField(name='x', datatype=PointField.FLOAT32, count=1)])
    strange = client.node.create_publisher(PointCloud2, f'{NODE}/track_states', 5)
    with Watcher(view) as watcher:
        client.wait(lambda: strange.get_subscription_count() == 1, 'a subscriber')
        for data in (table.data, table.data[:3]):
            table.data = data
            for _ in range(4):
                strange.publish(table)
        client.node.destroy_publisher(strange)
        client.wait(lambda: len(watcher.news.get('tracks', ())) == 2, 'tracks',
                    lambda: client.publish(two_people))


def test_only_requests_of_its_own_page_are_answered(view: str) -> None:
    status, body, headers = ask(view, '/')
    assert status == 200 and b'<canvas' in body
    policy = headers['Content-Security-Policy']
    assert policy.startswith("default-src 'none'") and 'unsafe' not in policy
    port = urlsplit(view).port
    for host in ('localhost', f'localhost:{port}', '127.0.0.1:1', f'[::1]:{port}'):
        assert ask(view, '/', Host=host)[0] == 200, 'a forwarded port, too'
    for host in ('evil.example', f'evil.example:{port}', 'localhost.evil.example', '192.0.2.1',
                 '', '[::1', 'a b', '127.0.0.1@evil.example'):
        assert ask(view, '/', Host=host)[0] == 403, 'DNS rebinding'
    change = {'name': 'annotate', 'value': True}
    for origin in ('http://evil.example', 'null', f'http://localhost:{port}',
                   'http://127.0.0.1:1', 'http://[::1', ''):
        assert ask(view, '/parameters', change, Origin=origin)[0] == 403
        assert ask(view, '/live', Origin=origin, Connection='Upgrade', Upgrade='websocket',
                   Sec_WebSocket_Version='13', Sec_WebSocket_Key='dGhlIHNhbXBsZSBub25jZQ=='
                   )[0] == 403
    for path in ('/crops/1', '/parameters.yaml', '/view.js'):
        assert ask(view, path, Sec_Fetch_Site='cross-site', Sec_Fetch_Mode='no-cors')[0] == 403
    assert ask(view, '/', Sec_Fetch_Site='cross-site', Sec_Fetch_Mode='navigate')[0] == 200
    assert ask(view, '/parameters', change, Content_Type='text/plain')[0] == 415
    assert ask(view, '/parameters', change, Origin=view[:-1],
               Sec_Fetch_Site='same-origin')[0] == 200


@pytest.mark.parametrize('path, content', [
    ('/parameters', []), ('/parameters', {'name': 'annotate'}),
    ('/parameters', {'name': 'annotate', 'value': 'x' * 70000}), ('/forget', {'name': ''}),
    ('/enroll', {'track': True, 'name': 'Ada'}), ('/enroll', {'track': 1, 'name': 'A\nda'}),
    ('/enroll', {'track': -1, 'name': 'Ada'}), ('/forget', {'name': 'a' * 300})])
def test_bad_requests_are_rejected(view: str, path: str, content: Any) -> None:
    assert ask(view, path, content)[0] in (400, 413)
    assert ask(view, path, content, Content_Type='application/json; charset=none')[0] in (400, 413)
    for bad in ('/../view.py', '/crops/x', '/static/view.js'):
        assert ask(view, bad)[0] == 404


def test_elsewhere_a_token_is_required(client: Client, start: Start) -> None:
    own = start('-p', 'port:=0', '-p', 'address:=0.0.0.0', module='web_view.main')
    given = start('-p', 'port:=0', '-p', f"token:='{TOKEN}'", module='web_view.main')
    for process in (own, given):
        logged = urlsplit(address_of(process, client))
        address, token = f'http://127.0.0.1:{logged.port}/', logged.query.partition('=')[2]
        assert len(token) >= 16 and process.output().count(token) == 1
        for path in ('/live', '/crops/1', '/parameters.yaml', '/index.html', '/view.js',
                     '/view.js?token=wrong'):
            assert ask(address, path)[0] in (401, 404), path
        assert ask(address, '/forget', {'name': 'Ada'})[0] == 401
        assert ask(address, '/parameters', {'name': 'annotate', 'value': True},
                   Cookie=f'web_view_{logged.port}=wrong', Authorization='Bearer wrong')[0] == 401
        status, _, headers = ask(address, '/?token=wrong')
        assert status == 303 and headers['Location'] == '/login.html#wrong'
        assert ask(address, '/login.html')[0] == 200
        status, _, headers = ask(address, f'/?{logged.query}')
        cookie = headers['Set-Cookie']
        assert status == 303 and headers['Location'] == '/'
        assert 'HttpOnly' in cookie and 'SameSite=Lax' in cookie
        assert ask(address, '/', Cookie=cookie.split(';')[0])[0] == 200
        assert ask(address, '/', Cookie=cookie.split(';')[0], Host='robot.example')[0] == 200
    assert ask(address, '/view.js', Authorization=f'Bearer {TOKEN}')[0] == 200
    cookies = {'Cookie': cookie.split(';')[0]}
    with Watcher(address, headers=cookies) as watcher, Watcher(address, False, cookies):
        client.wait(lambda: 'status' in watcher.news, 'a connection')
        assert own.end() == given.end(signal.SIGTERM) == 0
        assert watcher.closed.wait(5), 'browsers are told'
    assert len(given.output().splitlines()) == 1, given.output()


def test_what_cannot_be_is_rejected_in_one_line(start: Start, view: str, client: Client) -> None:
    port = urlsplit(view).port
    process = start('-p', f'port:={port}', module='web_view.main')
    for address, number, words in (('192.0.2.1', 0, "on '192.0.2.1'"), ('127.0.0.1', port, 'use'),
                                   ('no.such.host.invalid', 0, 'is no address')):
        with pytest.raises(ConfigError, match=words):
            listen(address, number)
    with pytest.raises(ConfigError, match="'token': 5 characters; give 16"):
        Access(('127.0.0.1', 8080), 'short')
    for name, value, words in (('tracker', 'a b', 'is no name'), ('port', 70000, 'to 65535')):
        with pytest.raises(ConfigError, match=words):
            WebViewNode(context=client.node.context,
                        parameter_overrides=[Parameter(name, value=value)])
    assert process.wait() == 2
    (line,) = process.output().splitlines()
    assert line == (f"error: parameter 'port': {port} is in use by another program; give another, "
                    f'such as -p port:={port + 1}, or 0')


def test_without_aiohttp_one_line_names_the_remedy() -> None:
    done = subprocess.run([sys.executable, '-c', 'import sys; sys.modules["aiohttp"] = None; '
                           'from face_tracker_ros.ros.web_view.main import main; '
                           'sys.exit(main([]))'], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert 'pip install aiohttp' in done.stderr and 'python3-aiohttp' in done.stderr


def test_the_page_shows_tunes_enrols_and_forgets(
        browser: Browser, client: Client, view: str, two_people: np.ndarray) -> None:
    def send() -> None:
        client.publish(two_people)
        client.spin(0.05)

    def wait(script: str) -> Any:
        return browser.wait(script, send)

    browser.look()
    browser.open(view)
    wait("document.querySelectorAll('#tracks tr .crop:not([hidden])').length === 2")
    wait("document.getElementById('hint').hidden && document.getElementById('canvas')"
         ".getContext('2d').getImageData(10, 10, 1, 1).data[0] === 90")
    wait("document.getElementById('state').textContent === 'active'")
    wait("/[0-9] ms/.test(document.getElementById('figures').textContent)")

    wait("document.querySelectorAll('.parameter').length > 40")
    browser.run("""{const box = document.getElementById('parameter tracker.max_age');
                   box.value = 99; box.dispatchEvent(new Event('change'))}""")
    error = "document.querySelector('[data-name=\"tracker.max_age\"] .error')"
    wait(f'!{error}.hidden')
    assert '60' in browser.run(f'{error}.textContent')
    assert browser.run("document.getElementById('parameter tracker.max_age').value") == '1'
    browser.run("document.getElementById('parameter annotate').click()")
    wait("document.getElementById('hint').textContent.includes('annotate is false')")
    browser.run("document.getElementById('parameter annotate').click()")
    wait("document.getElementById('hint').hidden")
    assert browser.run("document.getElementById('parameter inference.threads').disabled")

    browser.run("document.querySelector('#tracks button').click()")
    browser.type(NAME)
    browser.run("document.querySelector('#tracks form button').click()")
    wait(f"document.querySelector('#tracks .name').textContent === {json.dumps(NAME)}")
    assert browser.run("document.querySelectorAll('#tracks img:not(.crop)').length") == 0
    for size, dark in ((PHONE, False), (PHONE, True)):
        browser.look(size, dark)
        assert not browser.is_wider_than_window()
        assert browser.run(OVERFLOWING) == []
        shade = 'getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g)[0]'
        assert (int(browser.run(shade)) < 128) is dark
    wait("[...document.querySelectorAll('#tracks button')].some("
         "button => button.textContent === 'Forget' && (button.click(), true))")
    browser.run("document.querySelector('#tracks form button').click()")
    wait("document.querySelector('#tracks .name').textContent === ''")

    browser.hide(True)
    client.wait(lambda: subscribers(client) == 0, 'the hidden page to let go')
    browser.hide(False)
    client.wait(lambda: subscribers(client) > 0, 'the page to come back')
    assert browser.errors == []


def test_trackers_come_fail_and_go(browser: Browser, client: Client, start: Start,
                                   two_people: np.ndarray) -> None:
    def state(wanted: str) -> str:
        browser.wait(f"document.getElementById('state').textContent === '{wanted}'",
                     lambda: (client.publish(two_people), client.spin(0.05)))
        return browser.run("document.getElementById('message').textContent")

    there = ('-r', '__ns:=/there', '-r', 'image:=/image')
    view = start('-p', 'port:=0', '-p', 'tracker:=/there/face_tracker', module='web_view.main')
    address = address_of(view, client)
    browser.open(address)
    assert 'No node /there/face_tracker' in state('not there')
    answer = json.loads(ask(address, '/enroll', {'track': 1, 'name': 'Ada'})[1])
    assert not answer['ok'] and 'is it running?' in answer['reason']
    assert ask(address, '/parameters.yaml')[0] == 503
    failed = start(*there, '-p', 'detector:=no-such-model')
    assert 'not configured' in state('unconfigured')
    browser.wait("!!document.getElementById('parameter detection.width')")
    assert not browser.run("document.getElementById('parameter detection.width').disabled")
    assert failed.end() == 0
    state('not there')
    start(*there)
    state('active')
    browser.wait("document.querySelectorAll('#tracks tr').length === 2",
                 lambda: (client.publish(two_people), client.spin(0.05)))
    browser.wait("document.getElementById('parameter detector').value === 'auto'")
    assert view.end() == 0
    assert 'no connection to web_view' in state('disconnected')
    assert not [error for error in browser.errors if 'ERR_CONNECTION_REFUSED' not in error
                and 'WebSocket' not in error]
