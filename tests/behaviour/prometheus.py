#!/usr/bin/env python3
"""stub_status prometheus: what is counted, by all workers, through reloads; every answer is read as strictly as by promtool."""

import os
import re
import signal
import socket
import time

from _common import Nginx, check, main, read, same, test, wait

STATUS = 'location = /metrics { stub_status prometheus; }'

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\d+(?:\.\d+)?)')
LABEL = re.compile(r'([a-z]+)="((?:[^"\\\n]|\\["\\n])*)"')


def parse(text):
    """{(name, labels): value} of a strictly read answer."""
    check(text.endswith('\n'), 'ends in a line')
    types, helps, values, done, family = {}, set(), {}, set(), None
    for line in text[:-1].split('\n'):
        if line.startswith('# HELP '):
            name = line.split(' ')[2]
            check(name not in helps and len(line.split(' ', 3)[3]) > 5, 'HELP', line)
            helps.add(name)
        elif line.startswith('# TYPE '):
            _, _, name, kind = line.split(' ')
            check(name in helps and name not in types, 'TYPE', line)
            check(kind in ('counter', 'gauge', 'histogram'), line)
            check((kind == 'counter') == name.endswith('_total'), 'the suffix of', name)
            types[name] = kind
        else:
            m = SAMPLE.fullmatch(line)
            check(m, 'no sample:', repr(line))
            base = m[1] if m[1] in types else re.sub('_(bucket|sum|count)$', '', m[1])
            check(base in types and (base == m[1]) != (types[base] == 'histogram'), 'unknown', line)
            if base != family:
                check(base not in done, 'a family in two pieces:', line)
                done.add(base)
                family = base
            labels = tuple(sorted(LABEL.findall(m[2] or '')))
            check((m[1], labels) not in values, 'twice:', line)
            values[m[1], labels] = float(m[3])
    # histograms
    name = 'nginx_http_server_request_duration_seconds'
    for server in {dict(labels)['server'] for n, labels in values if n.startswith(name)}:
        steps = [(float(dict(labels)['le']), v) for (n, labels), v in values.items()
                 if n == name + '_bucket' and dict(labels)['server'] == server]
        check(steps == sorted(steps) and [v for _, v in steps] == sorted(v for _, v in steps), 'buckets', steps)
        count = values[name + '_count', (('server', server),)]
        same((steps[-1][0], steps[-1][1]), (float('inf'), count), 'the last bucket')
        same(count, sum(v for (n, labels), v in values.items()
                        if n == 'nginx_http_server_responses_total' and dict(labels)['server'] == server), 'count')
        check(values[name + '_sum', (('server', server),)] >= 0, 'sum')
    return values


def talk(ng, data, host='a', port=None):
    """Sends bytes, or asks for a path, and reads to the end."""
    if isinstance(data, str):
        data = f'GET {data} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n'.encode()
    with socket.create_connection(('127.0.0.1', port or ng.port), 5) as s:
        s.settimeout(5)
        for n, piece in enumerate([data] if isinstance(data, bytes) else data):
            if n:
                time.sleep(0.06)
            s.sendall(piece)
        got = b''
        while True:
            part = s.recv(65536)
            if not part:
                return got
            got += part


def scrape(ng, path='/metrics'):
    head, _, body = talk(ng, path).partition(b'\r\n\r\n')
    check(b'\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n' in head, head)
    check(b'\r\nContent-Length: %d\r\n' % len(body) in head, head, len(body))
    return parse(body.decode())


def responses(ng, server='', **keys):
    return {dict(labels)['code']: int(v) for (name, labels), v in scrape(ng, **keys).items()
            if name == 'nginx_http_server_responses_total' and dict(labels)['server'] == server}


def servers(ng):
    return sorted(dict(labels)['server'] for name, labels in scrape(ng) if name.endswith('_count'))


