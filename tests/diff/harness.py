"""What the differential runners share: case texts, fixture files, servers, normalising, reports."""

import atexit
import difflib
import email.utils
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
REPO = os.path.dirname(TESTS)
CASES = os.path.join(TESTS, 'cases')

EVENT_METHOD = os.environ.get('NGINX_EVENT_METHOD')     # `use` it, in ours only, where a case does not say which

LIFETIME = 170          # seconds after which `timeout` ends a server, whatever became of us


class CaseError(Exception):
    """The case data itself is wrong."""


# ---------------------------------------------------------------- texts of cases

_ESCAPE = re.compile(rb'\\(\(|x[0-9a-fA-F]{2}|[rnt0\\@]|.|$)', re.S)


def unescape(text, each=b'', keep_lines=False):
    """Bytes of a case text.  Line ends of the file itself do not count, unless asked."""
    if '\r' in text:
        raise CaseError("write requests in TOML literal strings ('...' or '''...''')")
    raw = (text if keep_lines else text.replace('\n', '')).encode()
    out, pos = bytearray(), 0
    while True:
        m = _ESCAPE.search(raw, pos)
        if not m:
            return bytes(out + raw[pos:])
        out += raw[pos:m.start()]
        code, pos = m[1], m.end()
        if code == b'(':                                    # \(TEXT*COUNT)
            close = raw.find(b')', pos)
            piece, star, count = raw[pos:close].rpartition(b'*')
            if close < 0 or not star:
                raise CaseError(f'bad repeat in {text[:60]!r}')
            out += unescape(piece.decode(), each) * int(each if count == b'\\@' else count)
            pos = close + 1
        elif code == b'@':
            out += each
        elif code[:1] == b'x' and len(code) == 3:
            out.append(int(code[1:], 16))
        elif code in (b'r', b'n', b't', b'0', b'\\'):
            out += {b'r': b'\r', b'n': b'\n', b't': b'\t', b'0': b'\0', b'\\': b'\\'}[code]
        else:
            raise CaseError(f'unknown escape \\{code.decode()} in {text[:60]!r}')


_SPECIAL = {10: '\\n', 13: '\\r', 9: '\\t', 92: '\\\\'}


