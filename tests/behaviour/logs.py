#!/usr/bin/env python3
"""Logs and temporary files: owner and mode from the start, and no symlink that somebody has planted."""

import grp
import os
import pwd
import signal
import socket
import subprocess

from _common import OURS, REFERENCE, Nginx, Skip, check, main, need_root, read, reference, same, test, wait

NOBODY = pwd.getpwnam('nobody')
USER = f'user nobody {grp.getgrgid(NOBODY.pw_gid).gr_name};'


def owner(path):
    s = os.stat(path)
    return s.st_uid, s.st_mode & 0o777


def reopen(n, what='reopening logs', times=1):
    """SIGUSR1, until the master and its workers are done."""
    os.kill(n.proc.pid, signal.SIGUSR1)
    count = 1 + len(n.workers())
    wait(lambda: n.everything().count(what) >= times * count, what)


def make(binary=OURS, logs_owner=NOBODY.pw_uid, where='logs', **parts):
    """error.log stands in a directory of its own, so that what it says is still found when logs/ is played with."""
    need_root()
    n = Nginx(binary)
    os.mkdir(n.path('own'), 0o755)
    os.chown(n.path('logs'), logs_owner, -1)
    parts.setdefault('GLOBAL', USER)
    n.config(n.CONFIG.replace('error_log @PREFIX@/logs/error.log notice;',
                              f'error_log @PREFIX@/own/error.log notice; error_log @PREFIX@/{where}/error.log warn;'), **parts)
    n.write('victim', 'secret\n')
    os.chmod(n.path('victim'), 0o600)
    n.everything = lambda: read(n.path('own/error.log'))
    return n


def attacked(binary, plant):
    """Starts, plants something instead of logs/error.log, sends SIGUSR1: what became of root's file."""
    n = make(binary)
    n.start()
    os.rename(n.path('logs/error.log'), n.path('logs/error.log.1'))
    plant(n)
    reopen(n)
    return (*owner(n.path('victim')), read(n.path('victim'))), n


@test
def symlink_planted_before_reopening():
    def plant(n):
        os.symlink('../victim', n.path('logs/error.log'))

    got, n = attacked(OURS, plant)
    same(got, (0, 0o600, 'secret\n'), "root's file")
    check('[emerg] ' in n.everything()
          and f'open() "{n.prefix}/logs/error.log" failed (40: Too many levels of symbolic links)' in n.everything(),
          n.everything())
    check(n.ask() == 'one', 'no answer')
    reference(lambda: "root's file belongs to uid %d then" % attacked(REFERENCE, plant)[0][0])


@test
def hard_link_planted_before_reopening():
    def plant(n):
        os.link(n.path('victim'), n.path('logs/error.log'))

    got, n = attacked(OURS, plant)
    same(got, (0, 0o600, 'secret\n'), "root's file")
    check('failed (31: Too many links)' in n.everything(), n.everything())
    reference(lambda: "root's file belongs to uid %d then" % attacked(REFERENCE, plant)[0][0])


@test
def directory_replaced_by_a_symlink():
    """The owner of a directory can put a symlink in place of the one below."""
    def run(binary):
        n = make(binary, where='logs/below')
        os.mkdir(n.path('logs/below'))
        os.mkdir(n.path('roots'), 0o700)
        os.chown(n.path('logs/below'), NOBODY.pw_uid, -1)
        n.start()
        os.rename(n.path('logs/below'), n.path('logs/gone'))
        os.symlink('../roots', n.path('logs/below'))
        reopen(n)
        return os.listdir(n.path('roots'))

    same(run(OURS), [], "root's directory")
    reference(lambda: f"root's directory has {run(REFERENCE)} then")


@test
def symlink_planted_before_the_start():
    n = make()
    os.symlink('../victim', n.path('logs/error.log'))
    code, text = n.run('-g', 'daemon off;')
    same(code, 1, 'exit code')
    check('failed (40: Too many levels of symbolic links)' in text, text)
    same(read(n.path('victim')), 'secret\n', "root's file")


@test
def directory_that_a_group_can_write():
    n = make(logs_owner=0)
    os.chown(n.path('logs'), 0, NOBODY.pw_gid)
    os.chmod(n.path('logs'), 0o775)
    n.start()
    os.unlink(n.path('logs/error.log'))
    os.symlink('../victim', n.path('logs/error.log'))
    reopen(n)
    same(owner(n.path('victim')), (0, 0o600), "root's file")


@test
def symlink_in_roots_own_directory_works():
    """As /var/log/nginx/access.log -> /dev/stdout in a container."""
    n = make(logs_owner=0)
    os.mkdir(n.path('real'))
    os.symlink('../real/access', n.path('logs/access.log'))
    os.symlink('/dev/stdout', n.path('logs/error.log'))
    n.start()
    check(n.ask() == 'one', 'no answer')
    wait(lambda: 'GET /a.txt' in read(n.path('real/access')), 'the log line')
    os.rename(n.path('real/access'), n.path('real/access.1'))
    reopen(n)
    check('failed' not in n.everything(), n.everything())
    n.ask()
    wait(lambda: 'GET /a.txt' in read(n.path('real/access')), 'the log line in the new file')


