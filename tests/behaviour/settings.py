#!/usr/bin/env python3
"""Settings that no answer shows, asked of the kernel, of a log's receiver, of the clock."""

import collections
import grp
import gzip
import os
import pwd
import re
import shutil
import socket
import subprocess
import time

from _common import LIMIT, OURS, REFERENCE, Nginx, Skip, check, free_port, main, need_root, read, reference, same, test, wait


# ---------------------------------------------------------------- listen

LISTEN = '''
    server { listen 127.0.0.1:@A@ backlog=77 rcvbuf=32k sndbuf=48k deferred fastopen=5 so_keepalive=30s:5s:3; }
    server { listen 127.0.0.1:@B@ so_keepalive=off; listen unix:@PREFIX@/s backlog=9; listen 127.0.0.1:@C@ so_keepalive=on proxy_protocol; }
    server { listen [::1]:@D@ ipv6only=on; listen [::1]:@E@ ipv6only=off bind; listen 127.0.0.1:@F@-@G@ bind backlog=5; }
    server { listen *:@H@; listen 127.0.0.1:@H@; }
    server { listen 127.0.0.1:@I@ reuseport; }
'''
SOCKETS = {
    'A': 'SO_REUSEADDR 1|SO_RCVBUF 32768|SO_SNDBUF 49152|SO_KEEPALIVE 1|TCP_KEEPIDLE 30|TCP_KEEPINTVL 5|TCP_KEEPCNT 3|TCP_FASTOPEN 5|listen 77|TCP_DEFER_ACCEPT 1',
    'B': 'SO_REUSEADDR 1|SO_KEEPALIVE 0|listen 511', 'C': 'SO_REUSEADDR 1|SO_KEEPALIVE 1|listen 511', 's': 'SO_REUSEADDR 1|listen 9',
    'D': 'SO_REUSEADDR 1|IPV6_V6ONLY 1|listen 511', 'E': 'SO_REUSEADDR 1|IPV6_V6ONLY 0|listen 511',
    'F': 'SO_REUSEADDR 1|listen 5', 'G': 'SO_REUSEADDR 1|listen 5', 'H': 'SO_REUSEADDR 1|listen 511',
    'I': 'SO_REUSEADDR 1|SO_REUSEPORT 1|listen 511 + SO_REUSEADDR 1|SO_REUSEPORT 1|listen 511',
}


