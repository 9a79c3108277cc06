#!/usr/bin/env python3
"""The event method `use io_uring;`: requests of all shapes, clients that come and go, restarts, system calls."""

import ctypes
import os
import platform
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading

from _common import OURS, Nginx, Skip, check, gone, main, read, same, test, wait

SYS_io_uring_setup = 425
LIBC = ctypes.CDLL(None, use_errno=True)
BIG = bytes(range(256)) * 32768         # 8 MB, more than all buffers between two processes


def refusal():
    """Why this machine's kernel says no, or None."""
    fd = LIBC.syscall(SYS_io_uring_setup, 4, ctypes.create_string_buffer(120))
    if fd == -1:
        return os.strerror(ctypes.get_errno())
    os.close(fd)
    release = tuple(map(int, re.match(r'(\d+)\.(\d+)', platform.release()).groups()))
    return None if release >= (6, 0) else 'older than Linux 6.0'


REFUSED = refusal()


def needed(function):
    """A test that needs a kernel with io_uring."""
    def run():
        if REFUSED:
            raise Skip(f'the kernel refuses io_uring: {REFUSED}')
        function()
    run.__name__ = function.__name__
    return test(run)


def server(EVENTS='', SERVER='', GLOBAL='', **parts):
    n = Nginx(EVENTS='use io_uring; worker_connections 1024; ' + EVENTS, SERVER='lingering_timeout 1s; ' + SERVER,
              GLOBAL=GLOBAL, **parts)
    with open(n.path('html/big'), 'wb') as f:
        f.write(BIG)
    os.chmod(n.path('html'), 0o777)
    n.start()
    check('using the "io_uring" event method' in n.log(), n.log())
    return n


def quiet(n):
    """Nothing went wrong on the way."""
    check(not re.search(r'\[(alert|crit|emerg)\]', n.log()), n.log())


def connect(n, **keys):
    s = socket.create_connection(('127.0.0.1', n.port), 10, **keys)
    s.settimeout(20)
    return s


def get(path='/a.txt', *more):
    return '\r\n'.join([f'GET {path} HTTP/1.1', 'Host: a', *more, '', '']).encode()


def answer(f):
    """(status, body) from a file over a socket."""
    line = f.readline()
    if not line:
        return None
    length = 0
    while True:
        h = f.readline()
        if h.lower().startswith(b'content-length:'):
            length = int(h.split(b':')[1])
        if h in (b'\r\n', b''):
            break
    return int(line.split()[1]), f.read(length)


def rest(s):
    data = b''
    while True:
        part = s.recv(1 << 20)
        if not part:
            return data
        data += part


ONE = (200, b'one')


@test
def refused_by_the_kernel():
    """With a seccomp filter that answers EPERM: the emerg line, and a worker that is not started again."""
    if platform.machine() != 'x86_64':
        raise Skip('the filter is for x86-64')

    def forbid():
        code = [(0x20, 0, 0, 0), (0x15, 0, 1, SYS_io_uring_setup), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)]
        text = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *c) for c in code))
        prog = ctypes.create_string_buffer(struct.pack('HxxxxxxQ', len(code), ctypes.addressof(text)))
        if LIBC.prctl(38, 1, 0, 0, 0) or LIBC.prctl(22, 2, prog, 0, 0):
            os._exit(99)
    n = Nginx(EVENTS='use io_uring;')
    same(n.run('-t')[0], 0, '-t')
    n.proc = n.popen('-g', 'daemon off;', preexec_fn=forbid)
    wait(lambda: 'exited with fatal code 2 and cannot be respawned' in n.log() or n.proc.poll() is not None, 'the end')
    check('[emerg]' in n.log() and 'io_uring_setup() failed (1: Operation not permitted)' in n.log(), n.log())
    same(n.log().count('start worker process '), 1, 'workers started')
    n.proc.send_signal(signal.SIGTERM)
    wait(lambda: n.proc.poll() is not None, 'the master')


@test
def not_chosen_by_itself():
    n = Nginx()
    n.config(n.CONFIG.replace('@EVENTS@', ''))
    n.start()
    check('using the "epoll" event method' in n.log(), n.log())


