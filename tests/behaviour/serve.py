#!/usr/bin/env python3
"""nginx -S DIR [-P PORT]: a directory served now, whatever its name is, and nothing left behind."""

import glob
import os
import pwd
import signal
import socket
import subprocess

from _common import LIMIT, OURS, REFERENCE, ROOT, Nginx, check, children, free_port, gone, main, need_root, read, \
    same, test, tree, wait

NASTY = ['plain', 'two words', 'a"b', "a'b", 'a$b', '$uri', '${x}', 'a;b', 'a{b}', 'a\nb', 'a\\b', 'a\\', 'a\\nb', '#a', '"; }',
         '";} server { listen 1; ', 'a\x1b[2Jb', 'caf\u00e9', '*', '"', "'", '$dollar', ' ', '-S', '\\"', '%s%n', 'a\tb']


class Serve(Nginx):
    """A directory with files in it, and a server for it."""

    def __init__(self, name='site', **keys):
        super().__init__(OURS)
        self.where = os.path.join(self.prefix, name)
        self.cwd = self.path('cwd')
        self.keys = keys
        os.mkdir(self.where)
        os.mkdir(self.cwd)
        for file, text in (('a.txt', 'one'), ('b.html', '<p>' + 'two ' * 500), ('c.unknown', 'three')):
            with open(os.path.join(self.where, file), 'w', encoding='utf-8') as f:
                f.write(text)
        os.mkdir(os.path.join(self.where, 'sub'))

    def popen(self, *args, **keys):
        self.out, self.err = (open(self.path(name), 'w+b') for name in ('out', 'err'))
        self.proc = subprocess.Popen([OURS, *args], cwd=self.cwd, stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.err,
                                     start_new_session=True, **self.keys, **keys)
        return self.proc

    def serve(self, *more, directory=None, path='/a.txt'):
        self.popen('-S', directory or self.where, '-P', str(self.port), *more)
        wait(lambda: self.ask(path) is not None or self.proc.poll() is not None, 'an answer')
        check(self.proc.poll() is None, 'it did not start:', self.said())
        return self

    def said(self, name='err'):
        return read(self.path(name))

    def temps(self):
        return [p[:-4] for p in glob.glob('/tmp/nginx-serve.*.pid') if read(p) == f'{self.proc.pid}\n']

    def fails(self, *args, **keys):
        return self.popen(*args, **keys).wait(LIMIT), self.said()

    def end(self, signo=signal.SIGINT):
        os.killpg(self.proc.pid, signo)                 # as a terminal does
        return self.proc.wait(LIMIT)


def get(port, request, host='127.0.0.1'):
    with socket.create_connection((host, port), 5) as s:
        s.settimeout(5)
        s.sendall(request.encode())
        data = b''
        while part := s.recv(65536):
            data += part
    head, _, body = data.partition(b'\r\n\r\n')
    return head.decode('latin-1'), body


@test
def a_directory():
    n = Serve()
    before = tree(n.where)
    n.serve()
    same(n.said(), f'nginx: serving {n.where} at http://127.0.0.1:{n.port}/\n', 'stderr')
    head, body = get(n.port, 'GET /a.txt HTTP/1.0\r\n\r\n')
    check('\r\nContent-Type: text/plain' in head and body == b'one', head)
    check('\r\nContent-Type: application/octet-stream' in get(n.port, 'GET /c.unknown HTTP/1.0\r\n\r\n')[0], 'type')
    _, body = get(n.port, 'GET / HTTP/1.0\r\n\r\n')
    check(all(b'<a href="%s">' % name in body for name in (b'a.txt', b'b.html', b'sub/')), body)
    head, body = get(n.port, 'GET /b.html HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n')
    check('\r\nContent-Encoding: gzip' in head and 'Vary: Accept-Encoding' in head and len(body) < 500, head)
    with open(n.where + '/sub/index.html', 'w', encoding='utf-8') as f:
        f.write('index')
    same(n.ask('/sub/'), 'index', 'the index')
    get(n.port, 'GET /nothere HTTP/1.0\r\n\r\n')
    wait(lambda: '/nothere" failed' in n.said(), 'the error')
    wait(lambda: '"GET /nothere HTTP/1.0" 404' in n.said('out'), 'the access log')
    check('"GET /a.txt HTTP/1.0" 200 3 ' in n.said('out'), n.said('out'))
    get(n.port, 'POST /a.txt HTTP/1.0\r\nContent-Length: 200000\r\n\r\n' + 'x' * 200000)
    temp, workers = n.temps(), children(n.proc.pid)
    check(len(temp) == 1 and os.stat(temp[0]).st_mode & 0o777 == 0o700 and workers, temp, workers)
    same(n.end(), 0, 'exit code')
    wait(lambda: all(map(gone, workers)), 'the workers are gone')
    os.unlink(n.where + '/sub/index.html')
    same({k: v for k, v in tree(n.where).items() if k != 'sub'}, {k: v for k, v in before.items() if k != 'sub'}, 'DIR')
    same((os.listdir(n.cwd), os.path.exists(temp[0]), os.path.exists(temp[0] + '.pid')), ([], False, False), 'left behind')


