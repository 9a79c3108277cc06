#!/usr/bin/env python3
"""Proves that the harness can fail: it compares the reference with doctored copies of itself.

A copy is a small TCP proxy or a wrapper script that changes one thing; each must be noticed,
and the unchanged reference must pass.  usage: selftest.py [--reference PATH]
"""

import argparse
import os
import stat
import subprocess
import sys

sys.dont_write_bytecode = True

import client                                                                   # noqa: E402
import harness as h                                                             # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))

# One sed command each, on the configuration that the copy is started with.
DOCTORED = [
    ('the status', r's/root .*html;/root \/nonexistent;/'),
    ('a header line', r's/text\/html html/text\/plain html/'),
    ('an added header line', r's/^http {/http { add_header X-Extra y;/'),
    ('the closing of the connection', r's/^http {/http { keepalive_timeout 0;/'),
    ('the access log', r"s/'\$status /'\$status x/"),
    ('the error log', r's/error_log \(.*\) info;/error_log \1 crit;/'),
    ('the framing', r's/^http {/http { add_trailer X-T t always;/'),
]


def wrapper(name, body):
    path = os.path.join(h.tmp_root(), name)
    with open(path, 'w', encoding='utf-8') as f:
        f.write('#!/bin/bash\n' + body)
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
    return path


def run(script, ours, ref, *words):
    run = subprocess.run([sys.executable, os.path.join(HERE, script), '--ours', ours, '--reference', ref, *words],
                         capture_output=True, stdin=subprocess.DEVNULL, timeout=100, check=False)
    return run.returncode, run.stdout.decode('utf-8', 'replace') + run.stderr.decode('utf-8', 'replace')


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('--reference', default=os.environ.get('NGINX_REFERENCE'))
    args = ap.parse_args()
    if not args.reference:
        raise SystemExit('set NGINX_REFERENCE')
    ref = os.path.abspath(args.reference)
    report = h.Report('the harness itself')
    words = ('request-line: plain', 'target: names: /nofile', 'target: names: /empty.html')

    # The reference against itself: what depends on the version is told apart by `expect`.
    code, text = run('run_requests.py', ref, ref, *words)
    report.result('selftest: unchanged', [] if code == 0 else [text])

    for n, (what, command) in enumerate(DOCTORED):
        doctored = wrapper(f'doctored{n}', f'''
args=("$@")
for ((i = 0; i < $#; i++)); do
    [ "${{args[i]}}" = -c ] && sed -i {h_quote(command)} "${{args[i + 1]}}"
done
exec {h_quote(ref)} "$@"
''')
        code, text = run('run_requests.py', doctored, ref, *words)
        report.result(f'selftest: {what} is noticed', [] if code and 'FAILED' in text else [text])

    for what, body in (
            ('an exit code', f'{h_quote(ref)} "$@"; code=$?; [ "$1" = -V ] || exit $((code + 1))\n'),
            ('a text on stderr', f'{h_quote(ref)} "$@" 2> >(sed "s/test is/test was/; s/unknown/unknwon/" >&2); code=$?; wait; exit $code\n'),
            ('a line number', f'{h_quote(ref)} "$@" 2> >(sed "s/conf:\\([0-9]*\\)$/conf:1\\1/" >&2); code=$?; wait; exit $code\n')):
        doctored = wrapper(f'doctored-{what.replace(" ", "-")}', body)
        code, text = run('run_configs.py', doctored, ref, 'config/syntax: unknown directive')
        report.result(f'selftest: {what} is noticed', [] if code and 'FAILED' in text else [text])

    parser = [
        (b'', [], (0, False)),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab', [b'GET'], (1, False)),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab', [b'GET'], (0, False)),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n', [b'HEAD'], (1, False)),
        (b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nab\r\n0\r\n\r\n', [b'GET'], (1, True)),
        (b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n', [b'GET'], (1, False)),
        (b'plain', [], (0, False)),
    ]
    for data, methods, want in parser:
        got = client.whole_responses(data, methods)
        report.result(f'selftest: whole_responses({data!r})', [] if got == want else [f'  {got}, not {want}'])
    # a pid, or a length, that is the port of one of the two
    class Binary:
        path, role, temp_paths, file_aio = ref, 'ref', lambda _: '', False

    one, other = h.Place(Binary, 'coincidence', '/html'), h.Place(Binary, 'coincidence', '/html')
    one.peer, other.peer = other, one
    one.ports[1], other.ports[1] = 10001, 10002
    for n in (10001, 10002):
        texts = [p.neutral_log(b'2026/11/28 04:26:48 [emerg] %d#%d: at 127.0.0.1:%d\nContent-Length: %d\n' % (n, n, p.port(), n))
                 for p in (one, other)]
        report.result(f'selftest: a pid and a length like the port {n}',
                      [] if texts[0] == texts[1] == b'[emerg] at 127.0.0.1:PORT\nContent-Length: PORT\n' else [f'  {texts}'])
    for text in ('GET \\x00\\xff\\r\\n', 'a\\(bc*3)\\\\', '\\t'):
        data = h.unescape(text)
        report.result(f'selftest: escape({data!r})', [] if h.unescape(h.escape(data)) == data else ['  not the same'])
    return report.end()


def h_quote(text):
    return "'" + text.replace("'", "'\\''") + "'"


if __name__ == '__main__':
    sys.exit(main())
