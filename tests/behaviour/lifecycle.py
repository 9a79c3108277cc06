#!/usr/bin/env python3
"""Starts and ends: Ctrl-C, daemon, master_process off, root and ordinary user, a distribution's nginx.conf."""

import grp
import os
import pwd
import re
import signal
import subprocess
import termios

from _common import OURS, REFERENCE, REPO, Nginx, check, children, gone, main, need_root, read, reference, same, stat, test, wait

NOBODY = pwd.getpwnam('nobody')
GROUP = grp.getgrgid(NOBODY.pw_gid).gr_name


def ended(n, pids):
    """Exit code, what is left."""
    code = n.proc.wait(20)
    left = [pid for pid in pids if not gone(pid)]
    return code, left, os.path.exists(n.path('nginx.pid'))


@test
def ctrl_c_in_the_foreground():
    """From a terminal of its own: SIGINT goes to master and workers at once."""
    def run(binary):
        n = Nginx(binary, GLOBAL='worker_processes 2;')
        ours, theirs = os.openpty()

        def terminal():
            os.setsid()
            import fcntl
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

        try:
            n.start(preexec_fn=terminal, pass_fds=(theirs,))
            workers = wait(lambda: len(n.workers()) == 2 and n.workers(), 'two workers')
            os.write(ours, b'\x03')
            got = ended(n, workers)
        finally:
            os.close(ours)
            os.close(theirs)
        return got, n.log()

    got, log = run(OURS)
    same(got, (0, [], False), 'exit code, processes left, pid file')
    check('[alert]' not in log and '[emerg]' not in log and 'signal 2 (SIGINT) received' in log, log)
    if REFERENCE:
        same(run(REFERENCE)[0], got, 'the same as the reference')


@test
def end_by_signal():
    """TERM, INT and QUIT, to the master only; with and without a master."""
    for master in ('on', 'off'):
        for signo in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            n = Nginx(GLOBAL=f'master_process {master};')
            n.start()
            pids = n.workers()
            same(len(pids), 1 if master == 'on' else 0, 'workers')
            n.proc.send_signal(signo)
            same(ended(n, pids), (0, [], False), f'master_process {master}, signal {signo}')
            check('[alert]' not in n.log(), n.log())


@test
def no_master():
    n = Nginx(GLOBAL='master_process off;')
    n.start()
    same(n.pid(), n.proc.pid, 'pid file')
    same(children(n.proc.pid), [], 'children')
    same([n.ask() for _ in range(20)], ['one'] * 20, 'answers')
    for _ in range(2):          # what it answers then is nginx's matter: nothing on Linux; but it stays
        size = len(n.log())
        os.kill(n.proc.pid, signal.SIGHUP)
        wait(lambda: 'event method' in n.log()[size:], 'the new cycle')
    check(n.proc.poll() is None, 'it has ended')


@test
def daemon():
    n = Nginx(GLOBAL='daemon on; worker_processes 2;')
    n.daemon()
    pid = n.pid()
    workers = wait(lambda: len(n.workers()) == 2 and n.workers(), 'two workers')
    wait(lambda: n.ask() == 'one', 'an answer')
    same(os.getsid(pid), pid, 'a session of its own')
    for fd in (0, 1):
        same(os.readlink(f'/proc/{pid}/fd/{fd}'), '/dev/null', f'descriptor {fd}')
    same(n.run('-s', 'stop'), (0, ''), '-s stop')
    wait(lambda: all(map(gone, [pid, *workers])), 'the end')
    wait(lambda: not os.path.exists(n.path('nginx.pid')), 'no pid file')


@test
def standard_descriptors_closed():
    """Any of the first three may be closed at the start: no socket takes its place and is lost."""
    for closed in ((2,), (0, 2), (0, 1, 2), (0,)):
        for where in ('logs/', ''):
            n = Nginx()
            n.config(n.CONFIG.replace('@PREFIX@/logs/', f'@PREFIX@/{where}'), GLOBAL='worker_processes 2;')
            n.start('-e', n.path(where + 'start.log'), preexec_fn=lambda: [os.close(fd) for fd in closed])
            same([n.ask() for _ in range(5)], ['one'] * 5, f'answers without {closed}')
            log = read(n.path(where + 'error.log'))
            check('[alert]' not in log and '[emerg]' not in log, log)
            n.proc.terminate()
            same(n.proc.wait(20), 0, 'exit code')


def owners(pids):
    return {os.stat(f'/proc/{pid}').st_uid for pid in pids}