def listening(binary):
    """What is done to each listening socket: {its letter: 'option value|...'}."""
    if not shutil.which('strace'):
        raise Skip('needs strace')
    if not os.path.exists('/proc/net/if_inet6') or not read('/proc/net/if_inet6'):
        raise Skip('needs IPv6')
    letters = {c: str(free_port()) for c in 'ABCDEHI'}
    while 'F' not in letters:
        port = free_port()
        with socket.socket() as one, socket.socket() as two:
            try:
                one.bind(('127.0.0.1', port))
                two.bind(('127.0.0.1', port + 1))
                letters.update(F=str(port), G=str(port + 1))
            except OSError:
                pass
    n = Nginx(binary)
    n.config(GLOBAL='worker_processes 2;', HTTP=re.sub('@([A-I])@', lambda m: letters[m[1]], LISTEN))
    trace = n.path('trace')
    p = subprocess.Popen(['strace', '-qq', '-o', trace, '-e', 'trace=bind,listen,setsockopt', *n.args('-g', 'daemon off;')], stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        wait(lambda: n.ask() is not None or p.poll() is not None, 'an answer')
    finally:
        if os.path.exists(n.path('nginx.pid')):
            os.kill(n.pid(), 15)
        p.terminate()
        said = p.communicate(timeout=LIMIT)[1].decode('latin-1')
    if 'ptrace' in said and not os.path.getsize(trace):
        raise Skip('may not trace')
    names = {port: c for c, port in letters.items()}
    where, calls = {}, collections.defaultdict(list)
    for call, fd, rest in re.findall(r'^(bind|listen|setsockopt)\((\d+), (.*?)\) += 0', read(trace), re.M):
        if call == 'bind':
            port = re.search(r'port=htons\((\d+)\)', rest)
            where[fd] = names.get(port[1], 'other') if port else 's'
        elif call == 'listen':
            calls[fd].append(f'listen {rest}')
        else:
            m = re.match(r'\w+, (\w+), \[(-?\d+)\]', rest)
            if m and 'TIMEOUT' not in m[1]:
                calls[fd].append(f'{m[1]} {m[2]}')
    # with TCP_DEFER_ACCEPT and the like listen() is called once more: the last one counts
    found = collections.defaultdict(list)
    for fd, letter in where.items():
        done = [c for i, c in enumerate(calls[fd]) if not (c.startswith('listen') and any(x.startswith('listen') for x in calls[fd][i + 1:]))]
        found[letter].append('|'.join(done))
    found.pop('other', None)
    return {letter: ' + '.join(what) for letter, what in found.items()}


@test
def options_of_listen():
    got = listening(OURS)
    same(got, SOCKETS, 'sockets')
    reference(lambda: {True: 'the same', False: listening(REFERENCE)}[listening(REFERENCE) == SOCKETS])


# ---------------------------------------------------------------- processes

@test
def what_workers_are_given():
    need_root()
    nobody = pwd.getpwnam('nobody')
    group = grp.getgrgid(nobody.pw_gid).gr_name
    cpus = sorted(os.sched_getaffinity(0))
    masks = [f'{1 << c:b}' for c in (cpus[0], cpus[-1])]
    n = Nginx(GLOBAL=f'worker_processes 2; user nobody {group}; worker_priority 5; worker_rlimit_core 1m; worker_rlimit_nofile 700; '
                     f'worker_cpu_affinity {" ".join(masks)}; working_directory @PREFIX@/html;')
    n.start()
    workers = wait(lambda: len(n.workers()) == 2 and n.workers(), 'two workers')
    for pid in workers:
        status, limits = read(f'/proc/{pid}/status'), read(f'/proc/{pid}/limits')
        same(os.getpriority(os.PRIO_PROCESS, pid), 5, 'nice')
        check(re.search(r'Max core file size +1048576 +1048576 ', limits), limits)
        check(re.search(r'Max open files +700 +700 ', limits), limits)
        same(os.readlink(f'/proc/{pid}/cwd'), n.path('html'), 'working directory')
        same(re.findall(r'^[UG]id:\t(.*)', status, re.M), ['\t'.join([str(i)] * 4) for i in (nobody.pw_uid, nobody.pw_gid)], 'user and group')
        same(read(f'/proc/{pid}/cmdline').rstrip('\0'), 'nginx: worker process', 'title')
    same(sorted(next(iter(os.sched_getaffinity(pid))) for pid in workers), sorted((cpus[0], cpus[-1])), 'processors')
    same(os.getpriority(os.PRIO_PROCESS, n.proc.pid), 0, "the master's nice")


@test
def variables_of_a_process():
    fields = 'pid hostname nginx_version msec time_iso8601 time_local connection connection_requests connection_time request_id request_time remote_port ' \
             'tcpinfo_rtt tcpinfo_rttvar tcpinfo_snd_cwnd tcpinfo_rcv_space'.split()
    forms = {'msec': r'\d{10}\.\d{3}', 'time_iso8601': r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d', 'time_local': r'\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}',
             'connection_requests': '1', 'request_id': '[0-9a-f]{32}', 'connection_time': r'\d\.\d{3}', 'request_time': r'\d\.\d{3}', 'nginx_version': r'1\.31\.5',
             'hostname': re.escape(socket.gethostname())}
    n = Nginx(GLOBAL='worker_processes 1;', HTTP='log_format id "$request_id"; access_log @PREFIX@/logs/id.log id;',
              SERVER='location /v { return 200 "%s|$request_id"; }' % '|'.join('$' + f for f in fields))
    n.start()
    one, two = [n.ask('/v').split('|') for _ in (1, 2)]
    for name, value in zip(fields, one):
        check(re.fullmatch(forms.get(name, r'\d+'), value), name, value)
    got = dict(zip(fields, one))
    same(int(got['pid']), n.workers()[0], '$pid')
    check(abs(float(got['msec']) - time.time()) < LIMIT, 'msec', got['msec'])
    check(int(two[fields.index('connection')]) > int(got['connection']), 'connections', one, two)
    same(one[-1], got['request_id'], 'the same id throughout a request')
    check(two[-1] != one[-1], 'ids of two requests', one[-1])
    wait(lambda: [one[-1], two[-1]] == n.log('id.log').split()[-2:], 'the same id in the log')


# ---------------------------------------------------------------- logs

SYSLOG = '''
    log_format short 'S $status $request_uri';
    access_log syslog:server=@HOST@,facility=local7,tag=nginx_t,severity=info short;
    access_log syslog:server=@HOST@,nohostname short;
    error_log syslog:server=@HOST@,tag=e,facility=daemon warn;
'''


