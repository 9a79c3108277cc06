"""A client that sends exactly what it is told and returns exactly what came back."""

import re
import socket
import time

PROBE = b'GET /after-the-case HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n'
_METHODS = re.compile(rb'(?:^|\n)([^ \r\n]+) [^\r\n]*HTTP/1')


def methods_of(data):
    """The methods in what is sent, in order, as far as they can be seen."""
    return _METHODS.findall(data)


def whole_responses(buf, methods):
    """How many final responses are complete, and whether the last one announces a close.

    Returns (count, closes); a response without frame (HTTP/0.9, or no length) never ends before EOF.
    """
    pos = count = 0
    closes = False
    while pos < len(buf):
        head_end = buf.find(b'\r\n\r\n', pos)
        if not buf.startswith(b'HTTP/1.', pos) or head_end < 0:
            break
        lines = buf[pos:head_end].split(b'\r\n')
        status = lines[0].split(b' ')[1] if b' ' in lines[0] else b''
        fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(b':')
            fields[name.strip().lower()] = value.strip().lower()
        body = head_end + 4
        if status[:1] == b'1':
            pos = body
            continue
        method = methods[count] if count < len(methods) else b'GET'
        closes = fields.get(b'connection') == b'close'
        if method == b'HEAD' or status in (b'204', b'304'):
            end = body
        elif fields.get(b'transfer-encoding') == b'chunked':
            end = _chunked_end(buf, body)
        elif b'content-length' in fields:
            end = body + int(fields[b'content-length'])
        else:
            end = -1
        if end < 0 or end > len(buf):
            closes = False
            break
        pos = end
        count += 1
    return count, closes


def _chunked_end(buf, pos):
    while True:
        line = buf.find(b'\r\n', pos)
        if line < 0:
            return -1
        try:
            size = int(buf[pos:line].split(b';')[0], 16)
        except ValueError:
            return -1
        pos = line + 2
        if size == 0:
            while True:                                     # trailers
                line = buf.find(b'\r\n', pos)
                if line < 0:
                    return -1
                if line == pos:
                    return pos + 2
                pos = line + 2
        pos += size + 2


class Talk:
    """One connection: what was received, and how it ended."""

    def __init__(self, address, timeout=5.0):
        self.received = bytearray()
        self.eof = False
        self.notes = []
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.settimeout(timeout)
        self.deadline = time.monotonic() + timeout
        self.sock.connect(address)
        if family == socket.AF_INET:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            pass                    # it has closed; what it said is still to be read

    def read(self, enough=None):
        """Read until EOF, or until enough(received)."""
        while not self.eof and not (enough and enough(self.received)):
            left = self.deadline - time.monotonic()
            if left <= 0:
                return False
            self.sock.settimeout(left)
            try:
                piece = self.sock.recv(262144)
            except TimeoutError:
                return False
            except OSError:
                piece = b''         # a reset counts as an end
            if not piece:
                self.eof = True
            self.received += piece
        return True

    def run(self, chunks, responses, methods, end='probe', pause=0.0, bytewise=False):
        """Send, read, find out whether the connection is still good; returns the transcript."""
        with self.sock:
            self._send_all(chunks, pause, bytewise)
            if end == 'shutdown':
                try:
                    self.sock.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
            state = [0, False]

            def enough(buf):
                state[:] = whole_responses(bytes(buf), methods)
                return state[0] >= responses

            if end in ('shutdown', 'eof'):
                done = self.read()
            elif end == 'leave':                            # the client goes away after its bytes
                done = self.read(enough)
                return bytes(self.received) + (b'<left>' if done else b'<nothing more came>')
            else:
                done = self.read(enough) and (not state[1] or self.read())
            if not done:
                return bytes(self.received) + b'<nothing more came, still open>'
            if self.eof:
                return bytes(self.received) + b'<closed>'
            if end == 'probe':
                before = len(self.received)
                self.send(PROBE)
                done = self.read()
                answer = bytes(self.received[before:])
                if not answer and done:
                    return bytes(self.received) + b'<closed>'
                mark = b'<open>' if done else b'<probe not answered>'
                return bytes(self.received[:before]) + mark + answer
            return bytes(self.received) + b'<open?>'

    def _send_all(self, chunks, pause, bytewise):
        for n, chunk in enumerate(chunks):
            if n:
                time.sleep(pause)
            if bytewise:
                for i in range(len(chunk)):
                    self.send(chunk[i:i + 1])
                    time.sleep(0.0007)
            else:
                self.send(chunk)


def ask(address, chunks, **options):
    return Talk(address, options.pop('timeout', 5.0)).run(chunks, **options)
