#!/usr/bin/env python3
"""Configuration and command line cases: what is printed, and the exit code, compared.

usage: run_configs.py [--kind config|cli] [--ours PATH] [--reference PATH] [--record REASON] [--list] [WORD ...]
WORD chooses cases by a part of "KIND/FILE: NAME".  See README.md for the case format.
"""

import argparse
import concurrent.futures as futures
import os
import re
import subprocess
import sys
import tomllib

sys.dont_write_bytecode = True

import harness as h                                                             # noqa: E402

KEYS = {'name', 'each', 'value', 'id', 'main', 'http', 'server', 'location', 'events', 'bytes', 'files', 'args',
        'links', 'chmod', 'differs', 'reason', 'expect', 'deviation', 'note', 'setup', 'cwd', 'env', 'stdin'}
FILE_KEYS = {'case', 'differs', 'args'}

WRAP = {
    'events': 'events {\n%s\n}\nhttp {\n    @COMMON@\n}\n',
    'http': 'events { }\nhttp {\n    @COMMON@\n%s\n}\n',
    'server': 'events { }\nhttp {\n    @COMMON@\n    server {\n        listen 127.0.0.1:@PORT@;\n%s\n    }\n}\n',
    'location': 'events { }\nhttp {\n    @COMMON@\n    server {\n        listen 127.0.0.1:@PORT@;\n'
                '        location / {\n%s\n        }\n    }\n}\n',
}
ARGS = ['-t', '-p', '@PREFIX@/', '-c', '@PREFIX@/nginx.conf', '-e', 'stderr', '-g', 'pid @PREFIX@/nginx.pid;']


def config_bytes(case):
    each = case.get('value')
    if 'bytes' in case:
        return h.unescape(case['bytes'], h.unescape(each or ''))
    if 'main' in case:
        text = case['main']
    else:
        for key, wrap in WRAP.items():
            if key in case:
                text = wrap % case[key]
                break
        else:
            return b'events { }\nhttp { @COMMON@ }\n'
    return (text if each is None else text.replace('\\@', each)).encode()


class Result(h.Place):
    """One program run over one case."""

    def __init__(self, binary, label, html, case, default_args):
        super().__init__(binary, label, html)
        self.common = binary.temp_paths(self.prefix) + ' access_log off;'
        each = case.get('value', '')
        for name, text in case.get('files', {}).items():
            self.write(name.replace('\\@', each), self.fill_bytes(h.unescape(text, each.encode(), keep_lines=True)))
        for name, to in case.get('links', {}).items():
            os.symlink(to, os.path.join(self.prefix, name))
        self.write('nginx.conf', self.fill_bytes(config_bytes(case)))
        for name, mode in case.get('chmod', {}).items():
            os.chmod(os.path.join(self.prefix, name), int(mode, 8))
        args = [self.fill(a.replace('\\@', each)) for a in case.get('args', default_args)]
        try:
            run = subprocess.run(['timeout', '-k', '1', '8', self.binary.path] + args, capture_output=True,
                                 stdin=subprocess.DEVNULL, timeout=15, check=False, cwd=self.prefix,
                                 env={'PATH': '/usr/bin:/bin', **{k: self.fill(v) for k, v in case.get('env', {}).items()}})
            code, out, err = run.returncode, run.stdout, run.stderr
        except subprocess.TimeoutExpired:
            code, out, err = 'no end', b'', b''
        self.code, self.said = code, b''
        for name, data in (('stdout', out), ('stderr', err)):
            if data:
                self.said += b'== %s\n%s' % (name.encode(), data)
        log = os.path.join(self.prefix, 'logs', 'error.log')
        if os.path.exists(log) and os.path.getsize(log):
            with open(log, 'rb') as f:
                self.said += b'== error.log\n' + f.read()

    def text(self):
        return self.neutral_output(self.said) + b'== exit code %s\n' % str(self.code).encode()

    def fill_bytes(self, data):
        return self.fill(data.decode('latin-1')).encode('latin-1')

    def neutral_output(self, data):
        data = self.neutral_log(data)
        data = re.sub(rb'(?m)^\[debug\] .*\n', b'', data)           # a build with debug says more
        # -h tells the compiled-in paths, -V what went into the build
        data = re.sub(rb'\(default: [^)\n]*\)', b'(default: DEFAULT)', data)
        data = re.sub(rb'(?m)^(?:built (?:by|with) .*|TLS SNI support .*)\n', b'', data)
        return re.sub(rb'(?m)^configure arguments:.*$', b'configure arguments: ARGUMENTS', data)


def run_case(case, default_args, ours, ref, html, label):
    for key in set(case) - KEYS:
        raise h.CaseError(f'{case["id"]}: unknown key {key}')
    try:
        theirs, mine = [Result(binary, label, html, case, default_args) for binary in (ref, ours)]
        theirs.peer, mine.peer = mine, theirs
        a, b = theirs.text(), mine.text()
    except (h.CaseError, OSError, ValueError) as e:
        return case, [f'  {type(e).__name__}: {e}'], {}, b''
    trouble, expects = [], {}
    if 'expect' in case:
        want = mine.neutral(h.unescape(case['expect']))
        if want != b:
            trouble.append(f'  not what the case expects ({case.get("reason", "")})\n'
                           + h.show_diff(('expected', 'ours'), want, b))
        if ours.version == ref.version and want != a and not case.get('deviation'):
            trouble.append('  the reference is 1.31.5 too, and it does not say what is expected\n'
                           + h.show_diff(('expected', 'reference'), want, a))
    elif a != b:
        trouble.append(h.show_diff(('reference', 'ours'), a, b))
        expects['expect'] = b
    return case, trouble, expects, a


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('--kind', choices=['config', 'cli'], action='append')
    ap.add_argument('--ours')
    ap.add_argument('--reference')
    ap.add_argument('--record', metavar='REASON', help='write what differs into the case files as expected')
    ap.add_argument('--list', action='store_true')
    ap.add_argument('-v', action='store_true', help='show what the reference says')
    ap.add_argument('words', nargs='*')
    args = ap.parse_args()
    kinds = args.kind or ['config', 'cli']
    if args.list:
        for kind in kinds:
            for _, _, cases in h.load_cases(kind, args.words):
                print('\n'.join(case['id'] for case in cases))
        return 0

    ours, ref = h.find_binaries(args.ours, args.reference)
    html = os.path.join(h.tmp_root(), 'html')
    with open(os.path.join(h.CASES, 'files.toml'), 'rb') as f:
        h.make_files(html, tomllib.load(f))
    report = h.Report(f'{" and ".join(kinds)} cases, {ours.path} ({ours.version}) against {ref.path} ({ref.version})')
    with futures.ThreadPoolExecutor(4) as pool:
        jobs, n = [], 0
        for kind in kinds:
            for name, doc, cases in h.load_cases(kind, args.words):
                for key in set(doc) - FILE_KEYS:
                    raise h.CaseError(f'{name}.toml: unknown key {key}')
                for case in cases:
                    n += 1
                    jobs.append((kind, name, pool.submit(run_case, case, doc.get('args', ARGS), ours, ref, html,
                                                         f'{kind}{n:04d}')))
        blocks = {}
        for kind, name, job in jobs:
            case, trouble, expects, text = job.result()
            report.result(case['id'], trouble)
            if args.v:
                print(f'---- {case["id"]}\n{h.escape(text)}')
            if expects and args.record:
                blocks.setdefault((kind, name), []).append(h.differs_block(case, args.record, expects))
    h.record(blocks)
    return report.end()


if __name__ == '__main__':
    sys.exit(main())