@needed
def requests():
    n = server()
    with connect(n) as s, s.makefile('rb') as f:
        for _ in range(50):
            s.sendall(get())
            same(answer(f), ONE, 'keep-alive')
        s.sendall(get() * 500)
        for i in range(500):
            same(answer(f), ONE, f'pipelined {i}')
        # more than a buffer of the ring, in one piece, and then byte by byte
        s.sendall(get('/a.txt', 'X: ' + 'x' * 7000))
        same(answer(f), ONE, 'a long header')
        for b in get('/a.txt', 'X: ' + 'x' * 100):
            s.send(bytes([b]))
        same(answer(f), ONE, 'byte by byte')
    same(n.ask(), 'one', 'HTTP/1.0')
    quiet(n)


@needed
def bodies():
    n = server(SERVER='client_max_body_size 20m; dav_methods PUT; location /no { return 404; }')
    with connect(n) as s, s.makefile('rb') as f:
        for i in range(3):
            s.sendall(b'PUT /put HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n' % len(BIG) + BIG + get())
            check(answer(f)[0] in (201, 204), 'PUT')
            same(answer(f), ONE, 'behind the body')
            with open(n.path('html/put'), 'rb') as g:
                check(g.read() == BIG, 'what was put')
        s.sendall(b'POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n' % len(BIG) + BIG + get())
        same(answer(f)[0], 404, 'a body that nobody reads')
        same(answer(f), ONE, 'behind it')
    quiet(n)


@needed
def slow_readers():
    """The socket is full again and again: the rest waits for output."""
    n = server(SERVER='sendfile on; location /off/ { alias @PREFIX@/html/; sendfile off; }')
    for path in ('/big', '/off/big'):
        with connect(n) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            s.sendall(get(path, 'Connection: close'))
            with s.makefile('rb', 8192) as f:
                check(answer(f) == (200, BIG), path)
    quiet(n)


@needed
def half_closed():
    n = server()
    for path, whole in (('/a.txt', True), ('/big', False)):
        with connect(n) as s:
            s.sendall(get(path))
            s.shutdown(socket.SHUT_WR)
            data = rest(s)
            # a long answer nginx breaks off, as soon as it sees the end (499)
            check(data.endswith(b'\r\n\r\none') if whole else data.startswith(b'HTTP/1.1 200'), path)
    same(n.ask(), 'one', 'an answer afterwards')
    quiet(n)


@needed
def clients_that_go():
    """Before, within and after a request, with and without a reset: what they leave behind is closed."""
    n = server(SERVER='limit_rate 200k; keepalive_timeout 5s;')
    worker = n.workers()[0]
    before = len(os.listdir(f'/proc/{worker}/fd'))
    for data in (b'', b'GET /a', get(), get('/big'), get() + b'GET', get('/big') + get() * 100):
        for reset in (False, True):
            s = connect(n)
            s.sendall(data)
            if data and data != b'GET /a':
                s.recv(10)
            if reset:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            s.close()
    wait(lambda: len(os.listdir(f'/proc/{worker}/fd')) == before, 'descriptors')
    same(n.workers(), [worker], 'workers')
    quiet(n)


@needed
def closed_by_the_server():
    """close() alone does not do it: the kernel still receives for the connection."""
    n = server(SERVER='keepalive_timeout 100ms; client_header_timeout 200ms;')
    for data in (b'', b'GET /a', get()):
        with connect(n) as s:
            s.sendall(data)
            rest(s)
    quiet(n)


@needed
def end_seen_while_waiting():
    """A client that goes while its request waits, and with a second one unread behind it: 499, before the delay is over."""
    n = server(HTTP='limit_req_zone $uri zone=z:1m rate=1r/m; limit_req zone=z burst=10;')
    # the first one was the question whether it has started
    for i, more in enumerate((b'', get('/b', 'X: ' + 'x' * 500) * 3, b'x' * 100000), 1):
        s = connect(n)
        s.sendall(get() + more)
        wait(lambda: n.log().count('delaying request') == i, 'the delay')
        s.close()
        wait(lambda: n.log('access.log').count('" 499 ') == i, f'499 ({len(more)} bytes behind it)')
    quiet(n)


