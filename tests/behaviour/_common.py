"""What the behaviour programs share: a server in a directory of its own, waiting for conditions, the count.

  python3 tests/behaviour/NAME.py [--ours PATH] [--reference PATH] [WORD ...]

--ours       default NGINX_PORT of the environment, else target/release/nginx
--reference  default NGINX_REFERENCE; with it, lines "reference: ..." say what nginx does; they pass or fail nothing
WORD         only tests whose name contains it

Nothing waits for a time to pass: each step waits for what it causes, and gives up after LIMIT seconds.
"""

import argparse
import atexit
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIMIT = int(os.environ.get('BEHAVIOUR_LIMIT', '20'))
ROOT = os.geteuid() == 0

_parser = argparse.ArgumentParser()
_parser.add_argument('--ours', default=os.environ.get('NGINX_PORT') or os.path.join(REPO, 'target/release/nginx'))
_parser.add_argument('--reference', default=os.environ.get('NGINX_REFERENCE'))
_parser.add_argument('words', nargs='*')
_args = _parser.parse_args()

OURS = os.path.abspath(_args.ours)
REFERENCE = os.path.abspath(_args.reference) if _args.reference else None

_tests = []
_servers = []


class Failed(Exception):
    pass


class Skip(Exception):
    pass


def test(function):
    _tests.append(function)
    return function


def check(condition, *what):
    if not condition:
        raise Failed(' '.join(str(w) for w in what))


def same(got, want, what):
    check(got == want, f'{what}: {got!r}, and not {want!r}')


def wait(condition, what, limit=LIMIT):
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f'waited {limit} s for: {what}')
        time.sleep(0.005)


def need_root():
    if not ROOT:
        raise Skip('needs root')


def stat(pid):
    """(state, parent), or None when there is no such process."""
    try:
        with open(f'/proc/{pid}/stat', 'rb') as f:
            rest = f.read().rsplit(b')', 1)[1].split()
        return rest[0].decode(), int(rest[1])
    except (OSError, IndexError):
        return None


def gone(pid):
    s = stat(pid)
    return s is None or s[0] == 'Z'


def children(pid):
    found = ((int(d), stat(d)) for d in os.listdir('/proc') if d.isdigit())
    return sorted(child for child, s in found if s and s[1] == pid and s[0] != 'Z')


def read(path):
    with open(path, 'rb') as f:
        return f.read().decode('latin-1')


_ports = set()


def free_port():
    """Free at every address, and not one that the kernel gives to clients."""
    while True:
        port = random.randrange(15000, 28000)
        if port in _ports:
            continue
        with socket.socket() as s:
            try:
                s.bind(('0.0.0.0', port))
            except OSError:
                continue
        _ports.add(port)
        return port


def tree(top):
    """Everything below a directory: name, inode, size, time, mode, owner."""
    found = {}
    for where, dirs, files in os.walk(top):
        for name in dirs + files:
            path = os.path.join(where, name)
            s = os.lstat(path)
            found[os.path.relpath(path, top)] = (s.st_ino, 0 if name in dirs else s.st_size,
                                                 0 if name in dirs else s.st_mtime_ns, s.st_mode, s.st_uid, s.st_gid)
    return found


