#!/usr/bin/env python3
"""Request cases: the same bytes to ours and to the reference, the answers and the logs compared.

usage: run_requests.py [--ours PATH] [--reference PATH] [--record REASON] [--list] [-v] [WORD ...]
WORD chooses cases by a part of "request/FILE: NAME".  See README.md for the case format.
"""

import argparse
import concurrent.futures as futures
import os
import sys
import time
import tomllib

sys.dont_write_bytecode = True

import client                                                                   # noqa: E402
import harness as h                                                             # noqa: E402

KEYS = {'name', 'each', 'value', 'id', 'get', 'method', 'version', 'host', 'headers', 'body', 'send', 'lines',
        'responses', 'methods', 'end', 'pause', 'split', 'logs', 'port', 'socket', 'timeout', 'relative_expires',
        'differs', 'reason', 'expect', 'expect_logs', 'deviation', 'note', 'skip_below', 'gunzip', 'excess'}
FILE_KEYS = {'config', 'case', 'differs', 'since', 'logs', 'split', 'file', 'relative_expires', 'timeout', 'gunzip', 'excess'}


def version(text):
    return (float('inf'),) if text == 'never' else tuple(int(n) for n in text.split('.'))


def request_chunks(case):
    value = case.get('value', '').encode()
    if 'value' in case:
        value = h.unescape(case['value'])

    def text(s):
        return h.unescape(s, value)

    if 'send' in case:
        send = case['send']
        return [text(s) for s in ([send] if isinstance(send, str) else send)]
    if 'lines' in case:
        return [b''.join(text(s) + b'\r\n' for s in case['lines']) + b'\r\n' + text(case.get('body', ''))]
    if 'get' not in case and 'headers' not in case:
        raise h.CaseError(f'{case["id"]}: says nothing to send')
    line = b'%s %s %s\r\n' % (text(case.get('method', 'GET')), text(case.get('get', '/')),
                              text(case.get('version', 'HTTP/1.1')))
    host = text(case.get('host', 'localhost'))
    head = b'Host: %s\r\n' % host if host else b''
    for field in case.get('headers', []):
        head += text(field) + b'\r\n'
    return [line + head + b'\r\n' + text(case.get('body', ''))]


class Side:
    """One of the two servers of a file."""

    def __init__(self, binary, label, html, doc):
        self.server = h.Server(binary, label, html)
        for f in doc.get('file', []):
            path = self.server.write(f['path'], h.unescape(f['text']))
            os.utime(path, (h.FIXED_TIME, h.FIXED_TIME))
        path = self.server.write('html/index.html', 'index in the prefix\n')
        os.utime(path, (h.FIXED_TIME, h.FIXED_TIME))
        self.server.start(doc['config'])

    def address(self, case):
        if 'socket' in case:
            return os.path.join(self.server.prefix, case['socket'])
        return ('127.0.0.1', self.server.port(case.get('port', 1)))

    def options(self, case, chunks):
        methods = [m.encode() for m in case['methods']] if 'methods' in case \
            else client.methods_of(b''.join(chunks))
        return {'responses': case.get('responses', 1), 'methods': methods, 'end': case.get('end', 'probe'),
                'timeout': case.get('timeout', 5.0)}

    def neutral(self, case, data):
        if case.get('gunzip'):
            data = h.gunzipped(data)
        return self.server.neutral(h.neutral_dates(data, case.get('relative_expires', False)))

    def run(self, case):
        """Returns (transcript, logs) for the case."""
        chunks = [self.server.fill(c.decode('latin-1')).encode('latin-1') for c in request_chunks(case)]
        before = self.server.log_sizes()
        got = client.ask(self.address(case), chunks, pause=case.get('pause', 0.02),
                         bytewise=case.get('split') == 'bytes', **self.options(case, chunks))
        self.server.mark()
        self.before = before
        return self.neutral(case, got), self.logs(case)

    def logs(self, case):
        """What the last case wrote to the logs."""
        logs = b''
        if case.get('logs', True):
            for name, text in sorted(self.server.log_tail(self.before).items()):
                logs += b'== %s\n%s' % (name.encode(), self.server.neutral_log(text))
        if case.get('excess'):
            logs = h.neutral_excess(logs)
        return logs

    def run_splits(self, case, want):
        """The request cut in two at each position: transcripts that differ from the whole one."""
        data = b''.join(self.server.fill(c.decode('latin-1')).encode('latin-1') for c in request_chunks(case))
        options = self.options(case, [data])

        def one(at):
            return at, self.neutral(case, client.ask(self.address(case), [data[:at], data[at:]], pause=0.0015,
                                                     **options))

        with futures.ThreadPoolExecutor(4) as pool:
            results = list(pool.map(one, range(1, len(data))))
        # Once more, alone, for those where a busy machine may have run into a server's timeout.
        results = [(at, got) if got == want or n > 3 else one(at) for n, (at, got) in
                   enumerate(sorted(results, key=lambda r: r[1] == want))]
        self.server.mark()
        return results


