#!/usr/bin/env python3
"""What a killed master and a killed worker leave behind."""

import os
import re
import signal
import socket
import struct

from _common import OURS, REFERENCE, Nginx, Skip, check, gone, main, need_root, reference, same, test, wait

BIG = 8 * 1024 * 1024


def kill_master(binary):
    n = Nginx(binary, GLOBAL='worker_processes 2;').start()
    workers = wait(lambda: len(n.workers()) == 2 and n.workers(), 'two workers')
    n.proc.kill()
    n.proc.wait()
    return n, workers


@test
def start_after_the_master_was_killed():
    n, workers = kill_master(OURS)
    code, text = n.run()                        # the old pid file is there, the workers may be
    same(code, 0, 'start: ' + text)
    check(n.ask() == 'one', 'no answer')
    wait(lambda: all(gone(pid) for pid in workers), 'the old workers to go')
    same(len(n.workers()), 2, 'workers')
    check(n.ask() == 'one', 'no answer')
    same([p for p in os.listdir(n.prefix) if 'pid' in p], ['nginx.pid'], 'pid files')

    def nginx():
        m, workers = kill_master(REFERENCE)
        code, _ = m.run()
        return f'start: exit code {code}, {sum(not gone(p) for p in workers)} of 2 old workers still there'
    reference(nginx)


@test
def workers_finish_their_requests_first():
    n = Nginx(SERVER='limit_rate 4m; sendfile off; output_buffers 1 32k;').start()
    with open(n.path('html/big'), 'wb') as f:
        f.truncate(BIG)
    workers = n.workers()
    with socket.create_connection(('127.0.0.1', n.port), 5) as s:
        s.settimeout(20)
        s.sendall(b'GET /big HTTP/1.1\r\nHost: a\r\n\r\n')
        data = s.recv(65536)
        n.proc.kill()
        n.proc.wait()
        size = int(re.search(rb'Content-Length: (\d+)', data)[1]) + data.index(b'\r\n\r\n') + 4
        got = len(data)
        while got < size:
            part = s.recv(1 << 20)
            check(part, f'closed after {got} of {size} bytes')
            got += len(part)
    wait(lambda: all(gone(pid) for pid in workers), 'the worker to go')
    check('gracefully shutting down' in n.log(), n.log())


@test
def master_killed_while_it_starts():
    """At whatever point: the next start works."""
    for delay in range(0, 30, 3):
        n = Nginx(GLOBAL='worker_processes 2;')
        p = n.popen('-g', 'daemon off;')
        signal.sigtimedwait([signal.SIGRTMAX], delay / 1000)
        p.kill()
        p.wait()
        code, text = n.run()                    # it may say that it tries again to bind()
        same(code, 0, 'start: ' + text)
        check(n.ask() == 'one', 'no answer')
        same([f for f in os.listdir(n.prefix) if f.startswith('.nginx.pid.') and f != f'.nginx.pid.{p.pid}'], [], 'left over')
        n.clean()


@test
def killed_master_of_an_upgrade():
    """The new binary's workers go with their master only."""
    n = Nginx().daemon()
    old = n.pid()
    os.kill(old, signal.SIGUSR2)
    wait(lambda: os.path.exists(n.path('nginx.pid.oldbin')) and os.path.exists(n.path('nginx.pid')), 'the new binary')
    new = n.pid()
    check(new != old, 'the same')
    workers = wait(n.workers, 'its workers')
    os.kill(old, signal.SIGKILL)
    wait(lambda: gone(old), 'its end')
    for _ in range(20):
        check(n.ask() == 'one', 'no answer')
    same(n.workers(), workers, 'workers')


def listens(pid, port):
    """Whether the process waits for connections of this port: it is in its epoll set."""
    inodes = set()
    for line in open('/proc/net/tcp'):
        f = line.split()
        if f[1].endswith(':%04X' % port) and f[3] == '0A':
            inodes.add(f'socket:[{f[9]}]')
    fds = {}
    for fd in os.listdir(f'/proc/{pid}/fd'):
        try:
            fds[int(fd)] = os.readlink(f'/proc/{pid}/fd/{fd}')
        except OSError:
            pass
    for fd, what in fds.items():
        if what == 'anon_inode:[eventpoll]':
            with open(f'/proc/{pid}/fdinfo/{fd}') as f:
                for line in f:
                    m = re.match(r'tfd:\s*(\d+)', line)
                    if m and fds.get(int(m[1])) in inodes:
                        return True
    return False


@test
def worker_killed_with_the_accept_mutex():
    """While the master sleeps nobody accepts, so it is the master that frees it."""
    if os.environ.get('NGINX_EVENT_METHOD', 'epoll') != 'epoll':
        raise Skip('only with epoll it can be seen from outside who accepts')
    n = Nginx(GLOBAL='worker_processes 2;', EVENTS='accept_mutex on; accept_mutex_delay 50ms;').start()
    for _ in range(3):
        wait(lambda: len(n.workers()) == 2, 'two workers')
        holders = wait(lambda: [p for p in n.workers() if listens(p, n.port)], 'a worker with the mutex')
        same(len(holders), 1, 'workers that accept')
        os.kill(n.proc.pid, signal.SIGSTOP)
        os.kill(holders[0], signal.SIGKILL)
        check(n.ask(limit=1) is None, 'an answer though the mutex is held')
        os.kill(n.proc.pid, signal.SIGCONT)
        wait(lambda: n.ask() == 'one', 'an answer')
    wait(lambda: len(n.workers()) == 2, 'two workers again')


@test
def worker_killed_with_the_lock_of_a_zone():
    """The lock is the first word of the zone: its owner's pid."""
    need_root()
    n = Nginx(GLOBAL='worker_processes 2;', HTTP='limit_req_zone $remote_addr zone=z:1m rate=10000r/s;',
              SERVER='limit_req zone=z burst=1000 nodelay;')
    if 'unknown directive' in n.run('-t')[1]:
        raise Skip('no module with a zone is built in')
    n.start()
    workers = wait(lambda: len(n.workers()) == 2 and n.workers(), 'two workers')
    zones = [line.split('-')[0] for line in open(f'/proc/{workers[0]}/maps')
             if ' rw-s ' in line and int(line.split()[0].split('-')[1], 16) - int(line.split('-')[0], 16) == 1 << 20]
    same(len(zones), 1, 'zones')
    os.kill(n.proc.pid, signal.SIGSTOP)
    with open(f'/proc/{workers[0]}/mem', 'r+b', buffering=0) as f:
        f.seek(int(zones[0], 16))
        f.write(struct.pack('N', workers[0]))
    check(n.ask(limit=1) is None, 'an answer though the zone is locked')
    os.kill(workers[0], signal.SIGKILL)
    os.kill(n.proc.pid, signal.SIGCONT)
    wait(lambda: n.ask() == 'one', 'an answer')
    wait(lambda: f'shared memory zone "z" was locked by {workers[0]}' in n.log(), 'the log line')


main()