@test
def dev_stdout_as_a_pipe():
    n = make(logs_owner=0)
    os.symlink('/dev/stdout', n.path('logs/access.log'))
    n.proc = subprocess.Popen(n.args('-g', 'daemon off;'), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    wait(lambda: n.ask() is not None, 'an answer')
    reopen(n)
    check('failed' not in n.everything(), n.everything())
    n.ask('/after')
    data = b''
    while b'GET /after' not in data:
        part = os.read(n.proc.stdout.fileno(), 65536)
        check(part, 'the pipe was closed')
        data += part
    os.kill(n.proc.pid, signal.SIGTERM)
    n.proc.wait(10)
    n.proc.stdout.close()


@test
def owner_and_mode_from_the_start():
    def run(binary):
        n = make(binary, logs_owner=0)
        n.start(umask=0o077)
        first = [owner(n.path('logs/' + name)) for name in ('access.log', 'error.log')]
        body = owner(n.path('tmp_client_body'))
        for name in ('access.log', 'error.log'):
            os.unlink(n.path('logs/' + name))
        reopen(n)
        return first + [body], [owner(n.path('logs/' + name)) for name in ('access.log', 'error.log')]

    first, then = run(OURS)
    same(first, [(NOBODY.pw_uid, 0o600)] * 2 + [(NOBODY.pw_uid, 0o700)], 'at the start')
    same(then, [(NOBODY.pw_uid, 0o600)] * 2, 'after SIGUSR1')
    reference(lambda: f'(uid, mode) at the start: {[(u, oct(m)) for u, m in run(REFERENCE)[0]]}')


@test
def logs_that_exist_keep_their_owner():
    n = make(logs_owner=0)
    n.write('logs/access.log', '')
    os.chmod(n.path('logs/access.log'), 0o640)
    n.start()
    same(owner(n.path('logs/access.log')), (0, 0o640), 'at the start')
    reopen(n)
    same(owner(n.path('logs/access.log')), (NOBODY.pw_uid, 0o640), 'after SIGUSR1')


@test
def temporary_directory_behind_a_symlink():
    """chown() of a directory's name must not give away root's."""
    def run(binary):
        n = make(binary)
        os.mkdir(n.path('roots'), 0o700)
        os.symlink('../roots', n.path('logs/tmp'))
        n.temp = n.temp.replace('@PREFIX@/tmp_client_body', '@PREFIX@/logs/tmp')
        n.config(GLOBAL=USER)
        return n.run('-t'), owner(n.path('roots'))

    (code, text), got = run(OURS)
    same((code, got), (1, (0, 0o700)), 'exit code, owner')
    check('logs/tmp" failed (40: Too many levels of symbolic links)' in text, text)
    reference(lambda: 'the directory belongs to uid %d then' % run(REFERENCE)[1][0])


@test
def temporary_file_has_its_mode():
    """dav asks for 0660, and the starter's umask does not cut it; in nginx it does."""
    def run(binary):
        n = make(binary, SERVER='dav_methods PUT;')
        os.chown(n.path('html'), NOBODY.pw_uid, -1)
        if 'unknown directive' in n.run('-t')[1]:
            raise Skip('no module that keeps a temporary file is built in')
        n.start(umask=0o027)
        with socket.create_connection(('127.0.0.1', n.port), 5) as s:
            s.sendall(b'PUT /new HTTP/1.0\r\nHost: a\r\nContent-Length: 200000\r\n\r\n' + b'x' * 100000)
            files = wait(lambda: [os.path.join(d, f) for d, _, fs in os.walk(n.path('tmp_client_body')) for f in fs],
                         'the file')
            return [owner(f) for f in files]

    same(run(OURS), [(NOBODY.pw_uid, 0o660)], 'owner and mode')
    reference(lambda: f'its mode is {run(REFERENCE)[0][1]:o}')


@test
def without_root():
    """The user's own directory: symlinks are followed, as by nginx."""
    need_root()
    n = Nginx()
    for where in ('', 'logs', 'html', 'conf'):
        os.chown(n.path(where), NOBODY.pw_uid, -1)
    os.symlink('../target', n.path('logs/access.log'))
    os.lchown(n.path('logs/access.log'), NOBODY.pw_uid, -1)
    if not os.stat(os.path.dirname(OURS)).st_mode & 1:
        return
    n.start(user=NOBODY.pw_uid)
    n.ask()
    wait(lambda: 'GET /a.txt' in read(n.path('target')), 'the log line')
    same(owner(n.path('target'))[0], NOBODY.pw_uid, 'owner')


main()