def messages(binary, unix):
    with socket.socket(socket.AF_UNIX if unix else socket.AF_INET, socket.SOCK_DGRAM) as s:
        n = Nginx(binary)
        s.bind(n.path('syslog') if unix else ('127.0.0.1', 0))
        if unix:
            os.chmod(n.path('syslog'), 0o777)
        s.settimeout(LIMIT)
        host = f'unix:{n.path("syslog")}' if unix else '127.0.0.1:%d' % s.getsockname()[1]
        n.config(HTTP=SYSLOG.replace('@HOST@', host))
        n.start()
        n.ask('/none')
        got = []
        while sum('/none' in m for m in got) < 3:
            got.append(s.recv(4096).decode())
        n.clean()
        for pattern, text in ((r'[A-Z][a-z][a-z] [ \d]\d \d\d:\d\d:\d\d', 'TIME'), (re.escape(n.prefix), 'PREFIX'), (r'\d{4}/\d\d/\d\d \d\d:\d\d:\d\d', 'DATE'),
                              (r' \d+#\d+: \*\d+ ', ' ID '), (r'(?<=TIME )%s ' % re.escape(socket.gethostname()), 'HOST ')):
            got = [re.sub(pattern, text, m) for m in got]
        return sorted(m for m in got if '/none' in m)


@test
def syslog_over_udp_and_unix():
    error = '<27>TIME HOST e: DATE [error] ID open() "PREFIX/html/none" failed (2: No such file or directory), client: 127.0.0.1, server: , request: "GET /none HTTP/1.0", host: "a"'
    for unix in (False, True):
        want = sorted([error, '<190>TIME HOST nginx_t: S 404 /none', '<190>TIME nginx: S 404 /none'])
        got = messages(OURS, unix)
        same([m for m in want if m not in got], [], f'messages that did not come, of {got}')
        reference(lambda: 'the same' if set(want) <= set(messages(REFERENCE, unix)) else messages(REFERENCE, unix))


@test
def access_log_that_is_compressed():
    need('http_gzip_module')
    n = Nginx(HTTP='log_format n "$request_uri"; access_log @PREFIX@/logs/z.gz n gzip=9 buffer=1k flush=1h; access_log @PREFIX@/logs/p.log n;')
    n.start()
    before = n.log('p.log').count('\n')
    for i in range(20):
        n.ask(f'/a.txt?{i:0100d}')
    wait(lambda: n.log('p.log').count('\n') == before + 20, 'the plain log')
    n.proc.terminate()
    n.proc.wait(LIMIT)
    with gzip.open(n.path('logs/z.gz'), 'rb') as f:
        same(f.read().decode(), n.log('p.log'), 'contents')
    check(os.path.getsize(n.path('logs/z.gz')) < len(n.log('p.log')) / 2, 'size')


@test
def access_log_is_flushed():
    n = Nginx(HTTP='access_log @PREFIX@/logs/b.log combined buffer=64k flush=100ms;').start()
    n.ask('/a.txt?b')
    wait(lambda: '/a.txt?b' in n.log('b.log'), 'what is in the buffer')


@test
def access_log_with_a_file_cache():
    """open_log_file_cache keeps the descriptor of a log whose name has a variable until it is checked again."""
    n = Nginx(GLOBAL='worker_processes 1;', HTTP='log_format n "$request_uri"; access_log @PREFIX@/logs/$arg_n.log n; open_log_file_cache max=5 valid=1h;',
              SERVER='location /v { alias @PREFIX@/html/a.txt; open_log_file_cache max=5 valid=1s; access_log @PREFIX@/logs/v$arg_n.log n; }')
    os.chmod(n.path('logs'), 0o777)
    n.start()
    n.ask('/a.txt?n=x&1')
    wait(lambda: '&1' in n.log('x.log'), 'the first line')
    os.rename(n.path('logs/x.log'), n.path('logs/moved.log'))
    n.ask('/a.txt?n=x&2')
    wait(lambda: '&2' in n.log('moved.log'), 'the line in the renamed file')
    check(not os.path.exists(n.path('logs/x.log')), 'a new file')
    n.ask('/v?n=y&1')
    os.rename(n.path('logs/vy.log'), n.path('logs/moved.log'))
    wait(lambda: n.ask('/v?n=y&2') and '&2' in n.log('vy.log'), 'a line in a new file')


def need(option):
    have = subprocess.run([OURS, '-V'], capture_output=True, timeout=10).stderr.decode()
    if f'--with-{option}' not in have and ('debug' in option or f'--without-{option}' in have):
        raise Skip(f'needs {option}')


