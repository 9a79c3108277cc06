#!/usr/bin/env python3
"""The error log: JSON lines that are JSON whatever a client sends, and plain lines that no terminal obeys (CVE-2009-4487)."""

import json
import re
import socket

from _common import OURS, REFERENCE, Nginx, check, main, read, reference, same, test, wait

FIXED = {'time': str, 'level': str, 'pid': int, 'tid': int, 'message': str}


def send(n, data):
    with socket.create_connection(('127.0.0.1', n.port), 10) as s:
        s.settimeout(10)
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        while s.recv(65536):
            pass


def logged(binary=OURS, where='@PREFIX@/logs/other.log info json', **parts):
    n = Nginx(binary)
    n.config(n.CONFIG.replace('error_log @PREFIX@/logs/error.log notice;',
                              f'error_log @PREFIX@/logs/error.log info; error_log {where};'), **parts)
    return n.start()


def lines(n, name='other.log'):
    """Each line is one object, in ASCII control bytes nothing but the line ends."""
    data = read(n.path('logs/' + name)).encode('latin-1')
    check(data.endswith(b'\n') and not re.search(rb'[\0-\t\x0b-\x1f\x7f]', data), 'control bytes', data)
    found = [json.loads(line.decode('utf-8')) for line in data[:-1].split(b'\n')]
    for line in found:
        for key, kind in FIXED.items():
            check(isinstance(line.get(key), kind), key, line)
        check(re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d', line['time']), line)
    return found


def one(n, text):
    return wait(lambda: [line for line in lines(n) if text in line['message']], text)[0]


@test
def json_keys():
    n = logged()
    send(n, b'GET /none HTTP/1.1\r\nHost: example.com\r\nReferer: http://a/"b"\\\r\nConnection: close\r\n\r\n')
    line = one(n, 'open()')
    same((line['level'], line['message'], line['client'], line['server'], line['request'], line['host'], line['referrer']),
         ('error', f'open() "{n.prefix}/html/none" failed (2: No such file or directory)', '127.0.0.1', '',
          'GET /none HTTP/1.1', 'example.com', 'http://a/"b"\\'), 'the keys')
    check(line['pid'] in n.workers() and line['connection'] > 0, line)
    check('connection' not in lines(n)[0] and lines(n)[0]['level'] == 'notice', lines(n)[0])
    send(n, b'BAD\r\n')
    same(one(n, 'invalid method')['action'], 'reading client request line', 'the action')
    # the plain log beside it says the same, in nginx's form
    plain = n.log()
    check(f'{line["pid"]}#{line["tid"]}: *{line["connection"]} {line["message"]}, client: 127.0.0.1, server: , request: '
          f'"GET /none HTTP/1.1", host: "example.com", referrer: "http://a/"b"\\"\n' in plain, plain)
    same(len(plain.splitlines()), len(lines(n)), 'lines of the two logs')


@test
def json_of_any_bytes():
    n = logged()
    for at in range(0, 256, 8):
        some = bytes(range(at, at + 8))
        send(n, b'GET /' + some + b' HTTP/1.1\r\nHost: a' + some + b'\r\nReferer: r' + some + b'\r\nConnection: close\r\n\r\n')
        send(n, b'GET /%c0%' + b'%'.join(b'%02x' % b for b in some) + b' HTTP/1.0\r\nReferer: \xf0\x9f' + some + b'\r\n\r\n')
    found = lines(n)
    check(len(found) > 64, len(found))
    send(n, b'GET /x HTTP/1.0\r\nReferer: \xc3\xa9\xf0\x9f\x98\x80 \xff\xc3 \x1b[31m \xc2\x9b \x7f "\\\r\n\r\n')
    line = wait(lambda: [x for x in lines(n) if x.get('referrer', '').startswith('\u00e9')], 'the referrer')[0]
    same(line['referrer'], '\u00e9\U0001f600 \\xFF\\xC3 \x1b[31m \x9b \x7f "\\', 'the referrer')
    check('\\u001b' in read(n.path('logs/other.log')), 'the escape character')


@test
def json_is_cut_and_stays_json():
    n = logged(HTTP='large_client_header_buffers 4 16k;')
    for byte in (b'a', b'"', b'\\', b'\xff', '\u00e9'.encode(), b'\x01'):
        for size in (10, 100, 127, 128, 129, 500, 900, *range(1000, 1012), 2000, 6000):
            value = byte * (size // len(byte))
            send(n, b'GET /' + b'%61' * size + b' HTTP/1.0\r\nHost: h\r\nReferer: ' + value + b'\r\n\r\n')
    found = [line for line in lines(n) if 'open()' in line['message']]
    same(len(found), 6 * 20, 'lines')
    raw = read(n.path('logs/other.log')).split('\n')
    check(1900 < max(map(len, raw)) <= 2048, 'the longest line is', max(map(len, raw)))
    for line in found:
        same((line['client'], line['host']), ('127.0.0.1', 'h'), 'what stands before a long message')


@test
def json_at_its_own_level():
    n = logged(where='@PREFIX@/logs/other.log json error; error_log @PREFIX@/logs/third.log json')
    send(n, b'GET /none HTTP/1.0\r\n\r\n')
    one(n, 'open()')
    send(n, b'BAD\r\n')
    wait(lambda: 'invalid method' in n.log(), 'the plain log')
    send(n, b'GET /none2 HTTP/1.0\r\n\r\n')
    one(n, 'none2')
    same([line['level'] for line in lines(n)], ['error', 'error'], 'levels')
    same(lines(n), lines(n, 'third.log'), 'the default level')


@test
def json_in_a_location():
    n = logged(where='@PREFIX@/logs/plain.log info', SERVER='location /j { error_log @PREFIX@/logs/other.log json; }')
    send(n, b'GET /none HTTP/1.0\r\n\r\n')
    send(n, b'GET /j HTTP/1.0\r\n\r\n')
    one(n, '/j"')
    same(len(lines(n)), 1, 'lines')
    check('/none"' in n.log('plain.log') and '/j"' not in n.log('plain.log'), n.log('plain.log'))


@test
def json_to_syslog():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(('127.0.0.1', 0))
        s.settimeout(10)
        n = logged(where=f'syslog:server=127.0.0.1:{s.getsockname()[1]},nohostname error json')
        for size in (10, 1500, 2500):
            send(n, b'GET /' + b'%22' * size + b' HTTP/1.0\r\nReferer: \xffh\r\n\r\n')
            head, brace, text = s.recv(65536).partition(b'{')
            check(head.startswith(b'<187>') and head.endswith(b' nginx: '), head)
            same(json.loads((brace + text).decode())['client'], '127.0.0.1', 'the client')


@test
def json_on_stderr():
    n = Nginx()
    n.config(n.CONFIG.replace('error_log @PREFIX@/logs/error.log notice;', 'error_log stderr json;'))
    n.start()
    send(n, b'GET /none\x1b[2J HTTP/1.0\r\n\r\n')
    send(n, b'GET /none2 HTTP/1.0\r\n\r\n')

    def said():
        n.proc.out.seek(0)
        return n.proc.out.read().decode('latin-1')

    wait(lambda: 'none2' in said(), 'a line')
    for line in said().splitlines():
        json.loads(line)


@test
def json_words():
    n = Nginx()
    for words, code, text in (('json', 0, ''), ('json info', 0, ''), ('warn json', 0, ''), ('json json', 1, 'duplicate parameter "json"'),
                              ('JSON', 1, 'invalid log level "JSON"'), ('json info warn', 1, 'duplicate log level "warn"')):
        n.config(GLOBAL=f'error_log @PREFIX@/logs/x.log {words};')
        got, said = n.run('-t')
        check(got == code and text in said, words, got, said)


def attack(n):
    send(n, b'GET /none HTTP/1.0\r\nReferer: \x1b]2;owned\x07 \x01 \x1f \x7f \t \xc3\xa9 \xff\r\n\r\n')
    send(n, b'GET /%1b%5b2J%0a2026 HTTP/1.0\r\n\r\n')
    send(n, b'\x1b[2JGET / HTTP/1.0\r\n\r\n')
    return wait(lambda: read(n.path('logs/error.log')).count('client: ') >= 3 and read(n.path('logs/error.log')), 'three lines')


@test
def nothing_that_a_terminal_obeys():
    n = Nginx()
    n.config(n.CONFIG.replace('error.log notice', 'error.log info'))
    text = attack(n.start())
    check(not re.search('[\0-\t\x0b-\x1f\x7f]', text), repr(text))
    check('referrer: "\\x1B]2;owned\\x07 \\x01 \\x1F \\x7F \\x09 \xc3\xa9 \xff"\n' in text, repr(text))
    check('/html/\\x1B[2J\\x0A2026"' in text, repr(text))
    check(all(re.match(r'\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\] \d+#\d+: ', line) for line in text.splitlines()), repr(text))

    def theirs():
        r = Nginx(REFERENCE)
        r.config(r.CONFIG.replace('error.log notice', 'error.log info'))
        return 'control bytes in its log: %r' % sorted(set(re.findall('[\0-\t\x0b-\x1f\x7f]', attack(r.start()))))

    reference(theirs)


@test
def a_long_line_is_cut_between_escapes():
    n = Nginx()
    n.start()
    for size in range(400, 420):
        send(n, b'GET /none HTTP/1.0\r\nReferer: ' + b'a' * (size % 8) + b'\x01' * size + b'\r\n\r\n')
    text = wait(lambda: n.log().count('referrer') >= 20 and n.log(), 'the lines')
    for line in text.encode('latin-1').splitlines(True):
        check(len(line) <= 2048 and line.endswith(b'\n'), len(line))
        if b'referrer' in line:
            check(re.search(rb'referrer: "a*(\\x01)+"?\n$', line), line[-30:])


if __name__ == '__main__':
    main()
