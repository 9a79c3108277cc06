#!/usr/bin/env python3
"""Resident memory of a worker: flat over many requests, and for idle connections that of nginx.

MEMORY_REQUESTS (200000) and MEMORY_CONNECTIONS (10000, or what ulimit -n allows) say how many.
"""

import gc
import os
import re
import resource
import socket
import threading

from _common import OURS, REFERENCE, Nginx, Skip, check, main, read, same, test, wait

REQUESTS = int(os.environ.get('MEMORY_REQUESTS', '200000'))
CONNECTIONS = int(os.environ.get('MEMORY_CONNECTIONS', '10000'))


def rss(pid):
    """Kilobytes; of a worker only what it does not share with its master's file mappings."""
    return int(re.search(r'(?m)^VmRSS:\s*(\d+)', read(f'/proc/{pid}/status'))[1])


def ask(n, total, connections=8):
    """Many requests of several kinds, pipelined in groups; the answers are counted."""
    paths = [('GET', '/a.txt', ''), ('GET', '/none', ''), ('GET', '/', ''), ('GET', '/a.txt', 'Range: bytes=0-0,2-2\r\n'),
             ('HEAD', '/a.txt', 'If-None-Match: "x"\r\n'), ('POST', '/x', 'Content-Length: 2\r\n'),
             ('GET', '/tf/x?a=b', 'Cookie: a=b\r\n'), ('GET', '/big', 'Connection: keep-alive\r\n')]
    group = b''.join(f'{m} {p} HTTP/1.1\r\nHost: localhost\r\n{h}\r\n'.encode() + (b'ab' if m == 'POST' else b'')
                     for m, p, h in paths)
    trouble = []

    def work():
        try:
            for _ in range(max(1, total // connections // (len(paths) * 10))):
                with socket.create_connection(('127.0.0.1', n.port), 10) as s:
                    s.settimeout(20)
                    for i in range(10):
                        s.sendall(group)
                        data, found = b'', 0
                        while found < len(paths):
                            part = s.recv(1 << 18)
                            check(part, 'closed')
                            data = data[-12:] + part
                            found += data.count(b'HTTP/1.1 ')
                            data = data[-8:]
        except Exception as e:                      # a thread's trouble is the test's
            trouble.append(e)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    check(not trouble, trouble[:1])


@test
def requests_leak_nothing():
    n = Nginx(HTTP='keepalive_requests 1000000;', SERVER='''location /tf { try_files $uri /a.txt; }
              error_page 405 = /a.txt; access_log off; log_not_found off;''')
    n.write('html/index.html', 'index')
    n.write('html/big', 'x' * 40000)
    n.start()
    worker = n.workers()[0]
    ask(n, REQUESTS // 10)
    before = rss(worker)
    ask(n, REQUESTS)
    after = rss(worker)
    same(n.workers(), [worker], 'worker')
    print(f'    {before} kB, after {REQUESTS} more requests {after} kB')
    # one byte for each request is a leak
    check(after - before < REQUESTS / 1024, f'{before} kB before, {after} kB after {REQUESTS} requests')


def idle(binary, count):
    """Kilobytes that so many idle keep-alive connections add to a worker, and all it has then."""
    n = Nginx(binary, GLOBAL=f'worker_rlimit_nofile {count + 100};', EVENTS=f'worker_connections {count + 50};',
              HTTP='keepalive_timeout 600s;')
    n.start()
    worker = n.workers()[0]
    before = rss(worker)
    held = []
    try:
        for i in range(count):
            s = socket.socket()
            s.settimeout(20)
            s.bind((f'127.0.0.{1 + i // 5000}', 0))
            s.connect(('127.0.0.1', n.port))
            held.append(s)
            s.sendall(b'GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n')
        for s in held:
            check(s.recv(4096).startswith(b'HTTP/1.1 200'), 'no answer')
        wait(lambda: n.log('access.log').count('\n') >= count, 'the log')
        return rss(worker) - before, rss(worker)
    finally:
        for s in held:
            s.close()
        gc.collect()


@test
def idle_connections_cost_what_they_cost_nginx():
    if not REFERENCE:
        raise Skip('no reference')
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(CONNECTIONS, hard - 200)
    if count < 500:
        raise Skip(f'ulimit -n is {hard}')
    ours, ours_all = idle(OURS, count)
    theirs, theirs_all = idle(REFERENCE, count)
    print(f'    {count} connections: {ours} kB, the reference {theirs} kB, ratio {ours / theirs:.3f}; '
          f'the whole worker {ours_all} kB and {theirs_all} kB, ratio {ours_all / theirs_all:.3f}')
    check(ours <= theirs * 1.05, f'{ours} kB and {theirs} kB: ratio {ours / theirs:.3f}')
    check(ours_all <= theirs_all * 1.05, f'the whole worker: {ours_all} kB and {theirs_all} kB')


if __name__ == '__main__':
    main()
