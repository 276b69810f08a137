"""A camera that speaks RTSP (RFC 2326), as phones do: one visitor after the other, over TCP alone."""

from __future__ import annotations

import socket
import threading
from fractions import Fraction

import av
import numpy as np

FPS = 25
_SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=phone\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track1\r\n"
)


class RtspPhone:
    """Sends H.264 by RTP, interleaved; each visit lasts so many pictures, then the line is cut.

    Args:
        visits: Pictures for each visitor; those who come later are turned away.
    """

    def __init__(self, visits: list[int]) -> None:
        self._visits = list(visits)
        self.transports: list[str] = []
        self._stop = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(0.1)
        self.address = f"rtsp://127.0.0.1:{self._server.getsockname()[1]}/video"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._server.close()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                visitor, _ = self._server.accept()
            except TimeoutError:
                continue
            with visitor:
                visitor.settimeout(5.0)
                if self._visits:
                    try:
                        self._talk(visitor, self._visits.pop(0))
                    except OSError:
                        continue  # the visitor has gone

    def _talk(self, visitor: socket.socket, pictures: int) -> None:
        with visitor.makefile("rb") as asked:
            while (line := asked.readline()) and not self._stop.is_set():
                method = line.split()[0].decode()
                fields = {}
                while (field := asked.readline().strip()) and b":" in field:
                    name, _, value = field.partition(b":")
                    fields[name.decode().lower()] = value.strip().decode()
                visitor.sendall(self._answer(method, fields))
                if method == "PLAY":
                    self._send(visitor, pictures)
                    return

    def _answer(self, method: str, fields: dict[str, str]) -> bytes:
        head = ["RTSP/1.0 200 OK", f"CSeq: {fields['cseq']}"]
        body = ""
        if method == "OPTIONS":
            head.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
        elif method == "DESCRIBE":
            body = _SDP
            head += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        else:
            head.append("Session: 1")
            if method == "SETUP":
                self.transports.append(fields["transport"])
                head.append("Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        return ("\r\n".join(head) + "\r\n\r\n" + body).encode()

    def _send(self, visitor: socket.socket, pictures: int) -> None:
        """FFmpeg makes the packets, for a port of this computer; from there they go to the visitor."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packets:
            packets.bind(("127.0.0.1", 0))
            packets.setblocking(False)
            target = f"rtp://127.0.0.1:{packets.getsockname()[1]}?pkt_size=1200"
            with av.open(target, "w", format="rtp") as out:
                stream = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "tune": "zerolatency"})
                stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
                stream.codec_context.gop_size = 5
                for number in range(pictures):
                    level = 16 + 8 * (number % 25)
                    picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), level, np.uint8), format="bgr24")
                    picture.pts, picture.time_base = number, Fraction(1, FPS)
                    out.mux(stream.encode(picture))
                    self._stop.wait(0.01)
                    _pass_on(packets, visitor)


def _pass_on(packets: socket.socket, visitor: socket.socket) -> None:
    while True:
        try:
            packet = packets.recv(2048)
        except BlockingIOError:
            return
        visitor.sendall(b"$\x00" + len(packet).to_bytes(2, "big") + packet)
