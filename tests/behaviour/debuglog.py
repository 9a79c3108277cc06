#!/usr/bin/env python3
"""The debug log of a connection, line by line, against nginx's.

Both need --with-debug and the same version, else there is nothing to compare:

  cargo build --features debug
  tests/behaviour/debuglog.py --ours target/debug/nginx --reference .../nginx-debug
"""

import difflib
import os
import re
import socket
import subprocess

from _common import OURS, REFERENCE, Nginx, Skip, check, main, test, wait

HTTP = '''
    error_log @PREFIX@/logs/debug.log debug; default_type text/plain; types { text/html html; }
    charset_map koi8-r utf-8 { C1 D0B0; }
    map $arg_m $m { default d; a b; ~x(.) $1; }
    geo $geo { default x; 127.0.0.1 local; }
    limit_conn_zone $uri zone=lc:64k; limit_req_zone $uri zone=lr:64k rate=1r/s;
'''
SERVER = '''
    location /page { error_page 404 /e.html; }
    location /named { error_page 404 @n; }
    location @n { return 200 named; }
    location /try { try_files $uri $uri/ /a.txt; }
    location /ssi { ssi on; }
    location /rw { rewrite ^/rw/(.*)$ /a.txt?$1 last; }
    location /break { rewrite ^/break/(.*)$ /$1 break; if ($arg_x = 1) { return 204; } if ($http_a ~ "q(.)") { set $z $1; } }
    location /move { rewrite ^ http://x.test/$arg_a permanent; }
    location /ret { return 200 "$uri $m $geo"; }
    location ~ ^/re/(?<n>.*)$ { add_header X $n; alias @PREFIX@/html/$n; }
    location /dav { dav_methods PUT DELETE MKCOL COPY MOVE; create_full_put_path on; client_body_buffer_size 16; }
    location /auto/ { autoindex on; alias @PREFIX@/html/dir/; }
    location /deny { deny all; }
    location /auth { auth_basic x; auth_basic_user_file @PREFIX@/pw; }
    location /limit { limit_conn lc 1; limit_req zone=lr burst=1 nodelay; alias @PREFIX@/html/a.txt; }
    location /sub { sub_filter_types *; sub_filter one two; alias @PREFIX@/html/a.txt; }
    location /add { add_before_body /a.txt; addition_types *; alias @PREFIX@/html/b.txt; }
    location /koi { charset utf-8; source_charset koi8-r; charset_types *; override_charset on; alias @PREFIX@/html/a.txt; }
    location /slice { slice 3; alias @PREFIX@/html/a.txt; }
    location /mirror { mirror /a.txt; alias @PREFIX@/html/b.txt; }
    location /sendfile { sendfile on; tcp_nopush on; alias @PREFIX@/html/big.bin; }
    location /direct { output_buffers 2 4k; directio 1; alias @PREFIX@/html/big.bin; }
    location /ofc { open_file_cache max=10; alias @PREFIX@/html/a.txt; }
    location /gz { gzip on; gzip_types *; gzip_min_length 1; alias @PREFIX@/html/a.txt; }
'''
FILES = {
    'a.txt': 'one file\n', 'b.txt': 'second\n', 'e.html': 'error page\n', 'index.html': 'index\n', 'big.bin': '0123456789abcdef' * 20000,
    'ssi/ssi.html': '<!--#include virtual="/a.txt" --><!--#echo var="uri" --><!--#if expr="$arg_q" -->q<!--#else -->n<!--#endif -->'
                '<!--#include virtual="/b.txt" wait="yes" --><!--#set var="a" value="b" --><!--#bad -->',
}


def get(uri, *fields, method='GET', body=''):
    head = ''.join(f'{f}\r\n' for f in ('Host: a', *fields, 'Connection: close'))
    return f'{method} {uri} HTTP/1.1\r\n{head}\r\n{body}'


def keep(uri):
    return f'GET {uri} HTTP/1.1\r\nHost: a\r\n\r\n'


def put(uri, *fields, body):
    return get(uri, *fields, method='PUT', body=body)


