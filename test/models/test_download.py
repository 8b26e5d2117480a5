# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""Fetching files over https from a server of one's own: resume, checksums, mirrors, rejections."""
from __future__ import annotations

from dataclasses import replace
import hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import ssl
import threading

from face_tracker_ros import ModelError
from face_tracker_ros.cli.models import main
from face_tracker_ros.models.description import description_text
from face_tracker_ros.models.download import download
from face_tracker_ros.models.files import fetched_folder
from face_tracker_ros.models.registry import find_model, load_spec
from face_tracker_ros.models.spec import ModelFile
import pytest
import trustme


class Handler(BaseHTTPRequestHandler):
    """Serves `server.files`; cuts answers off after `server.cut` bytes when that is not None."""

    def do_GET(self):  # noqa: N802
        self.server.asked.append((self.path, self.headers.get('Range')))
        if self.path in self.server.moved:
            self.send_response(302)
            self.send_header('Location', self.server.moved[self.path])
            self.end_headers()
            return
        data = self.server.files.get(self.path)
        if data is None:
            self.send_error(404)
            return
        start = 0
        if self.headers.get('Range') and self.server.resumes:
            start = int(self.headers['Range'].split('=')[1].rstrip('-'))
        self.send_response(206 if start else 200)
        self.send_header('Content-Length', str(len(data) - start))
        self.end_headers()
        self.wfile.write(data[start:][:self.server.cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch, tmp_path):
    """Return an https server that this process trusts, and take the cache to tmp_path."""
    context, authority = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), trustme.CA()
    authority.issue_cert('localhost').configure_cert(context)
    certificate = tmp_path / 'authority.pem'
    authority.cert_pem.write_to_path(certificate)
    with ThreadingHTTPServer(('localhost', 0), Handler) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        running.files, running.moved, running.asked = {}, {}, []
        running.cut, running.resumes = None, True
        running.address = f'https://localhost:{running.server_port}'
        monkeypatch.setenv('SSL_CERT_FILE', str(certificate))
        monkeypatch.setenv('FACE_TRACKER_CACHE', str(tmp_path / 'cache'))
        for name in ('http_proxy', 'https_proxy', 'all_proxy'):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def offered(server, name='a.bin', data=b'network' * 50_000):
    """Offer a file; return how a description tells of it."""
    server.files['/' + name] = data
    return ModelFile(name, len(data), hashlib.sha256(data).hexdigest(),
                     f'{server.address}/{name}')


def quiet(*_):
    pass


def test_file_comes_whole_and_tells_how_far_it_is(server, tmp_path):
    item, told = offered(server), []
    path = download(item, tmp_path, lambda *progress: told.append(progress))
    assert path.read_bytes() == server.files['/a.bin']
    assert told[-1] == ('a.bin', item.size, item.size) and len(told) > 2
    assert [name.name for name in tmp_path.glob('a.*')] == ['a.bin']


@pytest.mark.parametrize('resumes', [True, False])
def test_download_that_was_cut_off_goes_on_where_it_was(server, tmp_path, resumes):
    item = offered(server)
    server.cut, server.resumes = 100_000, resumes
    with pytest.raises(ModelError, match='try again: what has come is kept'):
        download(item, tmp_path, quiet)
    kept = (tmp_path / 'a.bin.part').stat().st_size
    assert kept == 100_000 and not (tmp_path / 'a.bin').exists()
    server.cut = None
    assert download(item, tmp_path, quiet).read_bytes() == server.files['/a.bin']
    assert server.asked[-1][1] == f'bytes={kept}-'


@pytest.mark.parametrize('data', [b'Network' * 50_000, b'network' * 60_000])
def test_file_of_another_content_is_not_kept(server, tmp_path, data):
    item = offered(server)
    server.files['/a.bin'] = data
    with pytest.raises(ModelError, match='is not the right file.*it is removed'):
        download(item, tmp_path, quiet)
    assert not list(tmp_path.glob('a.*'))


