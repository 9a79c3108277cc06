#!/usr/bin/env python3
"""What nginx survives: a full disk, a root that it may not read, no more descriptors, a bad configuration."""

import grp
import os
import pwd
import re
import resource
import signal
import socket
import subprocess

from _common import LIMIT, OURS, REFERENCE, Nginx, Skip, check, main, need_root, read, reference, same, test, wait

NOBODY = pwd.getpwnam('nobody')
GROUP = grp.getgrgid(NOBODY.pw_gid).gr_name


def answers(n, path='/a.txt', port=None):
    """The whole answer, or b''."""
    with socket.create_connection(('127.0.0.1', port or n.port), 5) as s:
        s.settimeout(5)
        s.sendall(f'GET {path} HTTP/1.0\r\nHost: a\r\n\r\n'.encode())
        data = b''
        while part := s.recv(65536):
            data += part
    return data


def status(n, path='/a.txt'):
    return answers(n, path)[9:12].decode()


# ---------------------------------------------------------------- a full disk

def full(binary):
    """access_log on a device that is full; error_log beside it."""
    n = Nginx(binary)
    n.config(n.CONFIG.replace('access_log @PREFIX@/logs/access.log;', 'access_log /dev/full;'))
    n.start()
    workers = n.workers()
    got = [n.ask() for _ in range(5)]
    found = re.sub(r'^.*?\[', '[', [line for line in n.log().splitlines() if 'No space' in line][0])
    found = re.sub(r'\d+#\d+: (\*\d+ )?', '', found)
    return got, found, n.log().count('No space left'), n.workers() == workers


@test
def access_log_on_a_full_disk():
    """Answers go on; one [alert] a minute at the most, as many as nginx writes."""
    if not os.path.exists('/dev/full'):
        raise Skip('no /dev/full')
    got, found, count, alive = full(OURS)
    same(got, ['one'] * 5, 'answers')
    same(found, '[alert] write() to "/dev/full" failed (28: No space left on device) while logging request, client: '
         '127.0.0.1, server: , request: "GET /a.txt HTTP/1.0", host: "a"', 'error.log')
    check(alive, 'the worker has gone')
    same(count, 1, 'lines within a minute')
    if REFERENCE:
        same(full(REFERENCE)[:2], (got, found), 'the same as the reference')


@test
def all_logs_on_a_full_disk():
    """A small tmpfs, filled: no line anywhere, and answers nevertheless. With room, there are lines again."""
    need_root()

    def run(binary):
        n = Nginx(binary)
        mount = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64k,mode=755', 'none', n.path('logs')],
                               capture_output=True, check=False)
        if mount.returncode:
            raise Skip('mount: ' + mount.stderr.decode().strip())
        try:
            n.start()
            same(n.ask(), 'one', 'with room')
            workers = n.workers()
            # filled by us to the last byte
            with open(n.path('logs/ballast'), 'wb', buffering=0) as f:
                try:
                    while f.write(b'x' * 512):
                        pass
                except OSError:
                    pass
            size = len(n.log('access.log'))
            for _ in range(100):                            # more than the rest of a page
                same(n.ask(), 'one', 'an answer')
                same(status(n, '/none'), '404', 'an error')
            check(n.workers() == workers, 'the worker has gone')
            os.unlink(n.path('logs/ballast'))
            n.ask()
            wait(lambda: (n.ask(), len(n.log('access.log')) > size)[1], 'lines again')
            check(n.workers() == workers, 'the worker has gone')
            n.proc.terminate()
            same(n.proc.wait(20), 0, 'exit code')
        finally:
            if n.proc and n.proc.poll() is None:
                n.proc.terminate()
                n.proc.wait(20)
            subprocess.run(['umount', '-l', n.path('logs')], check=True)

    run(OURS)
    reference(lambda: (run(REFERENCE), 'the same')[1])


@test
def a_limit_for_the_size_of_files():
    """RLIMIT_FSIZE: write() says EFBIG, and SIGXFSZ is not there to kill; answers go on."""
    def run(binary):
        n = Nginx(binary)
        n.start(preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
                                    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))))
        workers = n.workers()
        got = [n.ask() for _ in range(60)]
        return got, os.path.getsize(n.path('logs/access.log')), n.workers() == workers

    got, size, alive = run(OURS)
    same((set(got), size, alive), ({'one'}, 2000, True), 'answers, access.log, worker')
    reference(lambda: 'access.log has %d bytes, worker alive: %s' % run(REFERENCE)[1:])


