#!/usr/bin/env python3
"""The pid file, what -t leaves behind, and what the exit code of a start says."""

import ctypes
import os
import struct

from _common import OURS, REFERENCE, Nginx, Skip, ROOT, check, main, read, reference, same, stat, test, tree, wait

MODIFY, CREATE, MOVED_TO = 2, 0x100, 0x80


def watch(path):
    """An inotify descriptor for a directory."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    check(fd >= 0 and libc.inotify_add_watch(fd, path.encode(), MODIFY | CREATE | MOVED_TO) >= 0, 'inotify')
    return fd


def events(fd, name):
    """What happened to a name, in order."""
    try:
        data = os.read(fd, 65536)
    except BlockingIOError:
        data = b''
    os.close(fd)
    found = []
    while data:
        _, mask, _, size = struct.unpack('iIII', data[:16])
        if data[16:16 + size].rstrip(b'\0').decode() == name:
            found += [what for bit, what in ((CREATE, 'created'), (MODIFY, 'modified'), (MOVED_TO, 'renamed')) if mask & bit]
        data = data[16 + size:]
    return found


@test
def written_whole():
    def run(binary):
        n = Nginx(binary)
        fd = watch(n.prefix)
        n.daemon()
        wait(lambda: os.path.exists(n.path('nginx.pid')) and read(n.path('nginx.pid')), 'the pid file')
        return events(fd, 'nginx.pid'), n

    got, n = run(OURS)
    same(got, ['renamed'], 'events of the pid file')
    same(read(n.path('nginx.pid')), f'{n.pid()}\n', 'its text')
    same(os.stat(n.path('nginx.pid')).st_mode & 0o777, 0o644, 'its mode')
    same([f for f in os.listdir(n.prefix) if f.startswith('.')], [], 'left over')
    reference(lambda: 'the pid file is ' + ', '.join(run(REFERENCE)[0]))


@test
def existing_file_is_replaced_with_its_mode():
    n = Nginx()
    n.write('nginx.pid', '999999999\n' * 3)
    os.chmod(n.path('nginx.pid'), 0o640)
    n.daemon()
    check(stat(n.pid()), 'no such process')
    same(os.stat(n.path('nginx.pid')).st_mode & 0o777, 0o640, 'its mode')


@test
def not_a_regular_file():
    """A symlink and a device are written to as they are."""
    n = Nginx()
    os.symlink('conf/real.pid', n.path('nginx.pid'))
    n.start()
    check(os.path.islink(n.path('nginx.pid')), 'the symlink was replaced')
    same(read(n.path('conf/real.pid')), f'{n.proc.pid}\n', 'its target')
    m = Nginx()
    text = m.CONFIG.replace('pid @PREFIX@/nginx.pid;', 'pid @PREFIX@/null;')
    try:
        os.mknod(m.path('null'), 0o020666, os.makedev(1, 3))
        with open(m.path('null'), 'w'):
            pass
    except OSError:
        raise Skip('no device can be made here')
    m.config(text)
    m.start()
    check(not os.path.isfile(m.path('null')), 'the device was replaced')


@test
def reload_with_another_name():
    n = Nginx()
    n.start()
    fd = watch(n.prefix)
    n.config(n.CONFIG.replace('nginx.pid', 'other.pid'))
    os.kill(n.proc.pid, 1)
    wait(lambda: not os.path.exists(n.path('nginx.pid')), 'the old file to go')
    same(read(n.path('other.pid')), f'{n.proc.pid}\n', 'the new file')
    same(events(fd, 'other.pid'), ['renamed'], 'events')


@test
def daemon_returns_when_it_has_started():
    n = Nginx()
    n.daemon()
    check(stat(n.pid()), 'no such process')
    check(n.ask() == 'one', 'no answer right after the start')


@test
def daemon_tells_of_a_failure_after_the_fork():
    def run(binary):
        n = Nginx(binary)
        n.config(n.CONFIG.replace('nginx.pid', 'none/nginx.pid'))
        return n.run(), n

    (code, text), n = run(OURS)
    same(code, 1, 'exit code')
    check(f'nginx: [emerg] open() "{n.prefix}/none/nginx.pid" failed (2: No such file or directory)\n' in text, text)
    reference(lambda: 'exit code %d' % run(REFERENCE)[0][0])


@test
def daemon_with_closed_descriptors():
    n = Nginx()

    def close():
        for fd in (0, 1):
            os.close(fd)
    out = n.path('out')
    pid = os.fork()
    if pid == 0:
        fd = os.open(out, os.O_WRONLY | os.O_CREAT)
        os.dup2(fd, 2)
        close()
        os.execv(n.binary, n.args())
    same(os.waitpid(pid, 0)[1], 0, 'status')
    check(n.ask() == 'one', 'no answer')


@test
def usr2_right_after_the_start():
    """nginx ignores it while the process that started it is still there."""
    n = Nginx()
    n.daemon()
    os.kill(n.pid(), 12)
    wait(lambda: 'changing binary' in n.log() or 'ignoring' in n.log(), 'the signal')
    wait(lambda: os.path.exists(n.path('nginx.pid.oldbin')) and os.path.exists(n.path('nginx.pid')), 'two pid files')


@test
def test_leaves_nothing():
    def run(binary):
        n = Nginx(binary)
        before = tree(n.prefix)
        code, text = n.run('-t')
        same(code, 0, 'exit code: ' + text)
        check('test is successful' in text, text)
        return sorted(set(tree(n.prefix)) - set(before))

    same(run(OURS), [], 'new files')
    reference(lambda: 'leaves ' + ' '.join(run(REFERENCE)))


@test
def test_does_not_touch_what_is_there():
    n = Nginx()
    n.daemon()
    os.kill(n.pid(), 15)
    wait(lambda: not os.path.exists(n.path('nginx.pid')), 'the end')
    n.write('nginx.pid', '4711\n')
    before = tree(n.prefix)
    same(n.run('-t')[0], 0, 'exit code')
    same(tree(n.prefix), before, 'files')


@test
def test_while_it_runs():
    n = Nginx()
    n.daemon()
    before = tree(n.prefix)
    same(n.run('-t')[0], 0, 'exit code')
    same(tree(n.prefix), before, 'files')
    check(n.ask() == 'one', 'no answer')


@test
def test_says_what_nginx_says():
    """Each path that cannot be used gives nginx's message and exit code."""
    def run(binary, path, **keys):
        n = Nginx(binary)
        os.makedirs(n.path('closed'), 0o555)
        n.write('file', '')
        n.write('readonly', 'x')
        os.chmod(n.path('readonly'), 0o444)
        for name in ('logs', 'html', 'conf', ''):
            os.chmod(n.path(name), 0o777)
        n.config(n.CONFIG.replace('@PREFIX@/nginx.pid', path))
        code, text = n.run('-t', **keys)
        text = text.replace(n.prefix, 'PREFIX')
        return code, [line for line in text.splitlines() if '[warn]' not in line]

    head = ['nginx: the configuration file PREFIX/nginx.conf syntax is ok']
    tail = ['nginx: configuration file PREFIX/nginx.conf test failed']
    for path, why in (('@PREFIX@/none/a.pid', '2: No such file or directory'), ('@PREFIX@/logs', '21: Is a directory'),
                      ('@PREFIX@/file/a.pid', '20: Not a directory'), ('/proc/a.pid', '2: No such file or directory'),
                      ('@PREFIX@/' + 'a' * 256, '36: File name too long')):
        want = 1, head + [f'nginx: [emerg] open() "{path.replace("@PREFIX@", "PREFIX")}" failed ({why})'] + tail
        same(run(OURS, path), want, path)
        if REFERENCE:
            same(run(REFERENCE, path), want, 'the reference: ' + path)
    if not ROOT:
        raise Skip('the rest needs root')
    for path in ('@PREFIX@/closed/a.pid', '@PREFIX@/readonly'):
        want = 1, head + [f'nginx: [emerg] open() "{path.replace("@PREFIX@", "PREFIX")}" failed (13: Permission denied)'] + tail
        for binary in filter(None, (OURS, REFERENCE)):
            if os.stat(os.path.dirname(binary)).st_mode & 1:
                same(run(binary, path, user=65534), want, f'{binary} {path}')


@test
def test_that_fails_writes_the_log():
    """A log that -t has to say something to is made, as by nginx."""
    n = Nginx(GLOBAL='foo;')
    code, text = n.run('-t')
    same(code, 1, 'exit code')
    check('[emerg] ' in n.log() and 'unknown directive "foo"' in n.log(), n.log())


main()