@test
def debug_connection():
    need('debug')
    for address, seen in (('127.0.0.0/8', True), ('localhost', True), ('10.0.0.0/8', False), ('::1', False), ('unix:', False)):
        n = Nginx(GLOBAL='error_log memory:32k debug;', EVENTS=f'debug_connection {address};').start()
        n.ask('/a.txt?debug')
        wait(lambda: '/a.txt?debug' in n.log('access.log'), 'the request')
        same('http process request line' in n.log(), seen, address)


@test
def memory_log():
    """The ring that a debugger reads, found as a debugger would."""
    need('debug')
    need_root()
    n = Nginx(GLOBAL='master_process off; error_log memory:32k debug;').start()
    n.ask('/none?of-these')
    ring = b''
    for first, last in re.findall(r'^([0-9a-f]+)-([0-9a-f]+) rw', read(f'/proc/{n.pid()}/maps'), re.M):
        with open(f'/proc/{n.pid()}/mem', 'rb', 0) as f:
            try:
                f.seek(int(first, 16))
                memory = f.read(int(last, 16) - int(first, 16))
            except OSError:
                continue
        m = re.search(b'MEMLOG 32768 %s:\\d+\n' % re.escape(n.path('nginx.conf')).encode(), memory)
        if m:
            ring = memory[m.start():m.start() + 32768]
    check(b'] ' in ring and b'http process request line' in ring and b'/none?of-these' in ring, ring[:300])


# ---------------------------------------------------------------- files

@test
def open_file_cache_serves_what_it_has_opened():
    cached = 'open_file_cache max=10; open_file_cache_valid 1h; open_file_cache_min_uses 1; '
    n = Nginx(GLOBAL='worker_processes 1;', SERVER='''location /c/ { %s open_file_cache_errors on; alias @PREFIX@/html/; }
        location /n/ { %s alias @PREFIX@/html/; } location /v/ { open_file_cache max=10; open_file_cache_valid 0; alias @PREFIX@/html/; }''' % (cached, cached))
    n.start()
    n.write('html/c.txt', 'old')
    same([n.ask(f'/{d}/c.txt') for d in 'cnv'], ['old'] * 3, 'answers')
    same([n.ask(f'/{d}/later.txt') for d in 'cn'], [None] * 2, 'no file')
    os.rename(n.path('html/c.txt'), n.path('html/moved'))
    n.write('html/c.txt', 'new')
    n.write('html/later.txt', 'later')
    same([n.ask(f'/{d}/c.txt') for d in 'cn'], ['old'] * 2, 'answers from descriptors that are open')
    same([n.ask(f'/{d}/later.txt') for d in 'cn'], [None, 'later'], 'errors that are cached and not')
    wait(lambda: n.ask('/v/c.txt') == 'new', 'an answer that is checked each second')


# ---------------------------------------------------------------- time

def slow(n, path, size):
    began = time.monotonic()
    same(len(n.ask(path, limit=LIMIT)), size, 'size')
    return time.monotonic() - began


@test
def limit_rate():
    n = Nginx(SERVER='limit_rate 20k; location /after { limit_rate_after 1m; alias @PREFIX@/html/big; } location /var { limit_rate $arg_r; alias @PREFIX@/html/big; }')
    n.write('html/big', 'x' * 40960)
    n.start()
    # the first second's bytes leave at once
    for path in ('/big', '/var?r=20480'):
        took = slow(n, path, 40960)
        check(took > 0.9, path, took)
    for path in ('/after', '/var', '/var?r=0'):
        wait(lambda path=path: slow(n, path, 40960) < 0.9, f'{path} without a limit')


@test
def send_timeout_and_reset():
    """A client that does not read: closed, or reset with reset_timedout_connection, which is seen by what is lost."""
    ends = {}
    for reset in ('off', 'on'):
        n = Nginx(HTTP=f'send_timeout 300ms; reset_timedout_connection {reset}; error_log @PREFIX@/logs/error.log info;')
        with open(n.path('html/big'), 'wb') as f:
            f.truncate(64 << 20)
        n.start()
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.settimeout(LIMIT)
            s.connect(('127.0.0.1', n.port))
            s.sendall(b'GET /big HTTP/1.0\r\n\r\n')
            wait(lambda: 'client timed out (110: Connection timed out) while sending response to client' in n.log(), 'the timeout')
            wait(lambda: '/big' in n.log('access.log'), 'the end of the request')
            got = 0
            try:
                while data := s.recv(65536):
                    got += len(data)
                ends[reset] = 'closed'
            except ConnectionResetError:
                ends[reset] = 'reset'
            check(got < 64 << 20, 'all of it came')
    same(ends, {'off': 'closed', 'on': 'reset'}, 'ends')


main()