# ---------------------------------------------------------------- a root that may not be read

def unreadable(binary):
    need_root()                     # only root can make a worker that is not allowed to
    n = Nginx(binary, GLOBAL=f'user nobody {GROUP};', SERVER='location /list/ { index a.html b.html; }')
    n.write('html/closed.txt', 'no')
    os.chmod(n.path('html/closed.txt'), 0)
    os.makedirs(n.path('html/list'))
    n.start()
    out = [status(n, '/closed.txt')]
    os.chmod(n.path('html'), 0)
    out += [status(n, '/a.txt'), status(n, '/'), status(n, '/list/'), status(n, '/none')]
    os.chmod(n.path('html'), 0o755)
    out += [status(n, '/a.txt'), status(n, '/none')]
    log = [re.sub(r'^.*?(\[\w+\]) \d+#\d+: \*\d+ ', r'\1 ', line).replace(n.prefix, 'PREFIX')
           for line in n.log().splitlines() if ' (13: ' in line]
    return out, log


@test
def unreadable_root():
    out, log = unreadable(OURS)
    same(out, ['403', '403', '403', '403', '403', '200', '404'], 'answers')
    same(len(log), 5, f'lines of EACCES in {log}')
    same(log[1], '[error] open() "PREFIX/html/a.txt" failed (13: Permission denied), client: 127.0.0.1, server: , '
         'request: "GET /a.txt HTTP/1.0", host: "a"', 'error.log')
    if REFERENCE:
        same((out, log), unreadable(REFERENCE), 'the same as the reference')


@test
def unreadable_root_as_an_ordinary_user():
    n = Nginx()
    who = {}
    if os.geteuid() == 0:
        for name in ('', 'logs', 'html', 'conf', 'html/a.txt'):
            os.chown(n.path(name), NOBODY.pw_uid, NOBODY.pw_gid)
        who = {'user': NOBODY.pw_uid, 'group': NOBODY.pw_gid, 'extra_groups': []}
    n.start(**who)
    same(status(n), '200', 'status')
    os.chmod(n.path('html'), 0)
    same(status(n), '403', 'status')
    os.chmod(n.path('html'), 0o755)
    same(status(n), '200', 'status')


# ---------------------------------------------------------------- no more descriptors

def emfile(binary):
    """Connections until accept() fails, then all are closed."""
    n = Nginx(binary, GLOBAL='worker_processes 1; worker_rlimit_nofile 24;', EVENTS='worker_connections 20; accept_mutex_delay 300ms;')
    n.start()
    workers = n.workers()
    held = []
    for _ in range(40):
        held.append(socket.create_connection(('127.0.0.1', n.port), 5))
    text = wait(lambda: next((line for line in n.log().splitlines() if 'accept4() failed' in line
                              or 'worker_connections are not enough' in line), None), 'a line')
    # it does not spin: the listening socket is left alone for accept_mutex_delay
    before = n.log().count('accept4() failed')
    ticks = lambda: sum(map(int, read(f'/proc/{workers[0]}/stat').rsplit(')', 1)[1].split()[11:13]))
    used = ticks()
    wait(lambda: n.log().count('accept4() failed') >= before + 3, 'three more attempts')
    used = ticks() - used
    for s in held:
        s.close()
    wait(lambda: n.ask() == 'one', 'an answer again')
    for _ in range(20):
        same(n.ask(), 'one', 'an answer')
    check(n.workers() == workers, 'another worker')
    text = re.sub(r'^.*?(\[\w+\]) \d+#\d+: (\*\d+ )?', r'\1 ', text)
    return text, used


@test
def no_more_descriptors_at_accept():
    text, used = emfile(OURS)
    same(text, '[crit] accept4() failed (24: Too many open files)', 'error.log')
    check(used < 50, f'{used} ticks of CPU between four attempts: it spins')
    if REFERENCE:
        same(emfile(REFERENCE)[0], text, 'the same as the reference')