@test
def ended_by_any_signal():
    for signo in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
        n = Serve().serve()
        temp, workers = n.temps()[0], children(n.proc.pid)
        n.proc.send_signal(signo)
        same((n.proc.wait(LIMIT), os.path.exists(temp), os.path.exists(temp + '.pid')), (0, False, False), signo.name)
        wait(lambda: all(map(gone, workers)), 'the workers are gone')


@test
def directories_of_any_name():
    for name in NASTY:
        n = Serve(name)
        n.serve()
        same(n.ask('/c.unknown'), 'three', repr(name))
        check(b'a.txt' in get(n.port, 'GET / HTTP/1.0\r\n\r\n')[1], repr(name))
        check('\x1b' not in n.said() and n.said().count('\n') == 1, repr(n.said()))
        same(n.end(), 0, repr(name))
        # relative
        n.cwd = n.prefix
        n.serve(directory='./' + name)
        same(n.ask(), 'one', repr(name))
        same(n.end(), 0, repr(name))


@test
def a_long_name():
    n = Serve('/'.join(['d' * 200]))
    n.serve()
    same(n.ask(), 'one', 'the file')


@test
def ports_and_addresses():
    for form in ('{}', '127.0.0.1:{}', '127.0.0.2:{}', '[::1]:{}', 'localhost:{}', '*:{}'):
        n = Serve()
        address = form.format(n.port)
        host = {'[': '::1', '1': address.split(':')[0]}.get(form[0], '127.0.0.1')
        n.popen('-S', n.where, '-P' + address)

        def answer():
            try:
                return get(n.port, 'GET /a.txt HTTP/1.0\r\n\r\n', host)[1]
            except OSError:
                return b''

        same(wait(answer, address), b'one', address)
        where = address if ':' in address else '127.0.0.1:' + address
        check(n.said().endswith(f' at http://{where}/\n'), n.said())
        n.end()


@test
def bad_ports():
    n = Serve()
    for port in ('0', '65536', 'x', '', ':80', '8080;', '1 default_server', '127.0.0.1', 'a:b', '80:', 'unix:/x:80', 'unix:80', '-1',
                 '1{', '127.0.0.1;:80', "'a':80", '127.0.0.1:80\n', '$x:80'):
        code, said = n.fails('-S', n.where, '-P', port)
        same((code, said), (1, f'nginx: invalid port or address in "-P {port}"\n'), port)
    code, said = n.fails('-S', n.where, '-P', '999.1.1.1:80')
    check(code == 1 and 'host not found in "999.1.1.1:80" of the "listen" directive in (built-in):' in said, said)


@test
def directories_that_cannot_be_served():
    n = Serve()
    same(n.fails('-S', 'nothere'), (1, 'nginx: cannot serve "nothere" (2: No such file or directory)\n'), 'missing')
    same(n.fails('-S', ''), (1, 'nginx: cannot serve "" (2: No such file or directory)\n'), 'empty')
    same(n.fails('-S', n.where + '/a.txt'), (1, f'nginx: cannot serve "{n.where}/a.txt" (20: Not a directory)\n'), 'a file')
    os.chmod(n.where, 0o700 if ROOT else 0o300)
    who = ' as user "nobody", which root\'s workers run as' if ROOT else ''
    for more in ((), ('-t',)):
        code, said = n.fails('-S', n.where, '-P', str(n.port), *more)
        check(code == 1 and f'nginx: cannot serve "{n.where}"{who} (13: Permission denied)\n' in said, code, said)
    same(os.listdir(n.cwd), [], 'left behind')


@test
def by_an_ordinary_user():
    need_root()
    nobody = pwd.getpwnam('nobody')
    n = Serve(user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])
    os.chmod(n.where, 0o700)
    code, said = n.fails('-S', n.where, '-P', str(n.port))
    same((code, said), (1, f'nginx: cannot serve "{n.where}" (13: Permission denied)\n'), 'a closed directory')
    os.chown(n.where, nobody.pw_uid, nobody.pw_gid)
    os.chown(n.path('out'), nobody.pw_uid, -1)          # /dev/stdout is opened anew
    n.serve()
    same(n.ask(), 'one', 'the file')
    wait(lambda: '"GET /a.txt HTTP/1.0" 200' in n.said('out'), 'the access log')
    temp = n.temps()[0]
    same((n.end(), os.path.exists(temp), os.path.exists(temp + '.pid')), (0, False, False), 'the end')
    same(n.said(), f'nginx: serving {n.where} at http://127.0.0.1:{n.port}/\n', 'stderr')