def settled(ng, want, server=''):
    """A request is counted when it is over, which its client may see a moment before."""
    def right():
        got = responses(ng, server)
        if server == '':
            got['200'] = got.get('200', 0) - right.asked
        right.asked += 1
        right.got = {c: n for c, n in got.items() if n}
        return right.got == want
    right.asked = settled.asked.get(ng, 0)
    try:
        wait(right, want, 5)
    except Exception:
        raise AssertionError(f'{right.got}, and not {want}')
    settled.asked[ng] = right.asked


settled.asked = {}


def reload(ng, **parts):
    old = set(ng.workers())
    ng.config(**parts)
    os.kill(ng.pid(), signal.SIGHUP)
    wait(lambda: not old & set(ng.workers()) and ng.workers(), 'new workers')


@test
def the_counters_of_nginx():
    ng = Nginx(SERVER=STATUS + 'location = /plain { stub_status; }').start()
    a = scrape(ng)
    with socket.create_connection(('127.0.0.1', ng.port)) as s:
        s.sendall(b'GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n')
        s.recv(1000)
        b = scrape(ng)
    names = ['nginx_connections_accepted_total', 'nginx_connections_handled_total', 'nginx_http_requests_total',
             'nginx_connections_active', 'nginx_connections_reading', 'nginx_connections_writing',
             'nginx_connections_waiting']
    same([b[n, ()] - a[n, ()] for n in names], [2, 2, 2, 1, 0, 0, 1], 'the difference')
    check(re.match(r'Active connections: \d+ \n', ng.ask('/plain')), 'plain')


@test
def codes():
    ng = Nginx(SERVER=STATUS + '''
        location = /444 { return 444; } location = /999 { return 999; } location = /204 { return 204; }
        location = /301 { return 301 /; } location = /page { error_page 404 =202 /a.txt; return 404; }
        location = /named { error_page 403 @n; deny all; } location @n { return 503; }
        location = /index/ { index /a.txt; root @PREFIX@/html; } location = /in { internal; }
        ''').start()
    want = {'200': settled.asked.get(ng, 0) + 1}                      # the first answer of start()
    for path, code in (('/a.txt', '200'), ('/none', '404'), ('/444', '444'), ('/999', '999'), ('/204', '204'),
                       ('/301', '301'), ('/page', '202'), ('/named', '503'), ('/in', '404')):
        talk(ng, path)
        want[code] = want.get(code, 0) + 1
    for raw, code in ((b'GARBAGE\r\n\r\n', '400'), (b'GET /a.txt HTTP/9.9\r\n\r\n', '505'), (b'GET /a.txt\r\n', '200'),
                      (b'POST /a.txt HTTP/1.0\r\n\r\n', '405'), (b'HEAD /a.txt HTTP/1.0\r\n\r\n', '200'),
                      (b'GET /a.txt HTTP/1.0\r\nRange: bytes=0-0\r\n\r\n', '206'),
                      (b'GET /a.txt HTTP/1.0\r\nIf-None-Match: *\r\n\r\n', '304'),
                      (b'GET / HTTP/1.1\r\nHost: a\r\nX: ' + b'x' * 40000 + b'\r\n\r\n', '400')):
        talk(ng, raw)
        want[code] = want.get(code, 0) + 1
    settled(ng, want)


@test
def subrequests_are_no_requests():
    ng = Nginx(SERVER=STATUS + '''location = /ssi.html { ssi on; } log_subrequest on;
                                  location = /add.html { add_after_body /a.txt; addition_types *; }''')
    ng.write('html/ssi.html', '<!--# include virtual="/a.txt" --><!--# include virtual="/none" -->')
    ng.write('html/add.html', 'added: ')
    ng.start()
    check(b'one' in talk(ng, '/ssi.html'), 'included')
    check(b'added: ' in talk(ng, '/add.html'), 'added')
    settled(ng, {'200': 3})
    check('"GET /ssi.html HTTP/1.1" 404' in ng.log('access.log'), 'the log has them:', ng.log('access.log'))