def compare(case, ours, ref, same_version, expects, neutral):
    """Trouble with one case, as lines; notes in expects what 1.31.5 says differently."""
    trouble = []
    for key, what, a, b in (('expect', 'answer', ref[0], ours[0]), ('expect_logs', 'logs', ref[1], ours[1])):
        if ref[0] is None and key not in case:
            trouble.append(f'  {what}: this reference is too old for the file, and the case has no {key}')
            expects[key] = b
        elif key in case:
            want = neutral(h.unescape(case[key]))
            if want != b:
                trouble.append(f'  {what}: not what the case expects ({case.get("reason", "")})\n'
                               + h.show_diff(('expected', 'ours'), want, b))
            if same_version and a is not None and want != a and not case.get('deviation'):
                trouble.append(f'  {what}: the reference is 1.31.5 too, and it does not say what is expected\n'
                               + h.show_diff(('expected', 'reference'), want, a))
        elif a != b:
            trouble.append(f'  {what}:\n' + h.show_diff(('reference', 'ours'), a, b))
            expects[key] = b
    return trouble


def run_file(name, doc, cases, ours, ref, html):
    """All cases of one file; returns [(case, trouble, expects, what the reference said)]."""
    for key in set(doc) - FILE_KEYS:
        raise h.CaseError(f'{name}.toml: unknown key {key}')
    with futures.ThreadPoolExecutor(2) as pool:
        def both(call):
            jobs = [pool.submit(call, 0), pool.submit(call, 1)]
            return [j.result() for j in jobs]

        sides = []
        try:
            def start(n):
                if n and version(ref.version) < version(doc.get('since', '0')):
                    return None                     # it does not know the directives
                return Side((ours, ref)[n], f'request-{name}', html, doc)
            try:
                sides = both(start)
            except (RuntimeError, OSError) as e:
                return [(case, [f'  {e}' if n == 0 else '  (as above)'], {}, (b'', b'')) for n, case in enumerate(cases)]
            if sides[1]:
                sides[0].server.peer, sides[1].server.peer = sides[1].server, sides[0].server
            same_version = ref.version == ours.version and sides[1] is not None
            out, patience, silent = [], 50, 0
            for case in cases:
                for key in set(case) - KEYS:
                    raise h.CaseError(f'{case["id"]}: unknown key {key}')
                for key in ('logs', 'split', 'relative_expires', 'timeout', 'gunzip', 'excess'):
                    if key in doc:
                        case.setdefault(key, doc[key])
                expects, b = {}, (b'', b'')
                if silent > 5:
                    out.append((case, ['  not run: too many answers did not come'], {}, b))
                    continue
                try:
                    a, b = both(lambda n: sides[n].run(case) if sides[n] else (None, None))
                    trouble = compare(case, a, b, same_version, expects, sides[0].server.neutral)
                    if trouble and patience:
                        # On a busy machine the end of a connection can be seen after the mark: look again.
                        patience -= 1
                        time.sleep(0.2)
                        a, b = [(text, side.logs(case)) if side else (None, None)
                                for side, (text, _) in zip(sides, (a, b))]
                        expects.clear()
                        trouble = compare(case, a, b, same_version, expects, sides[0].server.neutral)
                    if case.get('split') in (True, 'every') and not trouble:
                        want = a[0]
                        for at, got in sides[0].run_splits(case, want):
                            if got != want:
                                trouble.append(f'  split at {at}:\n' + h.show_diff(('whole', 'split'), want, got))
                                if len(trouble) > 3:
                                    trouble.append('  (more splits not shown)')
                                    break
                    silent += bool(trouble) and b'<nothing more came' in a[0]
                except OSError as e:
                    trouble = [f'  {type(e).__name__}: {e}']
                for side in filter(None, sides):
                    if side.server.proc.poll() is not None:
                        trouble.append(f'  the {side.server.binary.role} server is gone')
                out.append((case, trouble, expects, b))
            return out
        finally:
            for side in filter(None, sides):
                side.server.stop()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('--ours')
    ap.add_argument('--reference')
    ap.add_argument('--record', metavar='REASON', help='write what differs into the case files as expected')
    ap.add_argument('--list', action='store_true')
    ap.add_argument('-v', action='store_true', help='show what the reference answers')
    ap.add_argument('words', nargs='*')
    args = ap.parse_args()

    files = list(h.load_cases('request', args.words))
    if args.list:
        for _, _, cases in files:
            for case in cases:
                print(case['id'])
        return 0
    ours, ref = h.find_binaries(args.ours, args.reference)
    html = os.path.join(h.tmp_root(), 'html')
    with open(os.path.join(h.CASES, 'files.toml'), 'rb') as f:
        h.make_files(html, tomllib.load(f))

    report = h.Report(f'request cases, {ours.path} ({ours.version}) against {ref.path} ({ref.version})')
    blocks = {}
    with futures.ThreadPoolExecutor(3) as pool:
        jobs = [(name, pool.submit(run_file, name, doc, cases, ours, ref, html)) for name, doc, cases in files]
        for name, job in jobs:
            for case, trouble, expects, ref_said in job.result():
                report.result(case['id'], trouble)
                if args.v:
                    print(f'---- {case["id"]}\n{h.escape(ref_said[0] or b"", 1500)}\n{h.escape(ref_said[1] or b"")}')
                if expects and args.record:
                    blocks.setdefault(('request', name), []).append(h.differs_block(case, args.record, expects))
    h.record(blocks)
    return report.end()


if __name__ == '__main__':
    sys.exit(main())