@test
def stdout_that_cannot_be_opened():
    n = Serve()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        n.err = open(n.path('err'), 'w+b')
        n.proc = subprocess.Popen([OURS, '-S', n.where, '-P', str(n.port)], cwd=n.cwd, stdin=subprocess.DEVNULL, stdout=theirs,
                                  stderr=n.err, start_new_session=True)
        same(wait(n.ask, 'an answer'), 'one', 'the file')
        check('[warn] no access log: open() "/dev/stdout" failed' in n.said(), n.said())
        same(n.end(), 0, 'exit code')


@test
def port_taken():
    n = Serve()
    with socket.socket() as s:
        s.bind(('127.0.0.1', n.port))
        s.listen()
        code, said = n.fails('-S', n.where, '-P', str(n.port))
    check(code == 1 and '[emerg] ' in said and f'bind() to 127.0.0.1:{n.port} failed (98: Address already in use)' in said, said)


@test
def the_configuration_it_stands_for():
    for name in ('plain', 'a"$b\\n;{}\n', "'"):
        n = Serve(name)
        code = n.popen('-S', n.where, '-P', str(n.port), '-T').wait(LIMIT)
        check(code == 0 and 'configuration file (built-in) test is successful\n' in n.said(), code, n.said())
        text = n.said('out')
        check(text.startswith('# configuration file (built-in):\n') and 'include' not in text, text[:200])
        same((os.listdir(n.cwd), [p for p in glob.glob('/tmp/nginx-serve.*') if p in text]), ([], []), 'left behind')
        with open(n.path('T.conf'), 'w', encoding='latin-1') as f:
            f.write(text)
        for binary in filter(None, (OURS, REFERENCE)):
            if binary == REFERENCE:
                # the one line that nginx does not know
                check('\n    autoindex_format  page;\n' in text, text)
                temp = ''.join(f'{name}_temp_path {n.prefix}/tmp_{name};' for name in ('proxy', 'fastcgi', 'uwsgi', 'scgi'))
                n.write('T.conf', text.replace('autoindex_format  page;', '').replace('http {', f'http {{ {temp}', 1))
            args = [binary, '-p', n.prefix, '-c', n.path('T.conf'), '-e', n.path('logs/T.log')]
            run = subprocess.run([*args, '-t'], capture_output=True, timeout=LIMIT, check=False)
            check(run.returncode == 0, binary, run.stderr)
            n.proc = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=n.err,
                                      start_new_session=True)
            same(wait(n.ask, binary), 'one', 'the file')
            n.proc.terminate()
            n.proc.wait(LIMIT)
        for path in glob.glob('/tmp/nginx-serve.*'):
            if path in text:
                os.rmdir(path)


@test
def tested_only():
    n = Serve()
    same(n.fails('-S', n.where, '-P', str(n.port), '-t'),
         (0, 'nginx: the configuration file (built-in) syntax is ok\n'
             'nginx: configuration file (built-in) test is successful\n'), '-t')
    same(n.fails('-tqS', n.where), (0, ''), '-tq')


@test
def with_other_options():
    n = Serve()
    for args, said in ((['-S', n.where, '-c', 'x'], 'option "-S" cannot be used with "-c"'),
                       (['-s', 'stop', '-S', n.where], 'option "-S" cannot be used with "-s"'),
                       (['-S'], 'option "-S" requires directory name'), (['-S', n.where, '-P'], 'option "-P" requires port'),
                       (['-P', '80'], 'option "-P" requires "-S"')):
        same(n.fails(*args), (1, f'nginx: {said}\n'), args)
    # the directives of -g and the log of -e count as ever
    n.serve('-g', 'timer_resolution 1s;', '-e', n.path('logs/e.log'))
    get(n.port, 'GET /nothere HTTP/1.0\r\n\r\n')
    wait(lambda: '/nothere" failed' in n.log('e.log'), 'the error log')
    check('nothere' not in n.said(), n.said())
    n.end()
    code, said = n.fails('-S', n.where, '-P', str(n.port), '-g', 'pid x;')
    check(code == 1 and '"pid" directive is duplicate in (built-in):' in said, said)


@test
def help_names_them():
    said = subprocess.run([OURS, '-?'], capture_output=True, timeout=LIMIT, check=True).stderr.decode()
    check('  -S directory  : ' in said and '  -P port       : ' in said and '[-S directory] [-P port]\n' in said, said)


if __name__ == '__main__':
    main()