@test
def each_server_by_its_name():
    name = 'x' * 300
    ng = Nginx(HTTP='server_names_hash_bucket_size 512;', GLOBAL='worker_processes 2;', SERVER=STATUS + '''} server {
        listen 127.0.0.1:@PORT@; server_name b.example c.example; root @PREFIX@/html; } server {
        listen unix:@PREFIX@/socket; server_name b.example; root @PREFIX@/html; } server {
        listen 127.0.0.1:@PORT@; server_name "~^q\\"u\\\\d\n$"; return 200; } server {
        listen 127.0.0.1:@PORT@; server_name "\xe9\xc3\xa9"; return 200; } server {
        listen 127.0.0.1:@PORT@; server_name *.example; return 201; } server {
        listen 127.0.0.1:@PORT@; server_name ''' + name + '; return 202;').start()
    for host in ('b.example', 'c.example', 'x.example', name, 'nobody'):
        talk(ng, '/a.txt', host)
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(ng.path('socket'))
        s.sendall(b'GET /a.txt HTTP/1.0\r\n\r\n')
        s.recv(1000)
        s.recv(1000)
    settled(ng, {'200': 3}, 'b.example')
    settled(ng, {'201': 1}, '*.example')
    settled(ng, {'202': 1}, name[:255])
    same(servers(ng), sorted(['', 'b.example', '*.example', name[:255], '~^q\\"u\\\\d\\n$', '\ufffd\xe9']), 'names')


@test
def all_workers_count():
    ng = Nginx(GLOBAL='worker_processes 4;', EVENTS='accept_mutex off;', SERVER=STATUS + 'location = /pid { return 200 $pid; }').start()
    wait(lambda: len(ng.workers()) == 4, 'four workers')
    pids, n = set(), 0
    # connections side by side, so that more than one worker takes some
    while len(pids) < 2 or n < 200:
        socks = [socket.create_connection(('127.0.0.1', ng.port)) for _ in range(20)]
        for s in socks:
            s.sendall(b'GET /pid HTTP/1.0\r\n\r\n')
        for s in socks:
            data = b''
            while part := s.recv(1000):
                data += part
            pids.add(data.split(b'\r\n\r\n')[1])
            s.close()
        n += 20
        check(n < 5000, 'only one worker works')
    settled(ng, {'200': n + 1})


@test
def a_slow_request():
    ng = Nginx(SERVER=STATUS + 'server_name slow;').start()
    talk(ng, [b'GET /a.txt HTTP/1.0\r\n', b'\r\n'])               # 60 ms between them
    name = 'nginx_http_server_request_duration_seconds'
    wait(lambda: scrape(ng)[name + '_sum', (('server', 'slow'),)] >= 0.055, 'a sum')
    v = scrape(ng)
    most = v[name + '_count', (('server', 'slow'),)]
    for le, at_most in (('0.005', most - 1), ('0.05', most - 1), ('+Inf', most)):
        check(v[name + '_bucket', (('le', le), ('server', 'slow'))] <= at_most, le, v)


@test
def reload_keeps_them():
    ng = Nginx(SERVER=STATUS).start()
    more = STATUS + '} server { listen 127.0.0.1:@PORT@; server_name %s; return 201;'
    talk(ng, '/none')
    settled(ng, {'200': 1, '404': 1})
    reload(ng, SERVER=more % 'b')
    talk(ng, '/none')
    talk(ng, '/', 'b')
    settled(ng, {'200': 1, '404': 2})
    settled(ng, {'201': 1}, 'b')
    reload(ng, SERVER=more % 'c')                                   # b is gone
    talk(ng, '/', 'c')
    settled(ng, {'201': 1}, 'c')
    same(servers(ng), ['', 'c'], 'who is shown')
    reload(ng, SERVER=more % 'b')                                   # and comes back
    talk(ng, '/', 'b')
    settled(ng, {'201': 2}, 'b')
    ng.config(SERVER=STATUS + '; nonsense;')
    os.kill(ng.pid(), signal.SIGHUP)
    wait(lambda: 'unknown directive' in ng.log() or 'unexpected' in ng.log(), 'the error')
    talk(ng, '/', 'b')
    settled(ng, {'201': 3}, 'b')