def test_fetched_model_lies_in_the_cache_with_all_its_files_or_none(server, monkeypatch,
                                                                    tmp_path, capsys):
    files = (offered(server, 'a.xml', b'<net/>'), offered(server, 'a.bin'))
    (tmp_path / 'own' / 'mine').mkdir(parents=True)
    (tmp_path / 'own' / 'mine' / 'model.yaml').write_text(description_text(
        replace(load_spec('face-detection-0204'), name='mine', files=files)))
    monkeypatch.setenv('FACE_TRACKER_MODEL_PATH', str(tmp_path / 'own'))
    folder = fetched_folder('mine')
    content = server.files.pop('/a.bin')
    assert main(['fetch', 'mine']) == 2
    assert '/a.bin cannot be reached (HTTP Error 404' in capsys.readouterr().err
    assert not list(folder.glob('a.*'))
    server.files['/a.bin'] = content
    (folder / '.download' / 'former.bin.part').write_bytes(b'of another version')
    assert main(['fetch', 'mine']) == 0
    assert 'mine: installed' in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == ['a.bin', 'a.xml']
    assert find_model('mine')[1] == folder / 'a.xml'
    assert [path for path, _ in server.asked].count('/a.xml') == 1, 'what has come is kept'


def test_mirror_takes_the_place_of_the_publishers_hosts(server, tmp_path, monkeypatch):
    item = offered(server, 'publisher.org')
    server.files['/mirror/publisher.org/models/a.bin'] = server.files['/publisher.org']
    item = replace(item, name='a.bin', url='https://publisher.org/models/a.bin')
    monkeypatch.setenv('FACE_TRACKER_MIRROR', f'{server.address}/mirror/')
    assert download(item, tmp_path, quiet).is_file()
    monkeypatch.setenv('FACE_TRACKER_MIRROR', 'http://localhost/mirror')
    with pytest.raises(ModelError, match="FACE_TRACKER_MIRROR is 'http://.*begins with https"):
        download(replace(item, name='b.bin'), tmp_path, quiet)


def test_proxy_of_the_environment_is_used(server, tmp_path, monkeypatch):
    monkeypatch.setenv('https_proxy', 'http://127.0.0.1:9')
    with pytest.raises(ModelError, match='cannot be reached.*https_proxy'):
        download(offered(server), tmp_path, quiet)
    assert server.asked == []


@pytest.mark.parametrize('target', ['http://localhost:1/a.bin', 'file:///etc/passwd',
                                    'ftp://localhost/a.bin'])
def test_redirection_must_not_leave_https(server, tmp_path, target):
    item = offered(server)
    server.moved['/a.bin'] = target
    with pytest.raises(ModelError, match='cannot be reached'):
        download(item, tmp_path, quiet)
    assert not (tmp_path / 'a.bin').exists()


def test_redirection_within_https_is_followed(server, tmp_path):
    item = offered(server)
    server.moved['/old'] = f'{server.address}/a.bin'
    assert download(replace(item, url=f'{server.address}/old'), tmp_path, quiet).is_file()


def test_unknown_certificate_is_rejected(server, tmp_path, monkeypatch):
    monkeypatch.delenv('SSL_CERT_FILE')
    with pytest.raises(ModelError, match='CERTIFICATE_VERIFY_FAILED'):
        download(offered(server), tmp_path, quiet)


def test_without_network_the_address_and_the_ways_out_are_named(tmp_path):
    item = ModelFile('a.bin', 5, 'a' * 64, 'https://localhost:9/a.bin')
    with pytest.raises(ModelError) as rejection:
        download(item, tmp_path, quiet)
    for words in ('https://localhost:9/a.bin', 'proxy', 'FACE_TRACKER_MIRROR', 'try again'):
        assert words in str(rejection.value)
    assert '\n' not in str(rejection.value)