@test
def started_as_root():
    need_root()
    n = Nginx(GLOBAL=f'user nobody {GROUP}; worker_processes 2;')
    n.start()
    workers = wait(lambda: len(n.workers()) == 2 and n.workers(), 'two workers')

    def ids(pid):
        text = read(f'/proc/{pid}/status')
        return [re.search(rf'(?m)^{key}:\s*(.*)$', text)[1].split() for key in ('Uid', 'Gid', 'CapEff')]

    wait(lambda: all(ids(p)[0] == [str(NOBODY.pw_uid)] * 4 for p in workers), 'workers of nobody')
    for pid in workers:
        same(ids(pid), [[str(NOBODY.pw_uid)] * 4, [str(NOBODY.pw_gid)] * 4, ['0000000000000000']], 'ids of a worker')
    same(ids(n.proc.pid)[0], ['0'] * 4, 'ids of the master')
    same(n.ask(), 'one', 'an answer')


@test
def started_as_an_ordinary_user():
    n = Nginx(GLOBAL='user root; worker_processes 2;')
    who = {}
    if os.geteuid() == 0:
        for name in ('', 'logs', 'html', 'conf'):
            os.chown(n.path(name), NOBODY.pw_uid, NOBODY.pw_gid)
        who = {'user': NOBODY.pw_uid, 'group': NOBODY.pw_gid, 'extra_groups': []}
    n.start(**who)
    workers = wait(lambda: len(n.workers()) == 2 and n.workers(), 'two workers')
    same(owners([n.proc.pid, *workers]), {who.get('user', os.geteuid())}, 'owners')
    n.proc.out.seek(0)
    text = n.proc.out.read().decode()
    check('[warn] ' in text and 'the "user" directive makes sense only if the master process runs with super-user '
          'privileges, ignored in ' in text, text)
    n.proc.terminate()
    same(ended(n, workers), (0, [], False), 'the end')


@test
def the_way_distributions_configure_it():
    """What Debian's nginx.conf and default site hold, with the modules that there are here."""
    n = Nginx()
    for name in ('etc', 'etc/modules-enabled', 'etc/conf.d', 'etc/sites-available', 'etc/sites-enabled', 'www'):
        os.mkdir(n.path(name))
    with open(os.path.join(REPO, 'conf/mime.types'), encoding='latin-1') as f:
        n.write('etc/mime.types', f.read())
    have = subprocess.run([OURS, '-V'], capture_output=True, check=False).stderr.decode()
    gzip = '' if '--without-http_gzip_module' in have else 'gzip on;'
    ssl = 'ssl_protocols TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers on;' if '--with-http_ssl_module' in have else ''
    n.write('nginx.conf', n.fill(f'''
        {f'user nobody {GROUP};' if os.geteuid() == 0 else ''}
        worker_processes auto;
        pid @PREFIX@/nginx.pid;
        error_log @PREFIX@/logs/error.log;
        include @PREFIX@/etc/modules-enabled/*.conf;        # matches nothing, and that is no error
        events {{ worker_connections 768; }}
        http {{
            sendfile on; tcp_nopush on; types_hash_max_size 2048;
            include @PREFIX@/etc/mime.types;
            default_type application/octet-stream;
            {ssl}
            access_log @PREFIX@/logs/access.log;
            {gzip}
            @TEMP@
            include @PREFIX@/etc/conf.d/*.conf;
            include @PREFIX@/etc/sites-enabled/*;
        }}'''))
    n.write('etc/sites-available/default', n.fill('''
        server {
            listen @PORT@ default_server;
            listen [::]:@PORT@ default_server;
            root @PREFIX@/www;
            index index.html index.htm index.nginx-debian.html;
            server_name _;
            location / { try_files $uri $uri/ =404; }
        }'''.replace('listen @PORT@', 'listen 127.0.0.1:@PORT@').replace('[::]', '[::1]')))
    if not os.path.exists('/proc/net/if_inet6') or not read('/proc/net/if_inet6'):
        n.write('etc/sites-available/default', re.sub(r'listen \[::1\].*', '', read(n.path('etc/sites-available/default'))))
    os.symlink('../sites-available/default', n.path('etc/sites-enabled/default'))
    n.write('www/index.nginx-debian.html', 'welcome')
    n.write('www/a.txt', 'one')
    code, text = n.run('-t')
    same((code, text), (0, f'nginx: the configuration file {n.path("nginx.conf")} syntax is ok\n'
                           f'nginx: configuration file {n.path("nginx.conf")} test is successful\n'), '-t')
    n.daemon()
    wait(lambda: n.ask('/') == 'welcome', 'the index')
    same((n.ask(), n.ask('/none')), ('one', None), 'answers')
    same([stat(n.pid()) is not None, len(n.workers()) > 0], [True, True], 'processes')
    check(n.log('access.log').count('\n') >= 2, n.log('access.log'))
    same(n.log(), read(n.path('logs/error.log')), 'error.log')
    same(n.run('-s', 'quit'), (0, ''), '-s quit')
    wait(lambda: not os.path.exists(n.path('nginx.pid')), 'the end')


if __name__ == '__main__':
    main()