@test
def reload_without_and_with():
    ng = Nginx(SERVER=STATUS).start()
    zones = lambda: read(f'/proc/{ng.pid()}/maps').count('/dev/zero')
    with_it = zones()
    talk(ng, '/none')
    reload(ng, SERVER='location = /metrics { stub_status any; }')
    same(zones(), with_it - 1, 'shared mappings')
    check(ng.ask('/metrics').startswith('Active connections'), 'the plain form')
    reload(ng, SERVER=STATUS)
    settled.asked[ng] = 0
    settled(ng, {})


@test
def more_names_than_slots():
    def many(word, n):
        return STATUS + '} ' + ' '.join(f'server {{ listen 127.0.0.1:@PORT@; server_name {word}{i}; return 201; }}'
                                        for i in range(n)) + ' server { listen 127.0.0.1:@PORT@; server_name last; return 202;'

    ng = Nginx(SERVER=many('a', 30)).start()                        # 32 servers, as many as there are slots
    talk(ng, '/', 'a7')
    talk(ng, '/', 'last')
    settled(ng, {'201': 1}, 'a7')
    reload(ng, SERVER=many('b', 30))                                # their slots are taken over
    talk(ng, '/', 'b3')
    settled(ng, {'201': 1}, 'b3')
    settled(ng, {'202': 1}, 'last')
    same(servers(ng), sorted(['', 'last'] + [f'b{i}' for i in range(30)]), 'names')
    total = sum(v for (name, labels), v in scrape(ng).items()
                if name.endswith('_count') and dict(labels)['server'].startswith('b'))
    same(total, 1, 'requests of the new names')
    reload(ng, SERVER=many('a', 30))
    settled(ng, {}, 'a7')
    settled(ng, {'202': 1}, 'last')
    reload(ng, SERVER=many('a', 100))                               # a zone of another size starts from nothing
    settled(ng, {}, 'last')
    talk(ng, '/', 'a99')
    settled(ng, {'201': 1}, 'a99')


@test
def a_killed_worker_takes_nothing_away():
    ng = Nginx(SERVER=STATUS).start()
    talk(ng, '/none')
    settled(ng, {'200': 1, '404': 1})
    old = ng.workers()
    os.kill(old[0], signal.SIGKILL)
    wait(lambda: ng.workers() and ng.workers() != old, 'another worker')
    talk(ng, '/none')
    settled(ng, {'200': 1, '404': 2})


@test
def methods():
    ng = Nginx(SERVER=STATUS).start()
    head = talk(ng, b'HEAD /metrics HTTP/1.0\r\n\r\n')
    check(head.startswith(b'HTTP/1.1 200') and head.endswith(b'\r\n\r\n') and b'Content-Length: ' in head, head)
    check(talk(ng, b'POST /metrics HTTP/1.0\r\n\r\n').startswith(b'HTTP/1.1 405'), 'POST')
    ng2 = Nginx(SERVER=STATUS + 'charset koi8-r; override_charset on; charset_types *;').start()
    scrape(ng2)


@test
def without_a_master():
    ng = Nginx(GLOBAL='master_process off;', SERVER=STATUS).start()
    talk(ng, '/none')
    settled(ng, {'200': 1, '404': 1})


@test
def the_name_of_the_zone_is_taken():
    ng = Nginx(HTTP='limit_req_zone $uri zone=stub_status_prometheus:1m rate=1r/s;', SERVER=STATUS)
    code, text = ng.run('-t')
    check(code == 1 and 'the shared memory zone "stub_status_prometheus" is already declared for a different use' in text, text)


if __name__ == '__main__':
    main()
