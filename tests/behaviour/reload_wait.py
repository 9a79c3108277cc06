#!/usr/bin/env python3
"""nginx -s reload -w: what it says and when; and that -s without -w is nginx's."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

from _common import OURS, REFERENCE, Nginx, Skip, check, main, need_root, reference, same, test, wait


def ready(**parts):
    n = Nginx(**parts)
    n.write('html/a.txt', 'one')
    os.mkdir(n.path('new'))
    n.write('new/a.txt', 'two')
    return n.start()


def new_root(n, text=None):
    n.config((text or n.CONFIG).replace('@PREFIX@/html', '@PREFIX@/new'))


@test
def returns_when_the_new_configuration_serves():
    """Not one request after it is answered by the old workers."""
    n = ready(GLOBAL='worker_processes 2;')
    for i in range(10):
        old = n.workers()
        n.config(n.CONFIG.replace('@PREFIX@/html', '@PREFIX@/' + ('html' if i % 2 else 'new')), GLOBAL='worker_processes 2;')
        same(n.run('-s', 'reload', '-w'), (0, ''), 'reload -w')
        got = {n.ask() for _ in range(20)}
        same(got, {'one' if i % 2 else 'two'}, 'answers')
        check(not set(old) & {p for p in n.workers() if p not in old}, 'workers')

    def nginx():
        m = Nginx(REFERENCE, GLOBAL='worker_processes 2;').start()
        os.mkdir(m.path('new'))
        m.write('new/a.txt', 'two')
        new_root(m)
        m.run('-s', 'reload')
        return f'-s reload returns, and the next answer is the {"new" if m.ask() == "two" else "old"} one'
    reference(nginx)


@test
def waits_for_a_request_that_goes_on_only_in_the_old_worker():
    """An old worker that still has a client does not hold it up."""
    n = ready()
    with socket.create_connection(('127.0.0.1', n.port), 5) as s:
        s.sendall(b'GET /a.txt HTTP/1.0\r\nHost: ')
        wait(lambda: n.ask(), 'an answer')
        new_root(n)
        same(n.run('-s', 'reload', '-w'), (0, ''), 'reload -w')
        same(n.ask(), 'two', 'a new client')
        s.sendall(b'a\r\n\r\n')
        s.settimeout(5)
        check(b'one' in s.makefile('rb').read(), 'the old client')


@test
def broken_configuration():
    n = ready()
    n.config(GLOBAL='foo;')
    code, text = n.run('-s', 'reload', '-w')
    same(code, 1, 'exit code')
    check('nginx: [emerg] unknown directive "foo" in ' in text, text)
    same(n.ask(), 'one', 'the server')


@test
def configuration_that_only_the_master_reads():
    """The reason comes from the master."""
    n = ready()
    n.config(name='good.conf')
    n.config(SERVER='foo;')
    code, text = n.run('-s', 'reload', '-w', conf='good.conf')
    same(code, 1, 'exit code')
    same(re.sub(r'conf:\d+', 'conf:N', text),
         f'nginx: [emerg] unknown directive "foo" in {n.prefix}/nginx.conf:N\nnginx: reload failed\n', 'stderr')
    same(n.ask(), 'one', 'the server')
    n.config()
    same(n.run('-s', 'reload', '-w'), (0, ''), 'reload -w with a good one')


@test
def taken_port():
    n = ready()
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        port = s.getsockname()[1]
        n.config(HTTP=f'server {{ listen 127.0.0.1:{port}; }}')
        code, text = n.run('-s', 'reload', '-w')
    same(code, 1, 'exit code')
    check(f'nginx: [emerg] bind() to 127.0.0.1:{port} failed (98: Address already in use)\n' in text, text)
    check(text.endswith('nginx: reload failed\n'), text)
    same(n.ask(), 'one', 'the server')

    def nginx():
        m = Nginx(REFERENCE).start()
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            s.listen()
            m.config(HTTP=f'server {{ listen 127.0.0.1:{s.getsockname()[1]}; }}')
            return f'-s reload: {m.run("-s", "reload")}'
    reference(nginx)


@test
def workers_that_do_not_start():
    n = ready()
    n.config(GLOBAL='working_directory @PREFIX@/none;')
    code, text = n.run('-s', 'reload', '-w')
    same(code, 1, 'exit code')
    check(re.search(r'nginx: \[alert\] new worker process \d+ has exited\nnginx: reload failed\n$', text), text)


@test
def several_wait_at_once():
    n = ready()
    new_root(n)
    got = []
    threads = [threading.Thread(target=lambda: got.append(n.run('-s', 'reload', '-w'))) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    same(got, [(0, '')] * 4, 'all of them')
    same(n.ask(), 'two', 'the server')


@test
def single_process():
    n = Nginx(GLOBAL='master_process off;').start()
    same(n.run('-s', 'reload', '-w'), (0, ''), 'reload -w')


@test
def no_server():
    n = Nginx()
    code, text = n.run('-s', 'reload', '-w')
    same(code, 1, 'exit code')
    check(f'[error] open() "{n.prefix}/nginx.pid" failed (2: No such file or directory)' in text, text)
    p = subprocess.Popen(['true'])
    p.wait()
    n.write('nginx.pid', f'{p.pid}\n')
    code, text = n.run('-s', 'reload', '-w')
    same(code, 1, 'exit code')
    check('failed (3: No such process)' in text, text)


DEAF = 'import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); print(flush=True); signal.pause()'


def forked(function, *args):
    """A process of another user, as far as we may: (pid, file that it writes to)."""
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(r)
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            with os.fdopen(w, 'w', buffering=1) as out:
                function(out, *args)
        finally:
            os._exit(0)
    os.close(w)
    return pid, os.fdopen(r)


def end(pid, out):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    out.close()


def answers_for_another(out, master):
    name = f'@nginx-reload.{master}.'
    print('ready', file=out)
    while True:
        with open('/proc/net/unix') as lines:
            for line in lines:
                if name in line and ' 00010000 ' in line:
                    s = socket.socket(socket.AF_UNIX)
                    try:
                        s.connect('\0' + line.split()[-1][1:])
                        s.send(b'0')
                        print('sent', file=out)
                    except OSError:
                        pass
        time.sleep(0.05)


def listens_for_another(out, master):
    s = socket.socket(socket.AF_UNIX)
    s.bind(f'\0nginx-reload.{master}.1')
    s.listen()
    print('ready', file=out)
    s.settimeout(30)
    c, _ = s.accept()
    print(c.recv(100), file=out)


@test
def master_that_does_not_answer_and_somebody_else_who_does():
    """As a real nginx would: a bounded wait, a clear message.  Another process cannot answer in the master's name."""
    n = Nginx()
    deaf = subprocess.Popen([sys.executable, '-c', DEAF], stdout=subprocess.PIPE)
    deaf.stdout.readline()
    fake, out = forked(answers_for_another, deaf.pid)
    try:
        same(out.readline(), 'ready\n', 'the other process')
        n.write('nginx.pid', f'{deaf.pid}\n')
        same(n.run('-s', 'reload', '-w'),
             (1, f'nginx: the master process {deaf.pid} does not tell the result of the reload\n'), 'reload -w')
        same(out.readline(), 'sent\n', 'the other process')
    finally:
        end(fake, out)
        deaf.kill()
        deaf.wait()
        deaf.stdout.close()


