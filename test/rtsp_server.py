# Copyright 2026 The face_tracker_ros authors. Licensed under the Apache License, Version 2.0.
"""A camera that speaks RTSP (RFC 2326) and sends JPEG (RFC 2435) within the same connection."""
from __future__ import annotations

import socket
import socketserver
import struct
import threading
import time

import cv2
import numpy as np

_PIECE = 1200  # bytes of a JPEG in one packet
_DESCRIPTION = ('v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\n'
                'm=video 0 RTP/AVP 26\r\na=control:track\r\n')
_ANSWERS = {
    'OPTIONS': ('Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN', ''),
    'DESCRIBE': ('Content-Type: application/sdp', _DESCRIPTION),
    'SETUP': ('Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1', ''),
    'PLAY': ('Session: 1', ''), 'TEARDOWN': ('Session: 1', '')}


class RtspServer(socketserver.ThreadingTCPServer):
    """Serves any path; image N is of one grey that is twice N (modulo 240)."""

    allow_reuse_address = True

    def __init__(self, rate: float = 50.0) -> None:
        """Send `rate` images per second to everybody who plays."""
        super().__init__(('127.0.0.1', 0), _Connection)
        self.rate = rate
        self.sent = 0
        self.paths: list[str] = []
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def address(self, path: str) -> str:
        """Return the address of a path."""
        return f'rtsp://operator:hunter2@127.0.0.1:{self.server_address[1]}/{path}'

    def __exit__(self, *arguments: object) -> None:
        self.shutdown()
        self.cut()
        self.server_close()

    def cut(self) -> None:
        """End the connections that are open now."""
        for connection in self._sockets:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._sockets.clear()


class _Connection(socketserver.StreamRequestHandler):
    server: RtspServer

    def handle(self) -> None:
        """Answer requests until PLAY; then send images until the connection ends."""
        self.server._sockets.append(self.connection)
        try:
            while (request := self._request()) is not None:
                method, address, count = request
                header, body = _ANSWERS[method]
                self.wfile.write(f'RTSP/1.0 200 OK\r\nCSeq: {count}\r\n{header}\r\n'
                                 f'Content-Length: {len(body)}\r\n\r\n{body}'.encode())
                if method == 'PLAY':
                    self.server.paths.append(address)
                    self._play()
        except OSError:
            return

    def _request(self) -> tuple[str, str, str] | None:
        lines = []
        while line := self.rfile.readline().decode().strip():
            lines.append(line)
        if not lines:
            return None
        count = next(line.split(':')[1].strip() for line in lines if line.startswith('CSeq'))
        method, address, _ = lines[0].split()
        return method, address, count

    def _play(self) -> None:
        sequence = 0
        while True:
            image = np.full((48, 64, 3), 2 * (self.server.sent % 120), np.uint8)
            stamp = int(90000 * self.server.sent / self.server.rate)
            self.server.sent += 1
            for piece, last in _pieces(cv2.imencode('.jpg', image)[1].tobytes()):
                packet = struct.pack('>BBHII', 0x80, 26 | last << 7, sequence & 0xFFFF,
                                     stamp & 0xFFFFFFFF, 1) + piece
                self.wfile.write(struct.pack('>cBH', b'$', 0, len(packet)) + packet)
                sequence += 1
            time.sleep(1 / self.server.rate)


def _pieces(jpeg: bytes) -> list[tuple[bytes, bool]]:
    """Return the payloads of one image of 64x48 with sampling 4:2:0, and which is the last."""
    tables, offset = b'', 2
    while True:
        marker, length = struct.unpack_from('>HH', jpeg, offset)
        if marker == 0xFFDB:
            tables += jpeg[offset + 5:offset + 2 + length]
        offset += 2 + length
        if marker == 0xFFDA:
            break
    scan = jpeg[offset:]
    quantization = struct.pack('>BBH', 0, 0, 128) + tables
    assert len(tables) == 128
    pieces = []
    for begin in range(0, len(scan), _PIECE):
        header = struct.pack('>IBBBB', begin, 1, 255, 64 // 8, 48 // 8)
        pieces.append((header + (b'' if begin else quantization) + scan[begin:begin + _PIECE],
                       begin + _PIECE >= len(scan)))
    return pieces