@needed
def unread_is_bounded():
    """Who sends and sends while his request waits is stopped by the window, and takes no buffer from others."""
    n = server(HTTP='limit_req_zone $uri zone=z:1m rate=1r/m; limit_req_log_level info;',
               SERVER='location /wait { limit_req zone=z burst=1000; return 200; }')
    same(n.ask('/wait'), '', 'the first')

    def size():
        return int(re.search(r'VmRSS:\s+(\d+)', read(f'/proc/{n.workers()[0]}/status'))[1])
    before = size()
    all = []
    for _ in range(300):
        s = connect(n)
        s.setblocking(False)
        try:
            for _ in range(3):
                s.send(get('/wait') + b'x' * 100000)
        except BlockingIOError:
            pass
        all.append(s)
    for _ in range(50):
        same(n.ask(), 'one', 'another client')
    check(size() - before < 300 * 24, f'{before} kB, then {size()} kB')
    for s in all:
        s.close()
    quiet(n)


@needed
def more_clients_than_buffers():
    n = server()
    os.kill(n.workers()[0], signal.SIGSTOP)         # so that all come at once
    all = [connect(n) for _ in range(400)]
    for s in all:
        s.sendall(get())
    os.kill(n.workers()[0], signal.SIGCONT)
    for round in range(3):
        for s in all:
            with s.makefile('rb') as f:
                same(answer(f), ONE, 'an answer')
        os.kill(n.workers()[0], signal.SIGSTOP)
        for s in all:
            s.sendall(get())
        os.kill(n.workers()[0], signal.SIGCONT)
    for s in all:
        s.close()
    quiet(n)


@needed
def files_in_threads_and_aio():
    parts = 'location /t/ { alias @PREFIX@/html/; aio threads; } location /d/ { alias @PREFIX@/html/; aio on; directio 512; ' \
            'output_buffers 2 64k; }'
    n = server(SERVER=parts)
    for path in ('/t/big', '/d/big') * 2:
        with connect(n) as s:
            s.sendall(get(path, 'Connection: close'))
            check(rest(s).partition(b'\r\n\r\n')[2] == BIG, path)
    quiet(n)


@needed
def graceful_quit():
    """Connections in the queue are served, those in work finished, idle ones closed."""
    n = server(SERVER='location /slow/ { alias @PREFIX@/html/; limit_rate 4m; }')
    idle, slow, half = connect(n), connect(n), connect(n)
    idle.sendall(get())
    with idle.makefile('rb') as f:
        same(answer(f), ONE, 'idle')
    slow.sendall(get('/slow/big'))
    slow.recv(100)
    half.sendall(b'GET /a.txt HTTP/1.1\r\n')
    worker = n.workers()[0]
    os.kill(worker, signal.SIGSTOP)
    queued = [connect(n) for _ in range(5)]
    for s in queued:
        s.sendall(get('/a.txt', 'Connection: close'))
    os.kill(n.proc.pid, signal.SIGQUIT)
    wait(lambda: 'SIGQUIT' in n.log(), 'the signal')
    os.kill(worker, signal.SIGCONT)
    same(idle.recv(10), b'', 'the idle one')
    half.sendall(b'Host: a\r\n\r\n')
    check(rest(half).endswith(b'one'), 'the one that had begun')
    # as with epoll, who is in the queue then is served or refused, never left
    for s in queued:
        try:
            check(rest(s)[-3:] in (b'one', b''), 'queued')
        except ConnectionResetError:
            pass
    check(rest(slow).endswith(BIG[-1000:]), 'the slow one')
    wait(lambda: gone(worker) and n.proc.poll() is not None, 'the end')
    same(n.proc.returncode, 0, 'exit code')
    try:
        connect(n)
        check(False, 'somebody listens')
    except ConnectionRefusedError:
        pass
    quiet(n)


