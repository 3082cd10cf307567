"""Downloads from a server on this machine: whole, interrupted, wrong, and without any server."""

import hashlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cnnbook.data import fetching

CONTENT = bytes(range(256)) * 1000
MD5 = f"md5:{hashlib.md5(CONTENT).hexdigest()}"
SHA256 = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.ranges.append(asked)
        if self.path == "/gone.bin":
            return self.send_error(404)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if not server.goes_on:
            start = 0
        if start >= len(CONTENT):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        end = server.breaks.pop(0) if server.breaks else len(CONTENT)
        self.wfile.write(CONTENT[start:end])

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.ranges, server.breaks, server.goes_on = [], [], True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}/file.bin"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("checksum", [MD5, SHA256])
def test_a_file_is_fetched_once(server, tmp_path, checksum):
    path = fetching.fetch(server.url, checksum, "some-set", tmp_path)
    assert path == tmp_path / "some-set" / "file.bin"
    assert path.read_bytes() == CONTENT
    assert fetching.fetch(server.url, checksum, "some-set", tmp_path) == path
    assert server.ranges == [None]
    assert [p.name for p in path.parent.iterdir()] == ["file.bin"]


def test_two_groups_keep_files_of_one_name_apart(server, tmp_path):
    paths = {fetching.fetch(server.url, MD5, group, tmp_path) for group in ("a", "b")}
    assert len(paths) == 2


def test_an_interrupted_file_goes_on_where_it_ended(server, tmp_path):
    server.breaks = [70_000, 150_000]
    for came, left in ((70_000, 256_000), (80_000, 186_000)):
        with pytest.raises(OSError, match=f"ended after {came} of {left} bytes"):
            fetching.fetch(server.url, MD5, "set", tmp_path)
        assert not (tmp_path / "set" / "file.bin").exists()
    path = fetching.fetch(server.url, MD5, "set", tmp_path)
    assert path.read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=70000-", "bytes=150000-"]
    assert [p.name for p in path.parent.iterdir()] == ["file.bin"]


def test_a_server_that_cannot_go_on_sends_all_of_it_again(server, tmp_path):
    server.breaks, server.goes_on = [70_000], False
    with pytest.raises(OSError, match="ended after"):
        fetching.fetch(server.url, MD5, "set", tmp_path)
    assert fetching.fetch(server.url, MD5, "set", tmp_path).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=70000-"]


def test_a_part_that_is_already_whole_is_taken(server, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "file.bin.part").write_bytes(CONTENT)
    assert fetching.fetch(server.url, MD5, "set", tmp_path).read_bytes() == CONTENT
    assert server.ranges == [f"bytes={len(CONTENT)}-"]


def test_a_wrong_file_is_refused_and_not_kept(server, tmp_path):
    wrong = f"md5:{hashlib.md5(b'other').hexdigest()}"
    with pytest.raises(ValueError, match="hash"):
        fetching.fetch(server.url, wrong, "set", tmp_path)
    assert not list((tmp_path / "set").iterdir())


def test_a_part_of_another_file_is_found_out_and_the_next_try_starts_anew(server, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "file.bin.part").write_bytes(b"x" * 100)
    with pytest.raises(ValueError, match="hash"):
        fetching.fetch(server.url, MD5, "set", tmp_path)
    assert fetching.fetch(server.url, MD5, "set", tmp_path).read_bytes() == CONTENT


def test_a_damaged_file_in_the_cache_is_fetched_anew(server, tmp_path):
    path = fetching.fetch(server.url, MD5, "set", tmp_path)
    path.write_bytes(CONTENT[:-1])
    assert fetching.fetch(server.url, MD5, "set", tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("kind", ["offline", "gone"])
def test_without_the_file_the_message_says_what_to_do(server, tmp_path, kind):
    url = server.url.replace("file.bin", "gone.bin")
    if kind == "offline":
        with socket.socket() as free:  # a port that nobody listens at
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}/gone.bin"
    with pytest.raises(OSError, match="could not fetch") as caught:
        fetching.fetch(url, MD5, "set", tmp_path)
    message = str(caught.value)
    assert url in message
    assert "data.load('fashion-mnist')" in message
    assert str(tmp_path / "set" / "gone.bin") in message
    assert ("404" if kind == "gone" else "refused") in message


def test_a_file_brought_another_way_is_taken(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "file.bin").write_bytes(CONTENT)
    url = "http://127.0.0.1:9/file.bin"
    assert fetching.fetch(url, MD5, "set", tmp_path).read_bytes() == CONTENT


def test_without_pooch_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(ModuleNotFoundError, match="downloads need pooch: pip install pooch"):
        fetching.fetch("http://127.0.0.1:9/file.bin", MD5, "set", tmp_path)