def escape(data, limit=6000):
    """The reverse: printable, one line per line of the data, unescape() gives the data back."""
    if len(data) > limit:
        data = data[:limit // 2] + b'<%d bytes left out>' % (len(data) - limit) + data[-limit // 2:]
    text = ''.join(_SPECIAL.get(b) or (chr(b) if 32 <= b < 127 else f'\\x{b:02x}') for b in data)
    return text.replace('\\n', '\\n\n')


def show_diff(names, one, two, indent='    '):
    a, b = escape(one).splitlines(), escape(two).splitlines()
    lines = list(difflib.unified_diff(a, b, *names, lineterm='', n=2))
    if len(lines) > 80:
        lines = lines[:80] + ['…']
    return '\n'.join(indent + line for line in lines)


# ---------------------------------------------------------------- temporary places, ports

_tmp = None


def tmp_root():
    global _tmp
    if _tmp is None:
        _tmp = tempfile.mkdtemp(prefix='nginx-diff.')
        os.chmod(_tmp, 0o755)
        atexit.register(_remove, _tmp)
    return _tmp


def _remove(path):
    for where, dirs, _ in os.walk(path):
        for d in dirs:
            if not os.path.islink(os.path.join(where, d)):
                os.chmod(os.path.join(where, d), 0o755)     # some are closed on purpose
    shutil.rmtree(path, ignore_errors=True)


_handed_out = set()


def free_port():
    """Free at every address, and not one that the kernel gives to clients."""
    while True:
        port = random.randrange(10000, 28000)
        if port in _handed_out:
            continue
        try:
            socket.create_server(('', port)).close()
            if socket.has_dualstack_ipv6():
                socket.create_server(('', port), family=socket.AF_INET6, dualstack_ipv6=True).close()
        except OSError:
            continue
        _handed_out.add(port)
        return port


# ---------------------------------------------------------------- files that are served

FIXED_TIME = 1500000000         # Fri, 14 Jul 2017 02:40:00 GMT


def pattern_bytes(size):
    """Content that shows at every offset where it came from."""
    line = b'%07d\n'
    return b''.join(line % (i * 8) for i in range((size + 7) // 8))[:size]


def gzipped(data):
    """A gzip file that packs nothing, so that its bytes depend on no library."""
    return (b'\x1f\x8b\x08\0\0\0\0\0\0\xff\1' + len(data).to_bytes(2, 'little') +
            (len(data) ^ 0xffff).to_bytes(2, 'little') + data + zlib.crc32(data).to_bytes(4, 'little') +
            len(data).to_bytes(4, 'little'))


_ATOM = re.compile(r"""\s*(?:'(?P<text>[^']*)'|(?P<close>\))|(?P<zeros>z)(?P<zn>\d+)|(?P<pattern>p)(?P<pn>\d+)
    |(?P<atom>[a-z]\w{3})(?:!(?P<size>\w+))?(?P<long>\+)?\(|(?:(?P<count>\d+)\[)?(?:(?P<bits>8|16|24|32|64):)?
    (?P<number>mdat|-?\w+)(?P<plus>\+\d+)?(?:(?::(?P<step>-?\d+))?(?P<end>\]))?)\s*""", re.X)


def atoms(text, parts):
    """An mp4 file from its description, see cases/files.toml."""
    while '$' in text:
        text = re.sub(r'\$(\w+)', lambda m: parts[m[1]], text)

    def build(mdat):
        pos, stack = 0, [(None, bytearray())]
        while pos < len(text):
            m = _ATOM.match(text, pos)
            if not m or not m[0]:
                raise CaseError(f'no atoms: {text[pos:pos + 40]!r}')
            pos = m.end()
            if m['atom']:
                stack.append((m, bytearray()))
            elif m['close']:
                head, data = stack.pop()
                size = int(head['size'], 0) if head['size'] else len(data) + (16 if head['long'] else 8)
                name = head['atom'].encode()
                stack[-1][1].extend((b'\0\0\0\1' + name + size.to_bytes(8, 'big') if head['long'] else
                                     size.to_bytes(4, 'big') + name) + data)
            elif m['text'] is not None:
                stack[-1][1].extend(unescape(m['text']))
            elif m['zeros']:
                stack[-1][1].extend(bytes(int(m['zn'])))
            elif m['pattern']:
                stack[-1][1].extend(pattern_bytes(int(m['pn'])))
            else:
                value = (mdat if m['number'] == 'mdat' else int(m['number'], 0)) + int(m['plus'] or 0)
                bits = int(m['bits'] or 32)
                for n in range(int(m['count'] or 1)):
                    stack[-1][1].extend(((value + n * int(m['step'] or 0)) % (1 << bits)).to_bytes(bits // 8, 'big'))
        if len(stack) != 1:
            raise CaseError(f'open atoms: {text!r}')
        return bytes(stack[0][1])

    return build(build(0).rfind(b'mdat') + 4)


def make_files(root, data):
    """Build the tree that tests/cases/files.toml describes."""
    os.makedirs(root, exist_ok=True)
    for d in data.get('dir', []):
        os.makedirs(os.path.join(root, d['path']), exist_ok=True)
    for f in data.get('file', []):
        path = os.path.join(os.fsencode(root), unescape(f['path']))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if 'text' in f:
            body = unescape(f['text'])
        elif 'gzip' in f:
            body = gzipped(unescape(f['gzip']))
        elif 'atoms' in f:
            body = atoms(f['atoms'], data.get('part', {}))
        else:
            body = pattern_bytes(f.get('size', 0))
        with open(path, 'wb') as out:
            out.write(body)
        mtime = f.get('mtime', FIXED_TIME)
        os.utime(path, (mtime, mtime))
    for link in data.get('link', []):
        path = os.path.join(root, link['path'])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(link['to'], path)
        os.utime(path, (FIXED_TIME, FIXED_TIME), follow_symlinks=False)
    for where, _, _ in os.walk(os.fsencode(root)):
        os.utime(where, (FIXED_TIME, FIXED_TIME))
    for d in data.get('dir', []) + data.get('file', []):
        if 'mode' in d:
            os.chmod(os.path.join(os.fsencode(root), unescape(d['path'])), int(d['mode'], 8))


# ---------------------------------------------------------------- programs

class Binary:
    """One nginx, ours or the reference."""

    def __init__(self, path, role):
        self.path = os.path.abspath(path)
        self.role = role
        run = subprocess.run([self.path, '-V'], stdin=subprocess.DEVNULL, capture_output=True,
                             timeout=10, check=False)
        text = (run.stderr + run.stdout).decode('latin-1')
        m = re.search(r'nginx version: nginx/(\d+\.\d+\.\d+)', text)
        if not m:
            raise SystemExit(f'{path}: this is no nginx: {text[:200]!r}')
        self.version = m[1]
        self.file_aio = '--with-file-aio' in text
        # A packaged nginx has temporary paths outside of our prefix: move them.
        self.temp = ['client_body'] + [name for name in re.findall(r'--http-(\w+)-temp-path=', text)
                                       if name != 'client-body' and name != 'client_body']
        self.temp = list(dict.fromkeys(n for n in self.temp if f'without-http_{n}_module' not in text))

    def temp_paths(self, prefix):
        names = [n for n in self.temp if '-' not in n]
        return ' '.join(f'{n}_temp_path {prefix}/tmp_{n};' for n in names)


def find_binaries(argv_ours=None, argv_ref=None):
    ours = argv_ours or os.environ.get('NGINX_PORT') or os.path.join(REPO, 'target/release/nginx')
    ref = argv_ref or os.environ.get('NGINX_REFERENCE') or shutil.which('nginx')
    for path, what in ((ours, 'NGINX_PORT'), (ref, 'NGINX_REFERENCE')):
        if not path or not os.access(path, os.X_OK):
            raise SystemExit(f'no program {path}: set {what}, or use tests/run, which looks for one')
    return Binary(ours, 'our'), Binary(ref, 'ref')


class Place:
    """A prefix directory with its ports; fills in the @NAMES@ of a config."""

    def __init__(self, binary, label, html):
        self.binary = binary
        self.prefix = os.path.join(tmp_root(), label, binary.role)
        for sub in ('logs', 'html', 'conf'):
            os.makedirs(os.path.join(self.prefix, sub), exist_ok=True)
        # workers drop to another user when the tests run as root
        for sub in ('', 'logs'):
            os.chmod(os.path.join(self.prefix, sub), 0o777)
        self.html = html
        self.ports = {}
        self.peer = None            # the place whose output is compared with this one's
        self.common = ''

    def port(self, n=1):
        if n not in self.ports:
            self.ports[n] = free_port()
        return self.ports[n]

    def fill(self, text):
        if EVENT_METHOD and self.binary.role == 'our' and not re.search(r'\buse\s+\w', text):
            text = re.sub(r'\bevents\s*\{', rf'\g<0> use {EVENT_METHOD};', text, count=1)
        text = text.replace('@COMMON@', self.common)
        text = text.replace('@FILE_AIO@', 'aio on;' if self.binary.file_aio else '')
        text = text.replace('@PREFIX@', self.prefix).replace('@HTML@', self.html)
        return re.sub(r'@PORT(\d?)@', lambda m: str(self.port(int(m[1] or 1))), text)

    def write(self, name, data):
        path = os.path.join(self.prefix, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return path

    def neutral(self, data):
        """Take out what belongs to this place only. The other's ports too: a length or a pid that happens to be the port of one
        has to look the same in both."""
        if self.common:
            data = data.replace(self.common.encode(), b'@COMMON@')
        data = data.replace(self.prefix.encode(), b'PREFIX').replace(self.html.encode(), b'HTML')
        for n, port in [*self.ports.items(), *(self.peer.ports.items() if self.peer else ())]:
            data = re.sub(rb'(?<!\d)%d(?!\d)' % port, b'PORT%d' % n if n > 1 else b'PORT', data)
        return re.sub(rb'nginx/\d+\.\d+\.\d+(?: \([^)\r\n]*\))?', b'nginx/VERSION', data)

    def neutral_log(self, data):
        # the stamp first: its pid may be a port
        data = re.sub(rb'(?m)^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (\[\w+\]) \d+#\d+: (?:\*\d+ )?', rb'\1 ', data)
        return self.neutral(data)


class Server(Place):
    """A running nginx with its own prefix."""

    MARK = 0            # the port that only the harness asks

    def start(self, config):
        for attempt in range(3):
            self.common = (f'{self.binary.temp_paths(self.prefix)} lingering_timeout 250ms; server {{ listen 127.0.0.1:'
                           f'{self.port(self.MARK)}; access_log off; log_not_found off; root {self.prefix}/none; }}')
            conf = self.write('nginx.conf', self.fill(config))
            err = os.path.join(self.prefix, 'start.txt')
            with open(err, 'wb') as out:
                self.proc = subprocess.Popen(
                    ['timeout', '-k', '3', str(LIFETIME), self.binary.path, '-p', self.prefix + '/',
                     '-c', conf, '-e', self.prefix + '/logs/error.log',
                     '-g', f'daemon off; pid {self.prefix}/nginx.pid;'],
                    stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
            atexit.register(self.stop)
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and self.proc.poll() is None:
                try:
                    socket.create_connection(('127.0.0.1', self.port(self.MARK)), 1).close()
                    self.mark()
                    return
                except OSError:
                    time.sleep(0.01)
            self.stop()
            with open(err, 'rb') as f:
                said = f.read().decode('latin-1')
            if 'Address already in use' not in said or attempt == 2:
                raise RuntimeError(f'{self.binary.path} does not start: {said.strip()}')
            self.ports.clear()

    def mark(self):
        """Two requests that leave no trace: when they are over, so is what came before them, even if the kernel told of its
        end together with the first. One connection, for its number stands in the logs."""
        with socket.create_connection(('127.0.0.1', self.port(self.MARK)), 5) as s:
            s.settimeout(5)
            s.sendall(b'HEAD /mark HTTP/1.1\r\nHost: mark\r\n\r\n')
            head = b''
            while not head.endswith(b'\r\n\r\n'):
                part = s.recv(4096)
                if not part:
                    return
                head += part
            s.sendall(b'GET /mark HTTP/1.1\r\nHost: mark\r\nConnection: close\r\n\r\n')
            while s.recv(4096):
                pass

    def stop(self):
        proc = getattr(self, 'proc', None)
        if proc is None or proc.poll() is not None:
            return
        proc.send_signal(signal.SIGTERM)            # `timeout` hands it on
        try:
            proc.wait(4)
        except subprocess.TimeoutExpired:
            os.killpg(proc.pid, signal.SIGKILL)     # the session is our own
            proc.wait(4)

    # -- logs

    def log_sizes(self):
        base, sizes = os.path.join(self.prefix, 'logs'), {}
        for where, _, names in os.walk(base):
            for name in names:
                path = os.path.join(where, name)
                try:
                    sizes[os.path.relpath(path, base)] = os.path.getsize(path)
                except OSError:
                    pass
        return sizes

    def log_tail(self, before):
        base, tail = os.path.join(self.prefix, 'logs'), {}
        for name, size in self.log_sizes().items():
            start = before.get(name, 0)
            if size > start:
                with open(os.path.join(base, name), 'rb') as f:
                    f.seek(start)
                    tail[name] = f.read(size - start)
        return tail

    def neutral_log(self, data):
        data = re.sub(rb'\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [-+]\d{4}\]', b'[TIME]', data)
        data = re.sub(rb'(?m)(?<= zero size buf in )(.*?)[0-9A-F]{16}-[0-9A-F]{16}', rb'\1POINTERS', data)
        return super().neutral_log(data)


def _date_of(name):
    return re.compile(rb'(?<=\r\n%s: )[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT(?=\r\n)' % name)


_DATE, _MODIFIED, _EXPIRES = _date_of(b'Date'), _date_of(b'Last-Modified'), _date_of(b'Expires')
_ETAG = re.compile(rb'(?<=\r\nETag: ")[0-9a-f]{8}(?=-[0-9a-f]+"\r\n)|(?<=\r\nETag: W/")[0-9a-f]{8}(?=-[0-9a-f]+"\r\n)')


def _stamp(text):
    return email.utils.parsedate_to_datetime(text.decode()).timestamp()


def _now(word, stamp=_stamp):
    return lambda m: word if abs(stamp(m[0]) - time.time()) < 15 else m[0]


def _chunks(data, pos):
    """A chunked body at pos: (its bytes, where the last chunk begins), or None."""
    body = b''
    while True:
        line = data.find(b'\r\n', pos)
        try:
            size = int(data[pos:line], 16)
        except ValueError:
            return None
        if size == 0:
            return body, pos
        body += data[line + 2:line + 2 + size]
        pos = line + 4 + size
        if data[pos - 2:pos] != b'\r\n':
            return None


def gunzipped(data):
    """The gzip bodies of a transcript as what they unpack to: two deflates differ in their bytes and chunks."""
    out, pos = b'', 0
    for m in re.finditer(rb'HTTP/1\.[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n', data):
        if m.start() < pos or b'\r\nContent-Encoding: gzip\r\n' not in m[0]:
            continue
        chunked = b'\r\nTransfer-Encoding: chunked\r\n' in m[0]
        body, end = (_chunks(data, m.end()) or (b'', m.end())) if chunked else (data[m.end():], len(data))
        if not body.startswith(b'\x1f\x8b'):
            continue                                # HEAD, or it cannot be read: the bytes count
        text, rest, state = b'', body, 'not ended'
        while rest:                                 # a member, or several
            unpack, state = zlib.decompressobj(31), 'not ended'
            try:
                text += unpack.decompress(rest)
            except zlib.error as e:
                state = 'not gzip: %s' % e
                break
            if not unpack.eof:
                break
            rest, state = unpack.unused_data, 'ended'
            if not rest.startswith(b'\x1f\x8b'):
                break
        out += data[pos:m.end()] + b'<gunzip, %s>' % state.encode() + text + rest
        pos = end
    return out + data[pos:]


def neutral_dates(data, relative_expires=False):
    """Date is only taken out when it is right; Expires, when asked, becomes its distance from Date."""
    dates = _DATE.findall(data)

    def expires(m):
        if not dates or m[0] in (b'Thu, 01 Jan 1970 00:00:01 GMT', b'Thu, 31 Dec 2037 23:55:55 GMT'):
            return m[0]                             # "epoch" and "max" are fixed
        return b'DATE%+d' % (_stamp(m[0]) - _stamp(dates[0]))

    if relative_expires:
        data = _EXPIRES.sub(expires, data)
    # what has been written just now, by each at a second of its own
    data = _MODIFIED.sub(_now(b'NOW'), data)
    data = _ETAG.sub(_now(b'NOW', lambda hexadecimal: int(hexadecimal, 16)), data)
    return _DATE.sub(_now(b'DATE'), data)


def neutral_excess(logs):
    """limit_req's excess as it would be if no time had passed: it leaks a little per second at rates of r/m."""
    return re.sub(rb'(?<= excess: )(\d+)\.([6-9]\d\d)', lambda m: b'%d.000' % (int(m[1]) + 1), logs)


# ---------------------------------------------------------------- case files

def load_cases(kind, words):
    """All case files of a kind: (file name, document, [case, ...]).  Words choose by substring."""
    base = os.path.join(CASES, kind)
    for name in sorted(os.listdir(base)):
        if not name.endswith('.toml'):
            continue
        path = os.path.join(base, name)
        with open(path, 'rb') as f:
            try:
                doc = tomllib.load(f)
            except tomllib.TOMLDecodeError as e:
                raise SystemExit(f'{path}: {e}')
        cases, seen = [], set()
        differs = {d['case']: d for d in doc.get('differs', [])}
        for case in doc.get('case', []):
            for each in case.get('each', [None]):
                one = dict(case)
                if each is not None:
                    one['value'] = each
                    one['name'] = f'{case["name"]}: {each}'
                if one['name'] in seen:
                    raise SystemExit(f'{path}: two cases named {one["name"]!r}')
                seen.add(one['name'])
                if 'differs' in one:
                    one['reason'] = one['differs']
                elif one['name'] in differs:
                    d = differs.pop(one['name'])
                    one.update({k: v for k, v in d.items() if k != 'case'})
                one['id'] = f'{kind}/{name[:-5]}: {one["name"]}'
                if not words or any(w in one['id'] for w in words):
                    cases.append(one)
        if differs:
            raise SystemExit(f'{path}: [[differs]] for no case: {sorted(differs)}')
        if cases:
            yield name[:-5], doc, cases


def differs_block(case, reason, parts):
    """A [[differs]] table for a case file."""
    lines = ['', '[[differs]]', "case = '''%s'''" % case['name'] if "'" in case['name']
             else "case = '%s'" % case['name'], 'reason = "%s"' % reason]
    for key, data in parts.items():
        lines.append(f"{key} = '''\n{escape(data, 10**7)}'''")
    return '\n'.join(lines)


def record(blocks):
    """Append [[differs]] tables, {(kind, name): [text, ...]}, to the case files."""
    for (kind, name), texts in blocks.items():
        with open(os.path.join(CASES, kind, name + '.toml'), 'a', encoding='utf-8') as f:
            f.write('\n'.join(texts) + '\n')


class Report:
    def __init__(self, title):
        self.title, self.passed, self.failed = title, 0, 0
        self.began = time.monotonic()

    def result(self, case_id, trouble):
        if trouble:
            self.failed += 1
            print(f'FAILED {case_id}\n' + '\n'.join(trouble) + '\n', flush=True)
        else:
            self.passed += 1

    def end(self):
        print(f'{self.title}: {time.monotonic() - self.began:.1f} s', flush=True)
        print(f'{self.passed} passed, {self.failed} failed', flush=True)
        sys.stdout.flush()
        return 1 if self.failed or not self.passed else 0