REQUESTS = {
    'file': get('/a.txt'), 'large file': get('/big.bin'), 'sendfile': get('/sendfile'), 'directio': get('/direct'), 'HEAD': get('/a.txt', method='HEAD'),
    'not found': get('/none'), 'index': get('/'), 'directory redirect': get('/dir'), 'forbidden': get('/dir/'), 'autoindex': get('/auto/'),
    'range': get('/a.txt', 'Range: bytes=1-2'), 'ranges': get('/a.txt', 'Range: bytes=0-0,2-3'), 'bad range': get('/a.txt', 'Range: bytes=100-'),
    'not modified': get('/a.txt', 'If-Modified-Since: Fri, 14 Jul 2017 02:40:00 GMT'), 'if match': get('/a.txt', 'If-Match: "x"'),
    'put': put('/dav/f.txt', 'Content-Length: 5', body='hello'), 'put to a file': put('/dav/s/f.txt', 'Content-Length: 50', body='hello' * 10),
    'chunked': put('/dav/c.txt', 'Transfer-Encoding: chunked', body='5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nT: x\r\n\r\n'),
    'bad chunk': put('/dav/d.txt', 'Transfer-Encoding: chunked', body='zz\r\n'), 'mkcol': get('/dav/col/', method='MKCOL'),
    'copy': get('/dav/c.txt', 'Destination: /dav/e.txt', method='COPY'), 'move': get('/dav/e.txt', 'Destination: /dav/q.txt', method='MOVE'),
    'delete': get('/dav/f.txt', method='DELETE'), 'delete a directory': get('/dav/col/', 'Depth: infinity', method='DELETE'),
    'body not wanted': get('/ret', 'Content-Length: 5', method='POST', body='hello'),
    'chunks not wanted': get('/ret', 'Transfer-Encoding: chunked', method='POST', body='5\r\nhello\r\n0\r\n\r\n'),
    'expect': put('/dav/x.txt', 'Content-Length: 5', 'Expect: 100-continue', body='hello'),
    'keepalive': [keep('/a.txt'), keep('/none'), get('/a.txt')], 'pipelined': keep('/a.txt') + keep('/ret') + get('/a.txt'),
    'HTTP/1.0': 'GET /a.txt HTTP/1.0\r\n\r\n', 'HTTP/0.9': 'GET /a.txt\r\n', 'bad version': 'GET / HTTP/x\r\n\r\n', 'bad method': 'G{T / HTTP/1.1\r\n\r\n',
    'no host': 'GET / HTTP/1.1\r\n\r\n', 'bad host': 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 'bad header': 'GET /a.txt HTTP/1.0\r\nA B: c\r\n\r\n',
    'complex uri': get('/x/../%61.txt?a=b#f'), 'absolute form': 'GET http://a/a.txt HTTP/1.0\r\n\r\n', 'trace': get('/', method='TRACE'),
    'large header': get('/a.txt', 'X: ' + 'y' * 2000), 'long header': get('/a.txt', 'X: ' + 'y' * 9000), 'long uri': get('/' + 'x' * 9000),
    'error page': get('/page/x'), 'named location': get('/named/x'), 'try_files': get('/try/x'), 'ssi': get('/ssi/ssi.html?q=1'),
    'gzip not accepted': get('/gz'), 'rewrite': get('/rw/q=1'), 'rewrite break': get('/break/a.txt?x=2', 'A: qz'),
    'rewrite return': get('/break/a.txt?x=1'), 'redirect': get('/move?a=%20b'), 'return': get('/ret?m=xz'), 'regex': get('/re/a.txt'),
    'deny': get('/deny'), 'no user': get('/auth/'), 'wrong user': get('/auth/', 'Authorization: Basic dTp4'), 'user': get('/auth/', 'Authorization: Basic dTpw'),
    'limits': keep('/limit') + keep('/limit') + get('/limit'), 'sub_filter': get('/sub'), 'addition': get('/add'), 'charset': get('/koi'),
    'slice': get('/slice'), 'mirror': get('/mirror'),
}


def neutral(line, prefix):
    line = line.replace(prefix, 'PREFIX')
    for pattern, text in ((r'\b[0-9A-F]{16}\b', 'POINTER'), (r'\bfd:\d+', 'fd:N'), (r'\b(connection:|fd:|read:) \d+', r'\1 N'),
                          (r'(timer(?: add| del)?: )-?\d+((?:: \d+)?):\s?\d+', r'\1N\2: N'), (r'old: \d+, new: \d+', 'old: N, new: N'),
                          (r'(timer(?: add| del): N: ?\d*).*', r'\1'), (r'127\.0\.0\.1:\d+', '127.0.0.1:PORT')):
        line = re.sub(pattern, text, line)
    return line


class Logging(Nginx):
    def __init__(self, binary):
        super().__init__(binary, GLOBAL='worker_processes 1; master_process off;', HTTP=HTTP, SERVER=SERVER)
        for d in ('dir', 'ssi', 'dav'):
            os.mkdir(self.path('html/' + d), 0o755)
        for name, text in FILES.items():
            self.write('html/' + name, text)
        self.write('pw', 'u:{PLAIN}p\n')
        self.start()

    def lines(self, request):
        """What a connection with this request logs."""
        # ours keeps small files in memory, unless they have just changed
        for where, _, names in os.walk(self.path('html')):
            for name in names:
                os.utime(os.path.join(where, name), (1500000000, 1500000000))
        before = len(self.log('debug.log'))
        with socket.create_connection(('127.0.0.1', self.port), 5) as s:
            s.settimeout(5)
            mine = '127.0.0.1:%d' % s.getsockname()[1]
            for n, piece in enumerate([request] if isinstance(request, str) else request):
                wait(lambda: self.log('debug.log')[before:].count(' set http keepalive handler') >= n, 'keepalive')
                s.sendall(piece.encode())
            while s.recv(65536):
                pass

        def connection():
            log = self.log('debug.log')[before:]
            number = re.search(r' (\*\d+) accept: %s' % mine, log)
            closed = number and re.search(re.escape(number[1]) + r' close http connection: .*\n(.* free: .*\n)*', log)
            return closed and [m[1] for m in re.finditer(re.escape(number[1]) + ' (.*)\n', log)]

        lines = [neutral(line, self.prefix) for line in wait(connection, 'end of the connection')]
        # where pools and structures grow is ours
        lines = [line for line in lines if not re.match(r'(posix_memalign|malloc|free):', line)]
        return [line for line in lines if not re.match(r'event timer: ', line)]


@test
def debug_log_of_a_connection():
    versions = [subprocess.run([b or 'false', '-V'], capture_output=True, timeout=10).stderr.decode() if b else '' for b in (OURS, REFERENCE)]
    if any('--with-debug' not in v for v in versions) or len({re.search(r'nginx/([\d.]+)', v)[1] for v in versions}) != 1:
        raise Skip('needs both of one version and --with-debug')
    nginx = [Logging(b) for b in (REFERENCE, OURS)]
    lines, trouble = 0, []
    for name, request in REQUESTS.items():
        ref, ours = [n.lines(request) for n in nginx]
        lines += len(ref)
        diff = list(difflib.unified_diff(ref, ours, 'reference', 'ours', lineterm='', n=1))
        if diff:
            trouble += [f'{name}:'] + diff[:40]
    print(f'    {len(REQUESTS)} connections, {lines} lines')
    check(not trouble, '\n      '.join(trouble))


main()