@test
def other_users_are_not_told():
    """A process of another user that listens under such a name gets no connection."""
    need_root()
    n = ready()
    pid, out = forked(listens_for_another, n.proc.pid)
    try:
        same(out.readline(), 'ready\n', 'the other process')
        n.config(name='good.conf')
        n.config(SERVER='foo;')
        same(n.run('-s', 'reload', '-w', conf='good.conf')[0], 1, 'exit code')
        same(out.readline(), "b''\n", 'what it got')
    finally:
        end(pid, out)


@test
def master_that_dies():
    n = Nginx()
    deaf = subprocess.Popen([sys.executable, '-c', 'import time; print(flush=True); time.sleep(60)'], stdout=subprocess.PIPE)
    deaf.stdout.readline()
    n.write('nginx.pid', f'{deaf.pid}\n')
    p = n.popen('-s', 'reload', '-w')
    deaf.wait()                                 # SIGHUP kills it
    deaf.stdout.close()
    same(p.wait(30), 1, 'exit code')
    p.out.seek(0)
    same(p.out.read().decode(), f'nginx: reload failed: the master process {deaf.pid} has exited\n', 'stderr')


@test
def wrong_use():
    n = Nginx()
    for args in (['-w'], ['-w', '-s', 'stop'], ['-s', 'quit', '-w'], ['-tw'], ['-s', 'reopen', '-w']):
        same(n.run(*args), (1, 'nginx: option "-w" requires "-s reload"\n'), args)


@test
def without_it():
    n = ready()
    new_root(n)
    same(n.run('-s', 'reload'), (0, ''), 'reload')
    wait(lambda: n.ask() == 'two', 'the new configuration')
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        n.config(HTTP=f'server {{ listen 127.0.0.1:{s.getsockname()[1]}; }}')
        same(n.run('-s', 'reload'), (0, ''), 'reload that fails')
        wait(lambda: 'still could not bind()' in n.log(), 'the failure')
    same(n.run('-s', 'stop'), (0, ''), 'stop')
    n.proc.wait(10)


@test
def the_help_has_four_lines_more():
    if not REFERENCE:
        raise Skip('no reference')

    def lines(binary):
        text = subprocess.run([binary, '-?'], capture_output=True, timeout=10).stderr.decode()
        return [re.sub(r'default: .*', 'default', line) for line in text.splitlines() if 'nginx version' not in line]
    ours, theirs = lines(OURS), lines(REFERENCE)
    same([line for line in ours if line not in theirs],
         ['             [-S directory] [-P port]',
          '  -w            : with "-s reload", wait until the new worker processes serve',
          '  -S directory  : serve directory in the foreground, with a built-in configuration',
          '  -P port       : port or address:port for "-S" (default'], 'our help')
    same([line for line in theirs if line not in ours], [], "nginx's help")


main()
