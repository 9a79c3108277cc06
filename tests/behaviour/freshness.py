#!/usr/bin/env python3
"""What is on disk is what is served, also where one look at a file answers for several requests."""

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from _common import OURS, REFERENCE, Nginx, Skip, check, main, read, reference, same, test, wait

HEAD = 'GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n'
LOOKS = ('stat(', 'newfstatat(', 'statx(', 'fstatat64(')


def settle(n, name, text):
    """A file that has not changed for a while: such a one is kept in memory."""
    path = n.write('html/' + name, text)
    old = time.time() - 1000
    os.utime(path, (old, old))
    return path


def connect(n):
    return socket.create_connection(('127.0.0.1', n.port), 20)


def answer(s):
    """(status, body) of the next answer, when no other can have come."""
    data = b''
    while True:
        part = s.recv(65536)
        check(part, 'closed after', data)
        data += part
        head, found, body = data.decode('latin-1').partition('\r\n\r\n')
        if not found:
            continue
        size = re.search('(?i)content-length: (\\d+)', head)
        if not size or len(body) == int(size.group(1)):
            return int(head.split(' ')[1]), body


class Round:
    """Keep-alive connections of a single process whose requests arrive in one round of its loop: it is stopped meanwhile."""

    def __init__(self, count, binary=OURS, **parts):
        if not shutil.which('strace'):
            raise Skip('no strace')
        self.n = Nginx(binary, GLOBAL='master_process off; daemon off;', **parts)
        self.file = settle(self.n, 'a.txt', 'old')
        # a clock's wait, not one for the server: the ctime is of now
        wait(lambda: time.time() > int(os.stat(self.file).st_ctime) + 3.1, 'the file to be old enough')
        self.n.proc = self.n.popen()
        wait(lambda: self.n.ask() is not None or self.n.proc.poll() is not None, 'an answer')
        self.n.ask()
        self.s = [connect(self.n) for _ in range(count)]
        for s in self.s:
            s.sendall(HEAD.encode())
            same(answer(s), (200, 'old'), 'before')

    def stop(self):
        self.strace = subprocess.Popen(['strace', '-qq', '-s', '200', '-o', self.n.path('logs/calls'), '-p', str(self.n.proc.pid)],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait(lambda: 'TracerPid:\t0' not in read(f'/proc/{self.n.proc.pid}/status'), 'strace')
        # once round, so that it is in epoll_wait() when the signal comes
        same(self.n.ask(), 'old', 'an answer under strace')
        os.kill(self.n.proc.pid, signal.SIGSTOP)
        wait(lambda: 'stopped' in read(f'/proc/{self.n.proc.pid}/status').split('State:')[1].split('\n')[0]
             or 'tracing stop' in read(f'/proc/{self.n.proc.pid}/status').split('State:')[1].split('\n')[0], 'stop')
        self.before = len(read(self.n.path('logs/calls')).splitlines())

    def go_on(self):
        os.kill(self.n.proc.pid, signal.SIGCONT)

    def calls(self, *names):
        return [c for c in read(self.n.path('logs/calls')).splitlines()[self.before:] if c.startswith(names)]


def sixteen(binary):
    r = Round(16, binary)
    r.stop()
    for s in r.s:
        s.sendall(HEAD.encode())
    r.go_on()
    for s in r.s:
        same(answer(s), (200, 'old'), 'an answer')
    wait(lambda: len(r.calls('recvfrom')) >= 16, '16 requests in the trace')
    return len(r.calls(*LOOKS)), r.calls('recvfrom', *LOOKS)


@test
def one_look_after_all_have_arrived():
    looks, calls = sixteen(OURS)
    # one of them may have been a round of its own
    check(1 <= looks <= 3, looks, 'looks')
    last = max(i for i, c in enumerate(calls) if c.startswith('recvfrom') and 'GET' in c)
    check(any(c.startswith(LOOKS) for c in calls[last:]), 'no look after the last request', calls)
    reference(lambda: f'{sixteen(REFERENCE)[0]} looks for 16 requests')


@test
def a_change_after_the_requests_came_shows():
    r = Round(16)
    r.stop()
    for s in r.s:
        s.sendall(HEAD.encode())
    r.n.write('html/b.txt', 'new')
    os.rename(r.n.path('html/b.txt'), r.file)
    r.go_on()
    for s in r.s:
        same(answer(s), (200, 'new'), 'an answer')


@test
def what_a_pipelined_request_has_changed_shows():
    """A look for another connection lies between the arrival of PUT and GET, which came together, and the GET's turn."""
    r = Round(8, SERVER='dav_methods PUT;')
    r.stop()
    put = 'PUT /a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nnew'
    for i, s in enumerate(r.s):
        s.sendall(((put if i == 4 else '') + HEAD).encode())
    r.go_on()
    data = b''
    while not data.endswith(b'\r\n\r\nnew'):
        part = r.s[4].recv(65536)
        check(part, 'closed after', data)
        data += part
        check(not data.endswith(b'\r\n\r\nold'), 'what PUT has changed', data)
    for i, s in enumerate(r.s):
        if i != 4:
            check(answer(s) in ((200, 'old'), (200, 'new')), 'one of the others')
    for s in r.s:
        s.sendall(HEAD.encode())
        same(answer(s), (200, 'new'), 'afterwards')


@test
def nobody_sees_an_old_file_after_a_change():
    """Files that are kept, all asked for under load; whoever asks after a change gets what it brought, in one piece or two."""
    n = Nginx(HTTP='keepalive_requests 1000000;')
    names = [f'f{i}' for i in range(120)]
    for name in names:
        last = settle(n, name, 'old')
    wait(lambda: time.time() > int(os.stat(last).st_ctime) + 3.1, 'the files to be old enough')
    n.start()
    heads = [HEAD.replace('a.txt', name) for name in names]
    at = [0]
    wrong = []

    def load():
        with connect(n) as s:
            while at[0] < len(names):
                # the one to be changed next, so that a look at it is never far
                s.sendall(heads[min(at[0], len(names) - 1)].encode())
                if answer(s)[0] != 200:
                    wrong.append('load')

    with connect(n) as s:
        for head in heads:
            s.sendall(head.encode())
            same(answer(s), (200, 'old'), 'before')
    threads = [threading.Thread(target=load) for _ in range(4)]
    for t in threads:
        t.start()
    try:
        with connect(n) as s:
            for i, name in enumerate(names):
                at[0] = i
                cut = i % len(heads[i])
                s.sendall(heads[i][:cut].encode())
                os.rename(n.write('html/new', 'new'), n.path('html/' + name))
                s.sendall(heads[i][cut:].encode())
                same(answer(s), (200, 'new'), 'after the change')
    finally:
        at[0] = len(names)
        for t in threads:
            t.join()
    same(wrong, [], 'under load')


def raw(n, path):
    with connect(n) as s:
        s.sendall(f'GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'.encode())
        data = b''
        while part := s.recv(65536):
            data += part
        return re.sub(rb'Date: .*\r', b'Date:\r', data)


def chunks(binary):
    """Answers from disk and later ones, which may come from memory."""
    sizes = (1, 32767, 32768, 32769, 65536, 65537, 100000, 131072, 131073)
    n = Nginx(binary, GLOBAL='master_process off; daemon off;', HTTP='sendfile off;',
              SERVER='location /ssi/ { alias @PREFIX@/html/; ssi on; ssi_types *; }'
                     'location /six/ { alias @PREFIX@/html/; ssi on; ssi_types *; output_buffers 3 40k; }'
                     'location /sub/ { alias @PREFIX@/html/; sub_filter bcdefghijabc <x>; sub_filter cd Y; sub_filter_once off; sub_filter_types *; }')
    for size in sizes:
        last = settle(n, f's{size}', ('abcdefghij' * (size // 10 + 1))[:size])
    n.proc = n.popen()
    wait(lambda: n.ask() is not None or n.proc.poll() is not None, 'an answer')
    paths = [f'{place}/s{size}' for place in ('', '/ssi', '/six', '/sub') for size in sizes]
    first = [raw(n, p) for p in paths]
    wait(lambda: time.time() > int(os.stat(last).st_ctime) + 3.1, 'the files to be old enough')
    for p, a in zip(paths, first):
        raw(n, p)
        check(raw(n, p) == a, p, 'changed')
    return first


@test
def a_kept_file_is_sent_in_the_pieces_of_a_read_one():
    ours = chunks(OURS)
    check(any(b'\r\n8000\r\n' in a for a in ours), 'no piece of 32k')
    if REFERENCE:
        strip = re.compile(rb'Server: .*\r|Last-Modified: .*\r|ETag: .*\r')
        same([strip.sub(b'', a) == strip.sub(b'', b) for a, b in zip(ours, chunks(REFERENCE))], [True] * len(ours), 'as nginx')


main()