@test
def no_more_connections():
    """worker_connections: the oldest idle keep-alive connection gives way."""
    def run(binary):
        n = Nginx(binary, EVENTS='worker_connections 16;')
        n.start()
        held = []
        for _ in range(30):
            s = socket.create_connection(('127.0.0.1', n.port), 5)
            s.settimeout(5)
            s.sendall(b'GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n')
            check(s.recv(4096).startswith(b'HTTP/1.1 200'), 'no answer')
            held.append(s)
        for s in held:
            s.close()
        return 'worker_connections are not enough, reusing connections' in n.log()

    check(run(OURS), 'nothing in error.log')
    reference(lambda: f'reusing connections: {run(REFERENCE)}')


# ---------------------------------------------------------------- a bad configuration

BAD = ('http {', 'nonsense on;', 'worker_processes -1;', 'events { } http { server { listen 127.0.0.1:99999; } }',
       'events { } http { server { root /x; location ~ ( { } } }', 'include none.conf;', 'user nobody-at-all-here;',
       'pid @PREFIX@/nginx.pid; events { } http { access_log /none/such/dir/a.log; }', '')


def bad_configuration(binary):
    n = Nginx(binary, GLOBAL='worker_processes 2;')
    n.start()
    workers = wait(lambda: len(n.workers()) == 2 and n.workers(), 'two workers')
    said = []
    for text in BAD:
        size = len(n.log())
        n.write('nginx.conf', n.fill(text))
        os.kill(n.pid(), signal.SIGHUP)
        wait(lambda: '[emerg]' in n.log()[size:] and n.log()[size:].endswith('\n'), f'a message about {text!r}')
        line = next(x for x in n.log()[size:].splitlines() if '[emerg]' in x)
        said.append(re.sub(r'^.*?(\[emerg\]) \d+#\d+: ', r'\1 ', line).replace(n.prefix, 'PREFIX'))
        same(n.ask(), 'one', f'an answer after {text!r}')
        same(n.workers(), workers, f'workers after {text!r}')
    n.config(GLOBAL='worker_processes 1;')
    os.kill(n.pid(), signal.SIGHUP)
    wait(lambda: len(n.workers()) == 1 and not set(n.workers()) & set(workers), 'a good one')
    same(n.ask(), 'one', 'an answer')
    return said


@test
def bad_configuration_on_hup():
    said = bad_configuration(OURS)
    same(said[0], '[emerg] unexpected end of file, expecting "}" in PREFIX/nginx.conf:1', 'message')
    same(said[1], '[emerg] unknown directive "nonsense" in PREFIX/nginx.conf:1', 'message')
    if REFERENCE:
        for ours, theirs in zip(said, bad_configuration(REFERENCE)):
            same(ours, theirs, 'the same as the reference')


def used(pid):
    """Seconds of processor time."""
    fields = read(f'/proc/{pid}/stat').rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def long_parts(binary):
    n = Nginx(binary, GLOBAL='master_process off;', HTTP='large_client_header_buffers 4 4m;').start()
    size = 3_000_000
    began = used(n.proc.pid)
    for head, tail in (('GET /a.txt HTTP/1.1\r\nHost: a\r\nX: ', '\r\n\r\n'),
                       ('GET /a.txt HTTP/1.1\r\nHost: a\r\n', ': 1\r\n\r\n'),
                       ('GET /a.txt?', ' HTTP/1.1\r\nHost: a\r\n\r\n'),
                       ('GET /', ' HTTP/1.1\r\nHost: a\r\n\r\n')):
        with socket.create_connection(('127.0.0.1', n.port), LIMIT) as s:
            s.sendall(head.encode() + b'x' * size)
            s.sendall(tail.encode())
            check(s.recv(100).startswith(b'HTTP/1.1 '), 'no answer to', head)
    return used(n.proc.pid) - began


@test
def a_long_line_that_comes_in_parts_is_looked_at_once():
    """Three million bytes, each looked at again with each that follows, would take minutes."""
    took = long_parts(OURS)
    check(took < 2, f'{took} s of processor time')
    reference(lambda: f'{long_parts(REFERENCE)} s, ours {took} s')


if __name__ == '__main__':
    main()