def under_load(events, listen=''):
    n = server(EVENTS=events, GLOBAL='worker_processes 2;')
    if listen:
        n.config(n.CONFIG.replace('listen 127.0.0.1:@PORT@', f'listen 127.0.0.1:@PORT@ {listen}'), GLOBAL='worker_processes 2;',
                 EVENTS='use io_uring; ' + events)
        same(n.run('-s', 'reload'), (0, ''), 'reload')
        wait(lambda: n.log().count('gracefully shutting down') == 2, 'the new listening sockets')
    stop, counts, failed = threading.Event(), [0, 0], []

    def load(i):
        while not stop.is_set():
            try:
                with connect(n) as s, s.makefile('rb') as f:
                    s.sendall(get('/a.txt', 'Connection: close'))
                    if answer(f) != ONE:
                        failed.append('answer')
                    counts[i] += 1
            except OSError as e:
                failed.append(e)
    threads = [threading.Thread(target=load, args=(i,)) for i in range(2)]
    for t in threads:
        t.start()
    try:
        begin = n.log().count('gracefully shutting down')
        for i in range(1, 9):
            seen = sum(counts)
            same(n.run('-s', 'reload'), (0, ''), 'reload')
            wait(lambda: n.log().count('gracefully shutting down') == begin + 2 * i and sum(counts) > seen + 20, 'the reload')
    finally:
        stop.set()
        for t in threads:
            t.join(30)
    same(failed, [], f'failures of {sum(counts)}')
    wait(lambda: len(n.workers()) == 2, 'the old workers to be gone')
    quiet(n)


@needed
def reload_under_load():
    under_load('')


@needed
def reload_with_the_accept_mutex():
    under_load('accept_mutex on; accept_mutex_delay 20ms;')


@needed
def reload_with_multi_accept():
    under_load('multi_accept on;')


@needed
def reload_with_reuseport():
    under_load('', 'reuseport')


@needed
def no_master():
    n = server(GLOBAL='master_process off;')
    same([n.ask() for _ in range(20)], ['one'] * 20, 'answers')
    for _ in range(2):
        size = len(n.log())
        os.kill(n.proc.pid, signal.SIGHUP)
        wait(lambda: 'using the "io_uring" event method' in n.log()[size:], 'the new cycle')
    check(n.proc.poll() is None, 'it has ended')


@needed
def sockets_are_free_after_the_end():
    """The kernel takes a ring apart after its process: what it holds is let go before."""
    n = server()
    s = connect(n)
    s.sendall(get())
    with s.makefile('rb') as f:
        same(answer(f), ONE, 'an answer')
    n.proc.send_signal(signal.SIGTERM)
    n.proc.wait(10)
    s.settimeout(0)
    try:
        same(s.recv(1), b'', 'the connection')
    except ConnectionResetError:
        pass
    with socket.socket() as t:
        same(t.connect_ex(('127.0.0.1', n.port)) != 0, True, 'nobody listens')


def system_calls(method, count):
    n = Nginx(EVENTS=f'use {method};', GLOBAL='master_process off;', HTTP='access_log off; keepalive_requests 100000;')
    out = n.path('calls')
    n.proc = subprocess.Popen(['strace', '-f', '-qq', '-c', '-U', 'calls,name', '-o', out, *n.args('-g', 'daemon off;')],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait(lambda: n.ask() is not None or n.proc.poll() is not None, 'an answer')
    with connect(n) as s, s.makefile('rb') as f:
        for _ in range(count):
            s.sendall(get())
            same(answer(f), ONE, 'an answer')
    os.kill(n.pid(), signal.SIGTERM)
    n.proc.wait(10)
    calls = {name: int(number) for number, name in re.findall(r'^\s*(\d+)\s+(\w+)$', read(out), re.M)}
    calls.pop('total', None)
    return calls


@needed
def fewer_system_calls():
    if not shutil.which('strace'):
        raise Skip('no strace')
    count = 500
    epoll, ring = system_calls('epoll', count), system_calls('io_uring', count)
    check(ring.get('recvfrom', 0) < 5 and ring.get('epoll_wait', 0) == 0, ring)
    print(f'    per request: epoll {sum(epoll.values()) / count:.2f}, io_uring {sum(ring.values()) / count:.2f}')
    check(sum(ring.values()) < sum(epoll.values()) - 0.9 * count, f'{sum(ring.values())} and {sum(epoll.values())}')


if not os.access(OURS, os.X_OK):
    sys.exit(f'no program {OURS}')
main()
