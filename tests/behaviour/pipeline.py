#!/usr/bin/env python3
"""Answers to pipelined requests share segments, and none of them waits for what its successor waits for. The last
answer of a connection shares one with the FIN."""

import shutil
import socket
import subprocess
import sys

from _common import OURS, REFERENCE, Nginx, Skip, check, main, read, reference, same, test, wait

HEAD = 'GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n'
CALLS = 'trace=sendmsg,writev,sendto,setsockopt,shutdown,close'


class Traced:
    """A single process under strace, a client, and what was called while it was there."""

    def __init__(self, binary=OURS, **parts):
        if not shutil.which('strace'):
            raise Skip('no strace')
        self.n = Nginx(binary, GLOBAL='master_process off; daemon off;', **parts)
        self.n.proc = subprocess.Popen(['strace', '-qq', '-e', CALLS, '-o', self.n.path('logs/calls'), *self.n.args()],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait(lambda: self.n.ask() is not None or self.n.proc.poll() is not None, 'an answer')
        self.s = socket.create_connection(('127.0.0.1', self.n.port), 20)
        self.before = len(read(self.n.path('logs/calls')).splitlines())

    def send(self, text):
        self.s.sendall(text.encode())

    def answers(self, count):
        data = b''
        while data.count(b'\r\n\r\none') < count:
            part = self.s.recv(65536)
            check(part, 'the connection was closed after', data)
            data += part
        return data

    def calls(self):
        return read(self.n.path('logs/calls')).splitlines()[self.before:]


def sixteen(binary):
    t = Traced(binary)
    t.send(HEAD * 16)
    same(t.answers(16).count(b'HTTP/1.1 200 OK\r\n'), 16, 'answers')
    wait(lambda: len([c for c in t.calls() if 'HTTP/1.1 200' in c]) >= 16, '16 sends in the trace')
    return [c for c in t.calls() if 'HTTP/1.1 200' in c]


@test
def answers_wait_for_the_last():
    sends = sixteen(OURS)
    same(['MSG_MORE' in c for c in sends], [True] * 15 + [False], 'MSG_MORE')
    reference(lambda: f'{sum("MSG_MORE" in c for c in sixteen(REFERENCE))} of 16 sent with MSG_MORE')


def pushed(rest, **parts):
    """An answer, then a request that has to wait: the answer may not."""
    t = Traced(**parts)
    t.send(HEAD + rest)
    t.answers(1)

    def more():
        calls = t.calls()
        return [i for i, c in enumerate(calls) if 'MSG_MORE' in c], [i for i, c in enumerate(calls) if 'TCP_CORK, [0]' in c]
    wait(lambda: all(more()), 'sendmsg(MSG_MORE), and what pushes it')
    sent, push = more()
    check(push[0] > sent[0], t.calls())
    return t


@test
def a_body_that_is_missing():
    t = pushed('PUT /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n', SERVER='location = /b { dav_methods PUT; }')
    t.send('12345' + HEAD)
    t.answers(1)


@test
def an_answer_that_is_delayed():
    pushed('GET /secret HTTP/1.1\r\nHost: a\r\n\r\n',
           SERVER='location /secret { auth_delay 2s; auth_basic x; auth_basic_user_file /dev/null; }')


@test
def half_a_request_does_not_count():
    t = Traced()
    t.send(HEAD + HEAD[:-2])
    t.answers(1)
    wait(lambda: [c for c in t.calls() if 'HTTP/1.1 200' in c], 'the send in the trace')
    same([c for c in t.calls() if 'MSG_MORE' in c], [], 'MSG_MORE')
    t.send(HEAD[-2:])
    t.answers(1)


@test
def the_client_leaves():
    t = Traced()
    for _ in range(20):
        with socket.create_connection(('127.0.0.1', t.n.port), 20) as s:
            s.sendall((HEAD * 8 + 'POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n').encode())
    same(t.n.ask(), 'one', 'an answer afterwards')
    check('[alert]' not in t.n.log(), t.n.log())


CLOSE = HEAD.replace('Host', 'Connection: close\r\nHost')


def to_the_end(t):
    data = b''
    while part := t.s.recv(65536):
        data += part
    return data


def last_answer(binary):
    t = Traced(binary)
    t.send(CLOSE)
    check(to_the_end(t).endswith(b'\r\n\r\none'), 'the answer')
    info = t.s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    # tcpi_segs_in
    return t, int.from_bytes(info[140:144], sys.byteorder)


@test
def the_last_answer_takes_the_fin_along():
    t, segments = last_answer(OURS)
    wait(lambda: [c for c in t.calls() if c.startswith('shutdown')], 'shutdown() in the trace')
    calls = [c for c in t.calls() if c.startswith(('sendto', 'shutdown', 'setsockopt', 'writev'))]
    check('MSG_MORE' in calls[0] and calls[1].startswith('shutdown') and len(calls) == 2, calls)
    # SYN-ACK, at most one ACK of its own, the answer with the FIN
    check(segments <= 3, segments, 'segments')
    reference(lambda: f'{last_answer(REFERENCE)[1]} segments, ours {segments}')


@test
def the_last_answer_is_whole_though_more_has_come():
    """What nobody reads makes close() a reset, which would drop an answer that waits."""
    t = Traced()
    for _ in range(50):
        t.s = socket.create_connection(('127.0.0.1', t.n.port), 20)
        t.send(CLOSE + 'x' * 3000)
        data = b''
        try:
            while part := t.s.recv(65536):
                data += part
        except ConnectionResetError:
            pass
        check(data.endswith(b'\r\n\r\none'), 'the answer:', data)


@test
def a_last_answer_that_something_follows_is_pushed():
    """post_action keeps the connection for a while: it may not keep the answer."""
    t = Traced(SERVER='location / { post_action /later; } location = /later { limit_req zone=z burst=9; empty_gif; }',
               HTTP='limit_req_zone $host zone=z:64k rate=1r/m;')
    t.send(CLOSE)
    t.answers(1)
    wait(lambda: [c for c in t.calls() if 'TCP_CORK, [0]' in c], 'what pushes it, in the trace')


main()