class Nginx:
    """A prefix directory, a port, and a server in it. @PORT@, @PREFIX@ and @TEMP@ are filled in."""

    CONFIG = '''
        @GLOBAL@
        error_log @PREFIX@/logs/error.log notice;
        pid @PREFIX@/nginx.pid;
        events { @EVENTS@ }
        http {
            @TEMP@
            access_log @PREFIX@/logs/access.log;
            @HTTP@
            server { listen 127.0.0.1:@PORT@; root @PREFIX@/html; @SERVER@ }
        }
    '''

    def __init__(self, binary=OURS, **parts):
        self.binary = binary
        self.prefix = tempfile.mkdtemp(prefix='nginx-behaviour.')
        os.chmod(self.prefix, 0o755)
        self.port = free_port()
        for sub in ('logs', 'html', 'conf'):
            os.mkdir(os.path.join(self.prefix, sub), 0o755)
        self.write('html/a.txt', 'one')
        version = subprocess.run([binary, '-V'], capture_output=True, timeout=10).stderr.decode()
        temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        self.temp = ' '.join(f'{name}_temp_path @PREFIX@/tmp_{name};' for name in temp
                             if name == 'client_body' or binary != OURS and f'without-http_{name}' not in version)
        self.config(**parts)
        self.proc = None
        _servers.append(self)

    def path(self, name):
        return os.path.join(self.prefix, name)

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='latin-1') as f:
            f.write(text)
        return self.path(name)

    def fill(self, text):
        return text.replace('@TEMP@', self.temp).replace('@PORT@', str(self.port)).replace('@PREFIX@', self.prefix)

    def config(self, text=CONFIG, name='nginx.conf', **parts):
        method = os.environ.get('NGINX_EVENT_METHOD')
        if method and self.binary == OURS and 'use ' not in parts.get('EVENTS', ''):
            parts['EVENTS'] = f'use {method}; ' + parts.get('EVENTS', '')
        for part in ('GLOBAL', 'EVENTS', 'HTTP', 'SERVER'):
            text = text.replace(f'@{part}@', parts.get(part, ''))
        check(not set(parts) - {'GLOBAL', 'EVENTS', 'HTTP', 'SERVER'}, 'unknown part')
        return self.write(name, self.fill(text))

    def args(self, *more, conf='nginx.conf'):
        return [self.binary, '-p', self.prefix + '/', '-c', self.path(conf), '-e', self.path('logs/error.log'), *more]

    def run(self, *more, conf='nginx.conf', **keys):
        """Runs it to its end: exit code, stderr."""
        # not a pipe: a master would hold it open
        out = tempfile.TemporaryFile()
        code = subprocess.run(self.args(*more, conf=conf), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                              timeout=90, **keys).returncode
        out.seek(0)
        return code, out.read().decode('latin-1')

    def popen(self, *more, **keys):
        out = tempfile.TemporaryFile()
        p = subprocess.Popen(self.args(*more), stdin=subprocess.DEVNULL, stdout=out, stderr=out, **keys)
        p.out = out
        return p

    def start(self, *more, **keys):
        """In the foreground, so that it is our child."""
        self.proc = self.popen('-g', 'daemon off;', *more, **keys)
        wait(lambda: self.ask() is not None or self.proc.poll() is not None, 'an answer')
        check(self.proc.poll() is None, 'it did not start:', self.log())
        return self

    def daemon(self, *more, **keys):
        code, text = self.run(*more, **keys)
        same((code, text), (0, ''), 'start')
        return self

    def pid(self):
        return int(read(self.path('nginx.pid')))

    def workers(self):
        return children(self.pid())

    def log(self, name='error.log'):
        try:
            if os.path.islink(self.path('logs/' + name)):
                return ''                       # it may lead to our own stdout
            return read(self.path('logs/' + name))
        except OSError:
            return ''

    def ask(self, path='/a.txt', limit=2, port=None):
        """The body of an answer, or None."""
        try:
            with socket.create_connection(('127.0.0.1', port or self.port), limit) as s:
                s.settimeout(limit)
                s.sendall(f'GET {path} HTTP/1.0\r\nHost: a\r\n\r\n'.encode())
                data = b''
                while True:
                    part = s.recv(65536)
                    if not part:
                        break
                    data += part
        except OSError:
            return None
        head, found, body = data.partition(b'\r\n\r\n')
        return body.decode('latin-1') if found and b' 200 ' in head.split(b'\r\n')[0] else None

    def clean(self):
        # who has something of this directory open, orphans too, whatever their pids
        ours = [int(d) for d in os.listdir('/proc') if d.isdigit() and int(d) != os.getpid() and self.owns(d)]
        for pid in ours:
            for signo in (signal.SIGCONT, signal.SIGTERM):
                try:
                    os.kill(pid, signo)
                except OSError:
                    pass
        end = time.monotonic() + 3
        while any(not gone(pid) for pid in ours) and time.monotonic() < end:
            time.sleep(0.01)
        for pid in ours:
            if not gone(pid) and self.owns(pid):
                os.kill(pid, signal.SIGKILL)
        if self.proc:
            self.proc.wait(5)
        shutil.rmtree(self.prefix, ignore_errors=True)

    def owns(self, pid):
        """Whether the process has something of this prefix open: a number used again does no harm."""
        try:
            for fd in os.listdir(f'/proc/{pid}/fd'):
                try:
                    if os.readlink(f'/proc/{pid}/fd/{fd}').startswith(self.prefix + '/'):
                        return True
                except OSError:
                    pass
        except OSError:
            pass
        return False


def clean_all():
    while _servers:
        _servers.pop().clean()


atexit.register(clean_all)


def reference(function):
    """Says what nginx does, when there is one to be asked."""
    if REFERENCE:
        try:
            print(f'    reference: {function()}')
        except (Failed, OSError, ValueError, subprocess.SubprocessError) as e:
            print(f'    reference: {type(e).__name__}: {e}')


def main():
    if not os.access(OURS, os.X_OK):
        print(f'no program {OURS}')
        sys.exit(1)
    passed = failed = 0
    for function in _tests:
        name = function.__name__
        if _args.words and not any(word in name for word in _args.words):
            continue
        began = time.monotonic()
        try:
            function()
            print(f'ok      {name}   ({time.monotonic() - began:.1f} s)')
            passed += 1
        except Skip as e:
            print(f'skipped {name}: {e}')
        except Exception as e:                              # one test must not stop the others
            failed += 1
            print(f'FAILED  {name}: {type(e).__name__}: {e}')
            if not isinstance(e, Failed):
                traceback.print_exc(file=sys.stdout)
            for server in _servers:
                print('    error.log of', server.binary, '\n      ' + server.log()[-1500:].replace('\n', '\n      '))
        clean_all()
        sys.stdout.flush()
    print(f'{passed} passed, {failed} failed')
    sys.exit(1 if failed else 0)
