#!/usr/bin/env python3
"""Restarts of a serving nginx: does a client notice?

Starts our binary and the reference with the same configuration, reloads and upgrades both while the
load client (load.rs) runs, and prints side by side what each of them lost. Beside that matrix there
are scenarios for each signal, each failure of a new binary and each kind of reload.

  tests/restart/run                  short form, about a minute and a half
  tests/restart/run --only winch     the scenarios and cells whose name has this in it
  tests/restart/run --long           1,000,000 requests over 100 reloads and 50 upgrades, 1,000 reloads,
                                     1,000 failing reloads, 1,000 times USR2 at once followed by QUIT
  tests/restart/run --list

NGINX_PORT       our binary (target/release/nginx)
NGINX_REFERENCE  nginx (nginx from PATH, else target/reference/usr/sbin/nginx)
LOAD             the load client (tests/restart/run builds it)

Two kinds of check. `nginx`: nginx does it too; should the reference miss one, the check itself is
suspect, and a line at the end says so. `ours`: we promise more than nginx; the reference's column
shows what nginx does. A third, `same`: both must give the same text. A `note` has no bar. Only our column decides
what passed and what failed.

Nothing here waits for a time to pass: each step waits for what it causes (a pid file, a log line,
a process gone) and gives up after a limit that a slow machine doesn't reach.
"""

import argparse
import concurrent.futures
import ctypes
import fcntl
import json
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LIMIT = int(os.environ.get("RESTART_LIMIT", "40"))          # seconds; the upper bound of one wait
WORKERS = 2

HUP, USR1, USR2, WINCH, QUIT, TERM, KILL = (
    signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH, signal.SIGQUIT, signal.SIGTERM, signal.SIGKILL)

# An address of our own in 127/8: no port is shared with anything else that runs on this machine.
_me = os.getpid()
HOST = f"127.{100 + (_me >> 16) % 100}.{(_me >> 8) & 255}.{_me & 255 or 1}"
_ports = iter(range(18000, 28000))
_lock = threading.Lock()


def free_port():
    with _lock:
        while True:
            port = next(_ports)
            with socket.socket() as s:
                try:
                    s.bind((HOST, port))
                except OSError:
                    continue
            return port


class Gave_up(Exception):
    pass


class Skip(Exception):
    pass


def wait(cond, what, limit=None, step=0.005):
    end = time.monotonic() + (limit or LIMIT)
    while True:
        v = cond()
        if v:
            return v
        if time.monotonic() > end:
            raise Gave_up(f"waited {limit or LIMIT} s for: {what}")
        time.sleep(step)


# processes

def stat(pid):
    """(state, parent) or None."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as f:
            rest = f.read().rsplit(b")", 1)[1].split()
        return rest[0].decode(), int(rest[1])
    except (OSError, IndexError):
        return None


_popened = set()
_burying = threading.Lock()


class Child(subprocess.Popen):
    """Known as ours before anybody can bury it: who waits for a process that was buried gets 0 for its exit code."""

    def __init__(self, *args, **kw):
        with _burying:
            super().__init__(*args, **kw)
            _popened.add(self.pid)


# subprocess.run() takes it from there
subprocess.Popen = Child


def gone(pid):
    s = stat(pid)
    if s is None:
        return True
    if s[0] == "Z":
        # A master whose starter is gone becomes our child (we are a subreaper); bury it.
        with _burying:
            if s[1] == _me and int(pid) not in _popened:
                try:
                    os.waitpid(int(pid), os.WNOHANG)
                except OSError:
                    pass
        return True
    return False


def children(pid):
    found = []
    for d in os.listdir("/proc"):
        if d.isdigit():
            s = stat(d)
            if s and s[1] == pid and s[0] != "Z":
                found.append(int(d))
    return sorted(found)


def descendants():
    parents = {}
    for d in os.listdir("/proc"):
        if d.isdigit():
            s = stat(d)
            if s and s[0] != "Z":
                parents[int(d)] = s[1]
    mine = []
    for pid in parents:
        p, hops = pid, 0
        while p in parents and p != _me and hops < 64:
            p, hops = parents[p], hops + 1
        if p == _me and pid != _me:
            mine.append(pid)
    return mine


def holds(pid, prefix):
    """Whether a process has anything under this directory open."""
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            try:
                if os.readlink(f"/proc/{pid}/fd/{fd}").startswith(prefix):
                    return True
            except OSError:
                pass
    except OSError:
        pass
    return False


def rss(pid):
    """kB in memory, without the pages of the program's file: those come as code is used."""
    try:
        with open(f"/proc/{pid}/status") as f:
            return sum(int(n) for n in re.findall(r"Rss(?:Anon|Shmem):\s+(\d+)", f.read()))
    except OSError:
        return 0


def maps(pid):
    """(mappings, those that are shared)"""
    try:
        with open(f"/proc/{pid}/maps") as f:
            lines = f.readlines()
        return len(lines), sum(x.split()[1][3] == "s" for x in lines)
    except OSError:
        return 0, 0


def fds(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def sig(pid, s):
    try:
        os.kill(pid, s)
        return True
    except ProcessLookupError:
        return False


# binaries

class Binary:
    """A server's binary, and which optional directives it knows."""

    def __init__(self, path, name):
        self.path, self.name = os.path.realpath(path), name
        self.lines = []
        with tempfile.TemporaryDirectory(prefix="restart-probe-") as d:
            self.dir = d
            for s in ("logs", "temp"):
                os.mkdir(f"{d}/{s}")
            for line in ("access_log off;", *(f"{n}_temp_path temp/{n};" for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))):
                if self.knows(line):
                    self.lines.append(line)
            self.min_timeout = self.knows("keepalive_min_timeout 5s;")
            self.zones = self.knows("limit_req_zone $uri zone=a:1m rate=1r/m; limit_conn_zone $uri zone=b:1m;")
        self.has_access_log = "access_log off;" in self.lines

    def knows(self, http):
        conf = f"{self.dir}/probe.conf"
        with open(conf, "w") as f:
            f.write(f"pid logs/p.pid; error_log logs/e.log; events {{}} http {{ {' '.join(self.lines)} {http} }}")
        r = subprocess.run([self.path, "-p", self.dir, "-e", "logs/e.log", "-t", "-c", conf], capture_output=True, timeout=30)
        return b"unknown directive" not in r.stderr + r.stdout

    def version(self):
        r = subprocess.run([self.path, "-v"], capture_output=True, timeout=30)
        return (r.stderr + r.stdout).decode(errors="replace").strip()


# one server

class Server:
    def __init__(self, binary, daemon=True, master=True, **conf):
        self.bin = binary
        self.dir = tempfile.mkdtemp(prefix="restart-")
        _servers.add(self)
        os.chmod(self.dir, 0o755)
        for d in ("conf", "logs", "html", "temp", "bin"):
            os.mkdir(f"{self.dir}/{d}")
        self.link = f"{self.dir}/bin/nginx"
        self.point(binary.path)
        self.port = free_port()
        self.sock = f"{self.dir}/s.sock"
        self.daemon, self.master_on = daemon, master
        self.popen = None
        self.kw = dict(workers=WORKERS, listen=None, main="", events="", http="", server="", min_timeout="5s", raw="")
        self.kw.update(conf)
        with open(f"{self.dir}/html/1k", "wb") as f:
            f.write(pattern(1024))
        self.configure()

    # files

    def point(self, target):
        """The binary's path is a link; switch it in one step."""
        tmp = self.link + ".new"
        if os.path.lexists(tmp):
            os.unlink(tmp)
        os.symlink(target, tmp)
        os.rename(tmp, self.link)
        own = getattr(self.bin, "own", {})
        if target in own:
            self.bin.lines = own[target]
            self.configure()

    def big(self):
        path = f"{self.dir}/html/8m"
        if not os.path.exists(path):
            with open(path, "wb") as f:
                f.write(pattern(8 << 20))
        return path

    def use(self):
        """NGINX_EVENT_METHOD is for ours only, and for who does not choose."""
        method = os.environ.get("NGINX_EVENT_METHOD")
        ours = os.path.realpath(os.environ.get("NGINX_PORT") or f"{TOP}/target/release/nginx")
        return f"use {method}; " if method and "use " not in self.kw["events"] and os.path.realpath(self.link) == ours else ""

    def configure(self, **kw):
        self.kw.update(kw)
        k = self.kw
        listen = k["listen"] if k["listen"] is not None else f"listen {HOST}:{self.port};"
        # on one line: log texts name the number of a line, and two binaries may know different directives
        lines = " ".join(self.bin.lines)
        keep = f"keepalive_min_timeout {k['min_timeout']};" if self.bin.min_timeout and k["min_timeout"] else ""
        text = f"""
worker_processes {k['workers']};
error_log logs/error.log notice;
pid logs/nginx.pid;
{'' if self.daemon else 'daemon off;'} {'' if self.master_on else 'master_process off;'}
{k['main']}
events {{ {self.use()}worker_connections 1024; {k['events']} }}
http {{
    {lines}
    {keep}
    {k['http']}
    server {{
        {listen}
        root html;
        {k['server']}
    }}
}}
{k['raw']}
"""
        tmp = f"{self.dir}/conf/nginx.conf.new"
        with open(tmp, "w") as f:
            f.write(text)
        os.rename(tmp, f"{self.dir}/conf/nginx.conf")

    def log(self, since=0, name="error.log"):
        try:
            with open(f"{self.dir}/logs/{name}", "rb") as f:
                f.seek(since)
                return f.read().decode(errors="replace")
        except OSError:
            return ""

    def mark(self):
        try:
            return os.path.getsize(f"{self.dir}/logs/error.log")
        except OSError:
            return 0

    def pid(self, name="nginx.pid"):
        try:
            with open(f"{self.dir}/logs/{name}") as f:
                return int(f.read())
        except (OSError, ValueError):
            return None

    def said(self, regex, since=0, limit=None):
        try:
            return wait(lambda: re.search(regex, self.log(since), re.M), f"log line /{regex}/", limit)
        except Gave_up as e:
            raise Gave_up(f"{e}; the log's end: {self.log(since)[-600:]!r}") from None

    def plain(self, text):
        """Text with everything taken out that differs from run to run."""
        text = re.sub(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ", "", text, flags=re.M)
        text = text.replace(self.dir, "PREFIX").replace(HOST, "HOST").replace(self.bin.path, "BIN")
        text = re.sub(r"\bnginx/[\d.]+( \([^)]*\))?", "nginx/V", text)
        text = re.sub(r"\b\d+#\d+", "P#0", text)
        text = re.sub(r"\b(process|pid|from|process:|of) \d+", r"\1 N", text)
        text = re.sub(r"HOST:\d+", "HOST:PORT", text)
        keep = [l.rstrip() for l in text.splitlines()
                if l.strip() and not re.search(r"built by|OS: |getrlimit|using the \"|start worker process", l)
                # several of these may come as one
                and not re.search(r"signal (17|29) ", l)]
        return "\n".join(keep)

    # life

    def argv(self, *more):
        return [self.link, "-p", self.dir, "-e", "logs/error.log", "-c", "conf/nginx.conf", *more]

    def run(self, *more, **kw):
        kw.setdefault("timeout", LIMIT)
        r = subprocess.run(self.argv(*more), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kw)
        r.text = r.stdout.decode(errors="replace")
        return r

    def spawn(self, **kw):
        self.popen = subprocess.Popen(self.argv(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, **kw)

    def start(self):
        if self.daemon:
            r = self.run()
            if r.returncode != 0:
                raise Gave_up(f"start: exit code {r.returncode}: {r.text.strip()[-400:]}")
        else:
            self.spawn()
        pid = wait(lambda: (p := self.pid()) and not gone(p) and p, "pid file")
        if self.master_on:
            self.workers_up(pid)
        wait(lambda: self.serves(), "first answer")
        return pid

    def workers_up(self, master, since=0):
        """Waits until this master says it has started as many workers as configured."""
        n = self.kw["workers"]
        rx = rf" {master}#\d+: start worker process \d+"
        try:
            wait(lambda: len(re.findall(rx, self.log(since))) >= n, f"{n} workers of {master}")
        except Gave_up as e:
            raise Gave_up(f"{e}; the log's end: {self.log(since)[-600:]!r}") from None

    def left(self, worker, since=0):
        return gone(worker) or re.search(rf" {worker}#\d+: (gracefully shutting down|exiting)", self.log(since))

    def reload(self, signal_it=True):
        """HUP; back when the new workers are started and the old ones know that they have to go."""
        master = self.pid()
        since = self.mark()
        old = children(master)
        if signal_it:
            sig(master, HUP)
        self.said(rf" {master}#\d+: reconfiguring", since)
        self.workers_up(master, since)
        wait(lambda: all(self.left(w) for w in old), f"old workers {old} leaving")

    def usr2(self):
        """USR2; back when the new master runs with its workers: (old, new)."""
        old = self.pid()
        since = self.mark()
        sig(old, USR2)
        new = wait(lambda: (p := self.pid()) and p != old and not gone(p) and p, "new master's pid file")
        self.workers_up(new, since)
        wait(lambda: self.pid("nginx.pid.oldbin") == old, "nginx.pid.oldbin")
        return old, new

    def upgrade(self):
        old, new = self.usr2()
        sig(old, QUIT)
        wait(lambda: gone(old), f"old master {old} gone", LIMIT * 2)
        return new

    def addr(self):
        return f"{HOST}:{self.port}"

    def serves(self, port=None, path="/1k", unix=None, limit=5):
        try:
            r = get(unix or (HOST, port or self.port), path, limit)
            return r[0] == 200 and (path != "/1k" or r[2] == pattern(1024))
        except OSError:
            return False

    def processes(self):
        return [p for p in descendants() if holds(p, self.dir)]

    def end(self):
        """Stops whatever is left of this server, by pid, and takes its directory away."""
        for _ in range(100):
            ps = self.processes()
            if self.popen and self.popen.poll() is None and self.popen.pid not in ps:
                ps.append(self.popen.pid)
            if not ps:
                break
            for p in ps:
                sig(p, KILL)
            for p in ps:
                gone(p)
            if self.popen:
                try:
                    self.popen.wait(0.01)
                except subprocess.TimeoutExpired:
                    pass
            time.sleep(0.02)
        shutil.rmtree(self.dir, ignore_errors=True)
        _servers.discard(self)
        bury()


def bury():
    """Takes away the zombies that were left to us."""
    for d in os.listdir("/proc"):
        if d.isdigit() and int(d) not in _popened:
            s = stat(d)
            if s and s[0] == "Z" and s[1] == _me:
                gone(int(d))


_patterns = {}


def pattern(n):
    """n bytes in which no part looks like another."""
    if n not in _patterns:
        b = bytearray()
        x = 0x12345678
        for i in range(0, min(n, 65536), 4):
            x = (x * 1664525 + 1013904223) & 0xffffffff
            b += struct.pack("<I", x)
        out = bytearray()
        block = 0
        while len(out) < n:
            b[0:4] = struct.pack("<I", block)
            out += b
            block += 1
        _patterns[n] = bytes(out[:n])
    return _patterns[n]


def connect(addr, limit=5):
    s = socket.socket(socket.AF_UNIX if isinstance(addr, str) else socket.AF_INET6 if ":" in addr[0] else socket.AF_INET, socket.SOCK_STREAM)
    s.settimeout(limit)
    try:
        s.connect(addr)
    except OSError:
        s.close()
        raise
    return s


def read_all(s):
    data = b""
    while True:
        try:
            b = s.recv(262144)
        except OSError as e:
            return data, e
        if not b:
            return data, None
        data += b


def split(data):
    head, _, body = data.partition(b"\r\n\r\n")
    m = re.match(rb"HTTP/1\.\d (\d+)", head)
    return int(m.group(1)) if m else 0, head.decode("latin-1"), body


def get(addr, path, limit=5):
    with connect(addr, limit) as s:
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        data, err = read_all(s)
        if err and not data:
            raise err
        return split(data)


def refuses(addr):
    try:
        connect(addr).close()
        return False
    except OSError:
        return True


# the load client

class Load:
    def __init__(self, addr, *args, expect=None, path="/1k", limit=60):
        self.progress, self.last, self.failed = 0, None, 0
        self.out = ""
        cmd = [os.environ["LOAD"], "--addr", addr, "--path", path, "--duration", str(limit), "--timeout", "15",
               "--until-eof", "--progress", *args]
        if expect:
            cmd += ["--expect", expect]
        self.p = subprocess.Popen(cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.t = threading.Thread(target=self.read, daemon=True)
        self.t.start()

    def read(self):
        for line in self.p.stdout:
            v = json.loads(line)
            if "progress" in v:
                self.progress, self.failed = v["progress"], v["failed"]
            elif "requests" in v:
                self.last = v

    def runs(self, n=1):
        wait(lambda: self.progress >= n or self.p.poll() is not None, "load under way")
        return self

    def stop(self):
        if self.p.stdin:
            self.p.stdin.close()
            self.p.stdin = None
        try:
            self.p.wait(120)
        except subprocess.TimeoutExpired:
            self.p.kill()
            self.p.wait()
        self.t.join(10)
        return self.last or {"requests": 0, "ok": 0, "failed": 1, "classes": {"client died": 1}, "samples": []}


# what a scenario gets: the binary under test, and where to put what it found

class Ctx:
    def __init__(self, binary, other, opts):
        self.bin, self.other, self.opts = binary, other, opts
        self.checks = []        # (name, kind, ok, detail)
        self.facts = []         # (name, text)
        self.servers, self.loads = [], []
        # Without keepalive_min_timeout a request may cross the close of its idle connection: nobody's fault.
        self.closes_idle = not binary.min_timeout

    def server(self, **kw):
        s = Server(self.bin, **kw)
        self.servers.append(s)
        return s

    def load(self, s, *args, **kw):
        args = args or ("--mode", "keepalive", "--naive", "--connections", "4", "--think", "10", "--rps", "300")
        if not s.bin.min_timeout:
            # Such a server closes idle connections at once; a client that doesn't look would lose by that.
            args = [a for a in args if a != "--naive"]
        l = Load(kw.pop("addr", None) or s.addr(), *args,
                 expect=kw.pop("expect", f"{s.dir}/html/1k"), **kw)
        self.loads.append(l)
        return l.runs()

    def check(self, name, ok, detail="", kind="nginx"):
        self.checks.append((name, kind, bool(ok), str(detail)))

    def lost_nothing(self, name, r, kind="nginx", least=10):
        failed = r["failed"]
        if self.closes_idle:
            failed -= r["classes"].get("reset_reused", 0) + r["classes"].get("eof_reused", 0)
        self.check(name, failed == 0 and r["ok"] >= least, f"{r['ok']} ok, lost {r['classes']} {r['samples'][:2]}", kind)

    def fact(self, name, text):
        self.facts.append((name, text))

    def end(self):
        for l in self.loads:
            if l.p.poll() is None:
                l.p.kill()
                l.p.wait()
        for s in self.servers:
            s.end()


SCENARIOS = []


def scenario(f=None, *, long=False, only=None):
    def put(f):
        f.long, f.only = long, only
        SCENARIOS.append(f)
        return f
    return put(f) if f else put


# ---- the client itself: does it see each way to fail?

@scenario(only="ours")
def client_sees_each_failure(c):
    """A server that fails on purpose, once in each way."""
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
    linger = struct.pack("ii", 1, 0)

    def reset(s):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        s.close()

    def serve(sock, act):
        while True:
            try:
                s, _ = sock.accept()
            except OSError:
                return
            try:
                s.settimeout(5)
                act(s)
            except OSError:
                pass
            finally:
                s.close()

    def reused(then):
        def act(s):
            s.recv(4096)
            s.sendall(body)
            s.recv(4096)
            then(s)
        return act

    def answer(b):
        def act(s):
            s.recv(4096)
            s.sendall(b)
            s.recv(4096)
        return act

    def short(then):
        def act(s):
            s.recv(4096)
            s.sendall(body[:-2])
            time.sleep(0.05)
            then(s)
        return act

    acts = {
        "reset_fresh": lambda s: (s.recv(4096), reset(s)),
        "eof_fresh": lambda s: s.recv(4096),
        "reset_reused": reused(reset),
        "eof_reused": reused(lambda s: None),
        "short_body": short(lambda s: None),
        "short_body (reset)": short(reset),
        "wrong_body": answer(body.replace(b"good", b"evil")),
        "wrong_status": answer(body.replace(b"200 OK", b"500 No")),
        "bad_head": answer(b"what?\r\n\r\n"),
        "extra_bytes": answer(body + b"x"),
        "timeout": lambda s: (s.recv(4096), s.recv(4096)),
    }
    want = f"/tmp/restart-good-{_me}"
    with open(want, "wb") as f:
        f.write(b"good")
    try:
        for name, act in acts.items():
            sock = socket.socket()
            sock.bind((HOST, free_port()))
            sock.listen(16)
            threading.Thread(target=serve, args=(sock, act), daemon=True).start()
            n = "2" if "reused" in name else "1"
            r = subprocess.run([os.environ["LOAD"], "--addr", "%s:%d" % sock.getsockname(), "--connections", "1", "--requests", n,
                                "--timeout", "0.3", "--duration", "3", "--expect", want], stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
            v = json.loads(r.stdout.splitlines()[-1])
            sock.close()
            cls = name.split()[0]
            c.check(name, v["classes"] == {cls: 1} and r.returncode == 1, v["classes"])
        r = subprocess.run([os.environ["LOAD"], "--addr", f"{HOST}:{free_port()}", "--connections", "1", "--requests", "1"],
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
        c.check("refused", json.loads(r.stdout)["classes"] == {"refused": 1}, r.stdout)
        # A close that was announced, and one between two requests, are nobody's failure.
        for name, act in {"announced close": answer(body.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")),
                          "close between requests": lambda s: (s.recv(4096), s.sendall(body))}.items():
            sock = socket.socket()
            sock.bind((HOST, free_port()))
            sock.listen(16)
            threading.Thread(target=serve, args=(sock, act), daemon=True).start()
            r = subprocess.run([os.environ["LOAD"], "--addr", "%s:%d" % sock.getsockname(), "--connections", "1", "--requests", "5", "--think", "200",
                                "--duration", "8", "--expect", want], stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
            v = json.loads(r.stdout.splitlines()[-1])
            sock.close()
            c.check(name + " is no failure", v["ok"] == 5 and v["failed"] == 0, v)
    finally:
        os.unlink(want)


# ---- upgrade, roll back, roll forward

@scenario
def winch_and_roll_back(c):
    """USR2, WINCH to the old, HUP to the old, QUIT to the new: the old one serves on as if nothing had been."""
    s = c.server()
    s.start()
    l = c.load(s)
    old, new = s.usr2()
    c.check("both masters have workers", len(children(old)) >= WORKERS and len(children(new)) == WORKERS)
    workers = [w for w in children(old) if w != new]
    sig(old, WINCH)
    wait(lambda: all(gone(w) for w in workers), "old workers gone")
    c.check("old master lives without workers", not gone(old) and [w for w in children(old) if w != new] == [])
    c.check("new one serves alone", s.serves())
    since = s.mark()
    sig(old, HUP)
    s.workers_up(old, since)
    c.check("HUP to the old one reads no configuration", "reconfiguring\n" not in re.sub(r".*signal.*", "", s.log(since)))
    sig(new, QUIT)
    wait(lambda: gone(new), "new master gone")
    wait(lambda: s.pid() == old, "pid file names the old one again")
    c.check("no .oldbin left", not os.path.exists(f"{s.dir}/logs/nginx.pid.oldbin"))
    c.lost_nothing("lost nothing", l.stop())
    c.check("and can be upgraded again", s.upgrade() != old and s.serves())


@scenario
def winch_and_roll_forward(c):
    s = c.server()
    s.start()
    l = c.load(s)
    old, new = s.usr2()
    workers = [w for w in children(old) if w != new]
    sig(old, WINCH)
    wait(lambda: all(gone(w) for w in workers), "old workers gone")
    sig(old, QUIT)
    wait(lambda: gone(old), "old master gone")
    c.check("pid file is the new one's", s.pid() == new)
    wait(lambda: not os.path.exists(f"{s.dir}/logs/nginx.pid.oldbin"), "no .oldbin left")
    c.lost_nothing("lost nothing", l.stop())
    c.check("reload works after it", s.reload() is None and s.serves())


@scenario
def second_upgrade_is_refused(c):
    s = c.server()
    s.start()
    old, new = s.usr2()
    for who, pid in (("old", old), ("new", new)):
        since = s.mark()
        sig(pid, USR2)
        s.said(rf" {pid}#\d+: signal 12 .*ignoring", since)
        c.check(f"refused by the {who} one", set(children(new)) & set(children(old)) == set() and s.pid() == new)
        c.fact(f"log of the {who} one", s.plain(s.log(since)))
    masters = [p for p in s.processes() if children(p)]
    c.check("two masters, not three", sorted(masters) == sorted([old, new]), masters)
    sig(old, QUIT)
    wait(lambda: gone(old), "old master gone")
    c.check("upgrade possible again", s.upgrade() != new and s.serves())


def failing_upgrade(c, name, breakit, mend, code):
    s = c.server()
    old = s.start()
    l = c.load(s)
    workers = children(old)
    since = s.mark()
    breakit(s)
    sig(old, USR2)
    s.said(rf" {old}#\d+: new binary process \d+ exited", since)
    wait(lambda: s.pid() == old, "pid file names the old one again")
    wait(lambda: not os.path.exists(f"{s.dir}/logs/nginx.pid.oldbin"), "no .oldbin left")
    c.check("same master, same workers", s.pid() == old and children(old) == workers)
    m = re.search(r"new binary process \d+ exited (with code|on signal) (\d+)", s.log(since))
    c.check("the log says why", m and (code is None or m.group(2) == code), m and m.group(0))
    lines = [l for l in s.plain(s.log(since)).splitlines() if "signal" not in l and "changing binary" not in l]
    # the child's line may come before its parent's
    c.fact("log", "\n".join(sorted(lines)))
    r = l.stop()
    c.lost_nothing("lost nothing", r)
    mend(s)
    c.check("an upgrade works after it", s.upgrade() != old and s.serves())


@scenario
def new_binary_exits_at_once(c):
    failing_upgrade(c, "false", lambda s: s.point(shutil.which("false")), lambda s: s.point(c.bin.path), "1")


@scenario
def new_binary_is_missing(c):
    failing_upgrade(c, "missing", lambda s: s.point("/nonexistent/nginx"), lambda s: s.point(c.bin.path), None)


@scenario
def new_binary_cannot_read_its_config(c):
    failing_upgrade(c, "config", lambda s: s.configure(raw="no_such_directive;"), lambda s: s.configure(raw=""), "1")


def both(c):
    """One path for both. The lines that only one of them can read are given to it when the path points there."""
    own = {b.path: b.lines for b in (c.bin, c.other)}
    return type("B", (), dict(path=c.bin.path, lines=c.bin.lines, own=own, name=c.bin.name, min_timeout=c.bin.min_timeout and c.other.min_timeout))


@scenario
def cross_upgrades(c):
    """Ours to the reference and back, one path for both, under load."""
    s = c.server(listen=None)
    s.configure(listen=f"listen {HOST}:{s.port}; listen unix:{s.sock};")
    s.bin = both(c)
    c.closes_idle = not s.bin.min_timeout
    s.configure()
    s.start()
    rounds = c.opts.rounds or (25 if c.opts.long else 2)
    loads = [c.load(s, limit=60 + rounds * 20),
             c.load(s, "--mode", "new", "--connections", "4", "--rps", "200", limit=60 + rounds * 20),
             c.load(s, "--mode", "pipeline:16", "--naive", "--connections", "2", "--think", "10", "--rps", "400", limit=60 + rounds * 20),
             c.load(s, "--mode", "new", "--connections", "2", "--rps", "100", addr=f"unix:{s.sock}", limit=60 + rounds * 20)]
    there = back = 0
    for _ in range(rounds):
        s.point(c.other.path)
        s.upgrade()
        there += os.path.realpath(f"/proc/{s.pid()}/exe") == c.other.path
        s.point(c.bin.path)
        s.upgrade()
        back += os.path.realpath(f"/proc/{s.pid()}/exe") == c.bin.path
    c.check("each upgrade changed the binary", there == back == rounds, (there, back))
    figures = []
    for l, n in zip(loads, ("keep-alive", "new", "pipelined", "unix")):
        r = l.stop()
        figures.append(f"{n} {r['requests']}, failed {r['classes'] or 0}")
        c.lost_nothing(f"lost nothing: {n}", r)
    c.check("requests", True, f"{rounds} times there and back: {'; '.join(figures)}", "note")


@scenario
def cross_roll_back(c):
    """Each of the two is the old binary once: WINCH, HUP and QUIT take the other back, and a second upgrade is refused by both."""
    s = c.server()
    s.bin = both(c)
    c.closes_idle = not s.bin.min_timeout
    s.configure()
    s.start()
    l = c.load(s)
    for mine, theirs in ((c.bin, c.other), (c.other, c.bin)):
        s.point(theirs.path)
        old, new = s.usr2()
        for p in (old, new):
            since = s.mark()
            sig(p, USR2)
            s.said(rf" {p}#\d+: the changing binary signal is ignored", since)
        sig(old, WINCH)
        wait(lambda: children(old) == [new], "old workers gone")
        c.check(f"{theirs.name} serves alone", s.serves())
        since = s.mark()
        sig(old, HUP)
        s.workers_up(old, since)
        sig(new, QUIT)
        wait(lambda: gone(new) and s.pid() == old, "new master gone")
        c.check(f"back to {mine.name}", s.serves() and os.path.realpath(f"/proc/{old}/exe") == mine.path and pid_files(s, {str(old): 'A'}) == "nginx.pid: A")
        if mine is c.bin:
            s.upgrade()
    c.lost_nothing("lost nothing", l.stop())


@scenario
def cross_upgrades_leave_no_descriptor(c):
    """There and back again: neither binary collects what the other handed over."""
    s = c.server()
    s.bin = both(c)
    s.configure()
    s.start()
    counts = {c.bin.path: [], c.other.path: []}

    def settled(pid):
        n = fds(pid)
        time.sleep(0.02)
        return n == fds(pid) and n
    for _ in range(4):
        for path in (c.other.path, c.bin.path):
            s.point(path)
            s.upgrade()
            wait(lambda: s.serves(), "answer")
            # a master looks around when something wakes it
            since = s.mark()
            sig(s.pid(), USR1)
            s.said("reopening logs", since)
            counts[path].append(wait(lambda: settled(s.pid()), "descriptors"))
    c.check("as many descriptors after each upgrade", all(len(set(x[1:])) == 1 for x in counts.values()), list(counts.values()))


@scenario(only="ours")
def cross_event_methods(c):
    """Epoll to io_uring and back, by reload and by upgrade, under load."""
    fd = ctypes.CDLL(None, use_errno=True).syscall(425, 4, ctypes.create_string_buffer(120))    # io_uring_setup()
    if fd == -1:
        raise Skip("the kernel refuses io_uring")
    os.close(fd)
    s = c.server(listen=None)
    s.configure(listen=f"listen {HOST}:{s.port}; listen unix:{s.sock};", events="use epoll;")
    s.start()
    loads = [c.load(s), c.load(s, "--mode", "new", "--connections", "4", "--rps", "200"),
             c.load(s, "--mode", "pipeline:16", "--naive", "--connections", "2", "--think", "10", "--rps", "400"),
             c.load(s, "--mode", "new", "--connections", "2", "--rps", "100", addr=f"unix:{s.sock}")]
    used = []
    for step in (s.reload, s.upgrade) * 3:
        for method in ("io_uring", "epoll"):
            s.configure(events=f"use {method};")
            since = s.mark()
            step()
            used.append(f'using the "{method}" event method' in s.log(since))
    c.check("each step changed the method", all(used), used)
    for l, n in zip(loads, ("keep-alive", "new", "pipelined", "unix")):
        c.lost_nothing(f"lost nothing: {n}", l.stop())
    c.check("no alerts", "[alert]" not in s.log(), s.plain(s.log())[-300:])


# ---- what dies

@scenario
def killed_worker_is_replaced(c):
    s = c.server()
    master = s.start()
    for round in range(3):
        since = s.mark()
        victim = children(master)[0]
        sig(victim, KILL)
        s.said(rf"worker process {victim} exited on signal 9", since)
        s.said(rf" {master}#\d+: start worker process", since)
        wait(lambda: len(children(master)) == WORKERS and victim not in children(master), "as many workers as before")
    c.check("serves with as many workers as before", s.serves() and len(children(master)) == WORKERS)
    c.fact("log", s.plain(s.log(since)))
    c.check("reload works after it", s.reload() is None and s.serves())


@scenario
def quit_to_a_starting_worker(c):
    """The signal comes while a worker makes its event queue, as when its master is killed then: nginx's sees it at its first connection."""
    if not shutil.which("strace"):
        raise Skip("no strace")
    s = c.server(daemon=False, workers=1)
    s.popen = subprocess.Popen(["strace", "-f", "-o", "/dev/null", "-e", "trace=epoll_create,epoll_create1", "-e",
                                "inject=epoll_create,epoll_create1:delay_enter=300000", *s.argv()],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    m = s.said(r"start worker process (\d+)")
    w = int(m.group(1))
    # the handler is there, the mask of the master is not any more: in epoll_create()
    wait(lambda: int(re.search(r"SigBlk:\s+(\w+)", open(f"/proc/{w}/status").read()).group(1), 16) & 1 << QUIT - 1 == 0, "signals let in")
    sig(w, QUIT)
    try:
        s.said(rf" {w}#\d+: gracefully shutting down", limit=2)
        ok = True
    except Gave_up:
        ok = False
    c.check("it leaves without waiting for an event", ok, s.plain(s.log())[-300:], "ours")


@scenario
def killed_workers_hold_no_lock(c):
    """With accept_mutex a worker may die with the lock in its hand; the master takes it away."""
    s = c.server(events="accept_mutex on; accept_mutex_delay 50ms;")
    master = s.start()
    l = c.load(s, "--mode", "new", "--connections", "8", "--rps", "1000")
    for _ in range(6):
        before = children(master)
        for victim in before:
            sig(victim, KILL)
        wait(lambda: len(children(master)) == WORKERS and not set(before) & set(children(master)), "new workers")
        done = l.progress + 50
        wait(lambda: l.progress >= done, "answers again")
    l.stop()
    c.check("answers after each kill", s.serves())


@scenario
def all_killed_then_started(c):
    """Master and workers killed with -9: the stale pid file is no obstacle."""
    s = c.server()
    master = s.start()
    dead = [master, *children(master)]
    for p in dead:
        sig(p, KILL)
    wait(lambda: all(gone(p) for p in dead), "all dead")
    c.check("pid file was left behind", s.pid() == master)
    new = s.start()
    c.check("starts and serves", new != master and s.serves())


@scenario
def killed_master(c):
    """Only the master killed with -9: a start works, workers of the dead one don't serve for ever."""
    s = c.server()
    master = s.start()
    workers = children(master)
    sig(master, KILL)
    wait(lambda: gone(master), "master dead")
    end = time.monotonic() + 15
    rc, text = 1, ""
    while rc and time.monotonic() < end:
        r = s.run()
        rc, text = r.returncode, r.text
    c.check("a start works", rc == 0, s.plain(text).splitlines()[-1:], "ours")
    if rc == 0:
        wait(lambda: (p := s.pid()) and p != master and not gone(p), "new pid")
        wait(s.serves, "first answer")
        try:
            wait(lambda: all(gone(w) for w in workers), "orphans gone", 15)
            c.check("orphaned workers go", True, kind="ours")
        except Gave_up:
            c.check("orphaned workers go", False, kind="ours")


@scenario
def stale_unix_socket(c):
    """A unix socket left by a crash: nobody answers there, so a start takes its place; if somebody does, it doesn't."""
    s = c.server()
    s.configure(listen=f"listen {HOST}:{s.port}; listen unix:{s.sock};")
    master = s.start()
    dead = [master, *children(master)]
    for p in dead:
        sig(p, KILL)
    wait(lambda: all(gone(p) for p in dead), "all dead")
    # with io_uring the kernel closes it a moment after the process is gone
    wait(lambda: not os.path.exists(s.sock) or refuses(s.sock), "nobody listens")
    c.check("the socket was left behind", os.path.exists(s.sock))
    r = s.run()
    c.check("a start works", r.returncode == 0, s.plain(r.text).splitlines()[-1:], "ours")
    if r.returncode == 0:
        try:
            ok = wait(lambda: s.serves(unix=s.sock), "answer on the unix socket", 10)
        except Gave_up:
            ok = False
        c.check("and serves there", ok, f"{os.path.exists(s.sock)} {s.plain(s.log())[-900:]}", "ours")
    # one that is alive
    o = c.server()
    live = socket.socket(socket.AF_UNIX)
    live.bind(o.sock)
    live.listen(5)
    ino = os.stat(o.sock).st_ino
    o.configure(listen=f"listen unix:{o.sock};")
    r = o.run()
    c.check("a live one is not taken", r.returncode == 1 and os.stat(o.sock).st_ino == ino, r.text[-200:])
    live.close()


# ---- reload

@scenario
def reload_changes_listeners(c):
    s = c.server()
    a, b, d = s.port, free_port(), free_port()
    s.configure(listen=f"listen {HOST}:{a}; listen {HOST}:{b};")
    master = s.start()
    l = c.load(s)
    n = fds(master)
    c.check("two ports", s.serves(a) and s.serves(b))
    s.configure(listen=f"listen {HOST}:{a}; listen {HOST}:{b}; listen {HOST}:{d};")
    s.reload()
    c.check("added", s.serves(a) and s.serves(b) and s.serves(d))
    s.configure(listen=f"listen {HOST}:{a}; listen {HOST}:{d};")
    s.reload()
    wait(lambda: refuses((HOST, b)), "removed port closed")
    c.check("removed", s.serves(a) and s.serves(d) and refuses((HOST, b)))
    s.configure(listen=f"listen {HOST}:{a} backlog=300; listen {HOST}:{d} deferred;")
    s.reload()
    c.check("changed options", s.serves(a) and s.serves(d))
    ss = shutil.which("ss")
    if ss:
        t = subprocess.run([ss, "-ltnH", f"sport = :{a}"], capture_output=True, text=True, timeout=20).stdout
        mine = [x.split() for x in t.splitlines() if f"{HOST}:{a}" in x]
        c.check("backlog changed", mine and mine[0][2] == "300", mine)
    s.configure(listen=f"listen {HOST}:{a} backlog=300; listen {HOST}:{d} deferred;", workers=4)
    s.reload()
    wait(lambda: len(children(master)) == 4, "four workers")
    s.configure(workers=1)
    s.reload()
    wait(lambda: len(children(master)) == 1, "one worker")
    s.configure(listen=f"listen {HOST}:{a}; listen {HOST}:{b};", workers=WORKERS)
    s.reload()
    wait(lambda: len(children(master)) == WORKERS, "two workers")
    wait(lambda: refuses((HOST, d)), "removed port closed")
    c.check("back to the first configuration", s.serves(a) and s.serves(b))
    c.check("descriptors as at first", wait(lambda: fds(master) == n, "descriptors", 5) if fds(master) != n else True, (n, fds(master)))
    c.lost_nothing("lost nothing on the port that stayed", l.stop())


@scenario
def failing_reload_changes_nothing(c):
    s = c.server()
    master = s.start()
    l = c.load(s)
    workers, n = children(master), fds(master)
    before = sockets(master)
    taken = socket.socket()
    tport, extra = free_port(), free_port()
    taken.bind((HOST, tport))
    taken.listen(5)
    base = f"listen {HOST}:{s.port};"
    for name, kw, said in (
            ("unknown directive", dict(raw="no_such_directive;"), r"\[emerg\].*unknown directive"),
            ("open brace", dict(server="location / {"), r"\[emerg\].*unexpected end of file"),
            ("missing include", dict(http="include nowhere.conf;"), r"\[emerg\].*nowhere.conf"),
            ("missing log directory", dict(main="error_log nowhere/x.log;"), r"\[emerg\].*nowhere/x.log"),
            ("taken port", dict(listen=f"{base} listen {HOST}:{extra}; listen {HOST}:{tport};"), r"\[emerg\].*still could not bind")):
        since = s.mark()
        keep = dict(s.kw)
        s.configure(**kw)
        sig(master, HUP)
        s.said(said, since)
        c.fact(name, s.plain(s.log(since)))
        c.check(f"{name}: same workers", s.pid() == master and children(master) == workers and s.serves())
        s.kw.update(keep)
        s.configure()
    wait(lambda: refuses((HOST, extra)), "the other new port is not open")
    c.check("descriptors as before", fds(master) == n and sockets(master) == before, (n, fds(master)))
    c.lost_nothing("lost nothing", l.stop())
    s.reload()
    c.check("a good reload works after it", s.serves())
    taken.close()


def sockets(pid):
    """Inodes of the listening sockets that a process holds."""
    listening, found = set(), set()
    for t, state, inode in (("tcp", "0A", 9), ("tcp6", "0A", 9), ("unix", "00010000", 6)):
        try:
            with open(f"/proc/{pid}/net/{t}") as f:
                listening |= {x.split()[inode] for x in f.readlines()[1:] if state in x.split()[:7]}
        except OSError:
            pass
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            try:
                m = re.match(r"socket:\[(\d+)\]", os.readlink(f"/proc/{pid}/fd/{fd}"))
            except OSError:
                continue
            if m and m.group(1) in listening:
                found.add(m.group(1))
    except OSError:
        pass
    return found


@scenario
def reload_changes_log_files(c):
    s = c.server()
    master = s.start()
    # The main log goes to another file; the line that new workers are started is written there.
    s.configure(main="")
    text = open(f"{s.dir}/conf/nginx.conf").read().replace("error_log logs/error.log", "error_log logs/second.log")
    with open(f"{s.dir}/conf/nginx.conf", "w") as f:
        f.write(text)
    sig(master, HUP)
    wait(lambda: len(re.findall(r"start worker process \d", s.log(0, "second.log"))) == WORKERS, "lines in the new log")
    c.check("new log is used", s.serves())
    held = [os.readlink(f"/proc/{w}/fd/{x}") for w in [master] for x in os.listdir(f"/proc/{w}/fd")]
    c.check("the master closed the old one or uses it for stderr", sum("second.log" in h for h in held) >= 1, held)


def shrink(c, listen, kind, upgrade=False):
    """Connections wait in the queues of four workers while three of the four are told to go.

    No luck is needed: the workers are stopped, the connections made, the reload (or upgrade) done, and the
    workers continue once each has the message to quit waiting for it.
    """
    s = c.server(workers=4)
    s.configure(listen=f"listen {HOST}:{s.port}{listen};")
    lost = n = 0
    master = s.start()
    for k in range(3):
        if k:
            s.configure(workers=4)
            s.reload()
        wait(lambda: len(children(master)) == 4, "four workers")
        old = children(master)
        for w in old:
            sig(w, signal.SIGSTOP)
        wait(lambda: all((x := stat(w)) and x[0] == "T" for w in old), "workers stopped")
        waiting = []
        try:
            for _ in range(48):
                x = connect((HOST, s.port), 20)
                x.sendall(b"GET /1k HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                waiting.append(x)
            s.configure(workers=1)
            since = s.mark()
            # The master takes one signal after the other: when it answers a second one, it is through with the first.
            if upgrade:
                gone_master, master = s.usr2()
                for n_quit in (1, 2):
                    sig(gone_master, QUIT)
                    wait(lambda: gone(gone_master) or len(re.findall(rf" {gone_master}#\d+: signal 3 ", s.log(since))) >= n_quit, "QUIT heard")
            else:
                sig(master, HUP)
                s.workers_up(master, since)
                sig(master, USR1)
                s.said(rf" {master}#\d+: reopening logs", since)
        finally:
            for w in old:
                sig(w, signal.SIGCONT)
        for x in waiting:
            data, err = read_all(x)
            x.close()
            n += 1
            lost += split(data)[0] != 200 or split(data)[2] != pattern(1024)
        wait(lambda: all(gone(w) for w in old), "old workers gone")
        if upgrade:
            wait(lambda: gone(gone_master), "old master gone")
    c.check("waiting connections are answered", lost == 0, f"{lost} of {n} lost over 3 times", kind)


@scenario
def fewer_workers(c):
    """From four workers to one while connections wait: one queue for all of them."""
    shrink(c, "", "nginx")


@scenario
def fewer_workers_reuseport(c):
    """The same with a queue for each worker: nginx resets what waits in those of the leaving ones."""
    shrink(c, " reuseport", "ours")


@scenario
def other_workers_reuseport(c):
    """Two workers less, one more, one less, ..., and "reuseport" taken away while connections wait in each queue: nobody is lost."""
    s = c.server(workers=4)
    s.configure(listen=f"listen {HOST}:{s.port} reuseport;")
    master = s.start()
    wait(lambda: len(children(master)) == 4, "four workers")
    first = sockets(master)
    lost, n, held = {}, 0, []
    for step, (workers, more) in enumerate(((2, " reuseport"), (3, " reuseport"), (1, " reuseport"), (4, " reuseport"), (3, " reuseport"), (3, ""), (2, ""), (4, " reuseport"))):
        old = children(master)
        for w in old:
            sig(w, signal.SIGSTOP)
        wait(lambda: all((x := stat(w)) and x[0] == "T" for w in old), "workers stopped")
        waiting = []
        try:
            for _ in range(32):
                x = connect((HOST, s.port), 20)
                x.sendall(b"GET /1k HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                waiting.append(x)
            s.configure(workers=workers, listen=f"listen {HOST}:{s.port}{more};")
            since = s.mark()
            sig(master, HUP)
            s.workers_up(master, since)
            sig(master, USR1)
            s.said(rf" {master}#\d+: reopening logs", since)
        finally:
            for w in old:
                sig(w, signal.SIGCONT)
        for x in waiting:
            data, err = read_all(x)
            x.close()
            n += 1
            if split(data)[0] != 200 or split(data)[2] != pattern(1024):
                lost[step] = lost.get(step, 0) + 1
        wait(lambda: all(gone(w) for w in old), "old workers gone")
        held.append(len(sockets(master)))
    c.check("waiting connections are answered", not lost, f"{lost} by step, of {n}", "ours")
    c.check("the same four sockets all the way", sockets(master) == first, held, "ours")
    s.configure(listen=f"listen {HOST}:{(other := free_port())};")
    s.reload()
    wait(lambda: refuses((HOST, s.port)), "the address closed")
    c.check("closed when the address goes", len(sockets(master)) == 1 and s.serves(other), sockets(master))
    c.check("nothing but notices in the log", not re.search(r"\[(warn|error|crit|alert|emerg)\]", s.log()), s.plain(s.log())[-300:])


@scenario
def fewer_workers_upgrade(c):
    shrink(c, "", "nginx", True)


@scenario
def fewer_workers_reuseport_upgrade(c):
    shrink(c, " reuseport", "ours", True)


# ---- leaving

@scenario
def leaving_worker_finishes(c):
    """A request whose head is half sent, and a download, both begun before a reload, get whole answers after it."""
    s = c.server()
    s.big()
    master = s.start()
    half = connect((HOST, s.port), 60)
    half.sendall(b"GET /1k HTTP/1.1\r\nHost: loc")
    slow = connect((HOST, s.port), 60)
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    slow.sendall(b"GET /8m HTTP/1.1\r\nHost: localhost\r\n\r\n")
    got = slow.recv(65536)
    idle = connect((HOST, s.port), 60)
    idle.sendall(b"GET /1k HTTP/1.1\r\nHost: localhost\r\n\r\n")
    idle.recv(65536)
    wait(lambda: s.serves(), "answer")
    workers = children(master)
    s.reload()
    half.sendall(b"alhost\r\n\r\n")
    data, err = read_all(half)
    st, head, body = split(data)
    c.check("half a head: answered whole", err is None and st == 200 and body == pattern(1024), (st, err, len(body)))
    if c.bin.min_timeout:
        idle.sendall(b"GET /1k HTTP/1.1\r\nHost: localhost\r\n\r\n")
        data2, err2 = read_all(idle)
        st2, head2, body2 = split(data2)
        c.check("idle: answered once more, with Connection: close",
                err2 is None and st2 == 200 and body2 == pattern(1024) and "Connection: close" in head2, (st2, err2, head2[-60:]))
    c.check("still there while a download runs", not all(gone(w) for w in workers))
    data3, err3 = b"", None
    want = len(got)
    while True:
        b = slow.recv(1 << 20)
        if not b:
            break
        got += b
    st, head, body = split(got)
    c.check("download is whole", st == 200 and body == pattern(8 << 20), (st, len(body)))
    wait(lambda: all(gone(w) for w in workers), "old workers gone")
    c.check("old workers gone after it", True)


@scenario
def worker_shutdown_timeout(c):
    s = c.server(main="worker_shutdown_timeout 1s;")
    s.big()
    master = s.start()
    slow = connect((HOST, s.port), 60)
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    slow.sendall(b"GET /8m HTTP/1.1\r\nHost: localhost\r\n\r\n")
    slow.recv(1024)
    workers = children(master)
    t = time.monotonic()
    s.reload()
    wait(lambda: all(gone(w) for w in workers), "old workers gone though a client still reads")
    c.check("old workers gone", time.monotonic() - t >= 0.9, time.monotonic() - t)
    data, err = read_all(slow)
    c.check("the download was cut", len(data) < 8 << 20)
    c.check("the new ones serve", s.serves())


# ---- inherited sockets

def with_variable(s, value, fds=()):
    """Starts with NGINX=value; waits for a pid or an exit; (alive, exit code, normalised log)."""
    env = dict(os.environ, NGINX=value)
    s.popen = subprocess.Popen(s.argv(), env=env, pass_fds=fds, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def settled():
        return s.popen.poll() is not None or ((p := s.pid()) and re.search(rf" {p}#\d+: start worker process \d+(.|\n)*start worker process", s.log()))
    wait(settled, f"start or exit with NGINX={value}")


@scenario
def nginx_variable_bad_values(c):
    for value in ("", "x", "x;", "12x;", "-1;", "999;", ";", ";;", "99999999999999999999;", "998:999;", "998,999;", "0;", "7", " 7;"):
        s = c.server()
        with_variable(s, value)
        alive = s.popen.poll() is None
        c.fact(f"NGINX={value!r}", f"{'runs' if alive else f'exit {s.popen.returncode}'}\n" + s.plain(s.log()))
        if alive:
            c.check(f"serves with NGINX={value!r}", s.serves())
        s.end()


@scenario
def inherited_sockets(c):
    """A socket of ours is adopted, a second descriptor of the same is closed, one that the configuration doesn't name is closed."""
    s = c.server()

    def listener(port):
        x = socket.socket()
        x.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        x.bind((HOST, port))
        x.listen(100)
        return x

    a, b = listener(s.port), listener(bport := free_port())
    a2 = os.dup(a.fileno())
    plainfile = os.open("/dev/null", os.O_RDONLY)
    inode = os.fstat(a.fileno()).st_ino
    with_variable(s, f"{a.fileno()};{b.fileno()};{a2};{plainfile};", (a.fileno(), b.fileno(), a2, plainfile))
    a.close(), b.close(), os.close(a2), os.close(plainfile)
    pid = s.pid()
    c.check("serves on the adopted socket", pid and s.serves())
    held = sockets(pid)
    c.check("it is the same socket", str(inode) in held, held)
    c.check("a socket not configured is closed", refuses((HOST, bport)) and len(held) == 1, held)
    text = "\n".join(x for x in s.plain(s.log()).splitlines() if "using inherited" not in x)
    c.fact("log", re.sub(r"#\d+\b", "#FD", re.sub(r"socket \d+", "socket FD", text)))


@scenario
def upgrade_keeps_the_sockets(c):
    """Both generations hold the same listening sockets, of every kind; none is opened anew."""
    s = c.server()
    p6 = free_port()
    s.configure(listen=f"listen {HOST}:{s.port} reuseport backlog=77; listen {HOST}:{free_port()} deferred; "
                       f"listen [::1]:{p6} ipv6only=on; listen unix:{s.sock};")
    try:
        old = s.start()
    except Gave_up as e:
        if "[::1]" in str(e) or "Address family" in str(e):
            raise Skip("no IPv6 here") from None
        raise
    before = sockets(old)
    c.check("as many sockets as expected", len(before) == 3 + WORKERS, before)
    old, new = s.usr2()
    c.check("the same in the new one", sockets(new) == before, (before, sockets(new)))
    c.check("none bound anew", not re.search(r"bind\(\)|listen\(\)", s.log()), "")
    sig(old, QUIT)
    wait(lambda: gone(old), "old master gone")
    c.check("the same after the old one's end", sockets(new) == before and s.serves() and s.serves(unix=s.sock))


@scenario
def unix_socket_stays(c):
    s = c.server()
    s.configure(listen=f"listen {HOST}:{s.port}; listen unix:{s.sock};")
    s.start()
    l = c.load(s, "--mode", "new", "--connections", "2", "--rps", "200", addr=f"unix:{s.sock}")
    ino = os.stat(s.sock).st_ino
    for _ in range(2):
        s.upgrade()
        c.check("same file after an upgrade", os.path.exists(s.sock) and os.stat(s.sock).st_ino == ino)
    old, new = s.usr2()
    sig(new, QUIT)
    wait(lambda: gone(new), "new master gone")
    wait(lambda: s.pid() == old, "pid file back")
    c.check("same file after a roll back", os.path.exists(s.sock) and os.stat(s.sock).st_ino == ino)
    s.reload()
    c.check("same file after a reload", os.path.exists(s.sock) and os.stat(s.sock).st_ino == ino and s.serves(unix=s.sock))
    c.lost_nothing("lost nothing", l.stop())
    sig(old, QUIT)
    wait(lambda: gone(old), "gone")
    c.check("removed at the end", not os.path.exists(s.sock))


@scenario
def unix_socket_of_the_other_generation(c):
    """The new binary's configuration does not name it any more; the old one, back again, still serves on it."""
    s = c.server()
    s.configure(listen=f"listen {HOST}:{s.port}; listen unix:{s.sock};")
    old = s.start()
    s.configure(listen=f"listen {HOST}:{s.port};")
    old, new = s.usr2()
    c.check("still there beside the new one", os.path.exists(s.sock) and s.serves(unix=s.sock), kind="ours")
    sig(new, QUIT)
    wait(lambda: gone(new), "new master gone")
    wait(lambda: s.pid() == old, "pid file back")
    c.check("still there after the roll back", os.path.exists(s.sock) and s.serves(unix=s.sock), kind="ours")
    sig(old, QUIT)
    wait(lambda: gone(old), "gone")
    c.check("removed at the end", not os.path.exists(s.sock))


@scenario
def inherited_twice(c):
    """The same number twice, sockets of other types and families, and options: what is adopted, and what the log says."""
    for name in ("twice", "other type", "backlog", "reuseport", "IPv6"):
        s = c.server()
        six = name == "IPv6"
        a = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM if name == "other type" else socket.SOCK_STREAM)
        a.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        a.setblocking(False)
        if name == "reuseport":
            a.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if six:
            try:
                # for both families, while the configuration says ipv6only=on
                a.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                a.bind(("::1", s.port))
            except OSError:
                a.close()
                continue
            s.configure(listen=f"listen [::1]:{s.port};")
        else:
            a.bind((HOST, s.port))
        if name != "other type":
            a.listen(100)
        if name == "backlog":
            s.configure(listen=f"listen {HOST}:{s.port} backlog=99 deferred;")
        inode = str(os.fstat(a.fileno()).st_ino)
        fd = a.fileno()
        # nginx closes a number that comes twice, and its workers cannot use it
        with_variable(s, f"{fd};{fd};" if name == "twice" else f"{fd};", (fd,))
        a.close()
        pid = s.pid()
        if name == "twice":
            c.check("twice: serves", pid and s.serves(), kind="ours")
            s.end()
            continue
        c.fact(name, "\n".join(x.replace(f"{fd};", "FD;") for x in s.plain(s.log()).splitlines() if "worker process" not in x)
               + f"\nadopted: {inode in sockets(pid) if pid else None}")
        c.check(f"{name}: serves", pid and (s.serves() if not six else not refuses(("::1", s.port))))
        s.end()


# ---- signals and modes

@scenario
def reopen_logs(c):
    s = c.server()
    if c.bin.has_access_log:
        s.configure(server="access_log logs/access.log;")
    master = s.start()
    s.serves()
    names = ["error.log"] + (["access.log"] if c.bin.has_access_log else [])
    for n in names:
        os.rename(f"{s.dir}/logs/{n}", f"{s.dir}/logs/{n}.1")
    sig(master, USR1)
    wait(lambda: all(os.path.exists(f"{s.dir}/logs/{n}") for n in names), "new log files")
    wait(lambda: all(not any(os.readlink(f"/proc/{p}/fd/{x}").endswith(".1") for x in os.listdir(f"/proc/{p}/fd"))
                     for p in [master, *children(master)]), "nobody writes to the old files")
    c.fact("owner and mode", "\n".join(f"{n} {os.stat(f'{s.dir}/logs/{n}').st_uid} {os.stat(f'{s.dir}/logs/{n}').st_mode:o}" for n in names))
    c.check("serves", s.serves())
    if c.bin.has_access_log:
        wait(lambda: "GET /1k" in s.log(0, "access.log"), "a line in the new access log")
        c.check("written to the new file", True)
    s.serves(path="/nowhere")
    c.check("errors too", wait(lambda: "nowhere" in s.log(), "a line in the new error log"))


@scenario
def dash_s(c):
    s = c.server()
    r = s.run("-s", "reload")
    c.fact("-s reload without a server", f"{r.returncode}\n{s.plain(r.text)}")
    r = s.run("-s", "nonsense")
    c.fact("-s nonsense", f"{r.returncode}\n{s.plain(r.text)}")
    master = s.start()
    since = s.mark()
    r = s.run("-s", "reload")
    c.check("-s reload", r.returncode == 0 and s.reload_seen(since, master), r.text)
    os.rename(f"{s.dir}/logs/error.log", f"{s.dir}/logs/error.log.1")
    r = s.run("-s", "reopen")
    wait(lambda: "reopening logs" in s.log() or "reopening logs" in s.log(0, "error.log.1"), "reopened")
    c.check("-s reopen", r.returncode == 0)
    r = s.run("-s", "quit")
    wait(lambda: gone(master), "gone")
    c.check("-s quit", r.returncode == 0 and s.pid() is None and refuses((HOST, s.port)))
    master = s.start()
    r = s.run("-s", "stop")
    wait(lambda: gone(master), "gone")
    c.check("-s stop", r.returncode == 0 and s.pid() is None)
    with open(f"{s.dir}/logs/nginx.pid", "w") as f:
        f.write("nonsense\n")
    r = s.run("-s", "quit")
    c.fact("-s quit with a bad pid file", f"{r.returncode}\n{s.plain(r.text)}")
    with open(f"{s.dir}/logs/nginx.pid", "w") as f:
        f.write("")
    r = s.run("-s", "quit")
    c.fact("-s quit with an empty pid file", f"{r.returncode}\n{s.plain(r.text)}")


def _reload_seen(self, since, master):
    self.said(rf" {master}#\d+: reconfiguring", since)
    self.workers_up(master, since)
    return True


Server.reload_seen = _reload_seen


@scenario
def foreground(c):
    s = c.server(daemon=False)
    master = s.start()
    c.check("stays in the foreground", master == s.popen.pid)
    s.reload()
    c.check("HUP", s.serves() and s.pid() == master)
    since = s.mark()
    sig(master, WINCH)
    sig(master, USR2)
    s.said(r"signal 12 .*ignoring", since)
    c.check("WINCH and USR2 are ignored", s.serves() and not os.path.exists(f"{s.dir}/logs/nginx.pid.oldbin") and len(children(master)) >= WORKERS)
    c.fact("log", s.plain("\n".join(x for x in s.log(since).splitlines() if "signal 12" in x or "older" in x or "you should" in x)))
    sig(master, USR1)
    s.said("reopening logs", since)
    sig(master, QUIT)
    c.check("QUIT, exit code 0", s.popen.wait(LIMIT) == 0)
    c.check("no pid file left", s.pid() is None)
    master = s.start()
    sig(master, TERM)
    c.check("TERM, exit code 0", s.popen.wait(LIMIT) == 0)


def ended(s):
    """The exit code. One process alone, nginx's as ours, overlooks a signal that comes between its look at the flags and epoll_wait(): a connection wakes it."""
    wait(lambda: s.popen.poll() is not None or refuses((HOST, s.port)) and False, "its end", step=0.02)
    return s.popen.returncode


@scenario
def single_process(c):
    s = c.server(daemon=False, master=False)
    pid = s.start()
    c.check("one process", pid == s.popen.pid and children(pid) == [])
    since = s.mark()
    s.configure(raw="nonsense;")
    sig(pid, HUP)
    s.said("unknown directive", since)
    c.check("failing HUP", s.serves())
    s.configure(raw="")
    os.rename(f"{s.dir}/logs/error.log", f"{s.dir}/logs/error.log.1")
    sig(pid, USR1)
    wait(lambda: os.path.exists(f"{s.dir}/logs/error.log"), "new log")
    c.check("USR1", s.serves())
    sig(pid, USR2)
    s.said("signal 12 ")
    s.said("you should shutdown")
    sig(pid, WINCH)
    s.said("signal 28 ")
    c.check("USR2 and WINCH change nothing", s.serves() and not os.path.exists(f"{s.dir}/logs/nginx.pid.oldbin"))
    sig(pid, QUIT)
    c.check("QUIT, exit code 0", ended(s) == 0 and s.pid() is None)
    c.fact("log", s.plain(s.log(0, "error.log.1") + s.log()))
    pid = s.start()
    sig(pid, TERM)
    c.check("TERM, exit code 0", ended(s) == 0 and s.pid() is None)
    pid = s.start()
    since = s.mark()
    sig(pid, HUP)
    s.said(r": reconfiguring$", since)
    # nginx 1.31.5 sets up its events a second time here, and answers nobody any more.
    try:
        ok = wait(s.serves, "answer", 3)
    except Gave_up:
        ok = False
    c.check("serves after HUP", ok, kind="note")


# ---- promised beyond nginx

def usr2_and_quit(master, together):
    """Both signals, one right behind the other; `together`: the master is stopped until both are there."""
    if together:
        sig(master, signal.SIGSTOP)
        wait(lambda: (x := stat(master)) and x[0] == "T", "master stopped")
    sig(master, USR2)
    sig(master, QUIT)
    if together:
        sig(master, signal.SIGCONT)


@scenario
def usr2_directly_followed_by_quit(c):
    """nginx handles the quit first, and is gone."""
    tries = c.opts.tries or (1000 if c.opts.long else 6)
    dead = 0
    s = c.server()
    s.start()
    l = c.load(s, limit=60 + tries * 3)
    for k in range(tries):
        old = s.pid()
        usr2_and_quit(old, k % 2 == 0)
        wait(lambda: gone(old), "old master gone", LIMIT * 2)

        def up():
            p = s.pid()
            return p and p != old and not gone(p) and children(p)
        try:
            wait(lambda: up() or not s.processes(), "a new master, or nobody")
        except Gave_up:
            pass
        if not up() or not s.serves():
            dead += 1
            if dead >= 3 and not c.opts.long or dead >= 20:
                c.check(f"alive after each of {tries} tries", False, f"{dead} dead servers, given up", "ours")
                l.stop()
                return
            shutil.rmtree(f"{s.dir}/logs")
            os.mkdir(f"{s.dir}/logs")
            s.start()
        else:
            s.workers_up(s.pid())
    c.check(f"alive after each of {tries} tries", dead == 0, f"{dead} dead servers", "ours")
    c.lost_nothing("lost nothing", l.stop(), "ours")


@scenario
def usr2_quit_and_the_new_one_fails(c):
    """Asked to upgrade and to quit, with a new binary that does not start: the old one serves on and says so."""
    s = c.server()
    old = s.start()
    s.point(shutil.which("false"))
    since = s.mark()
    usr2_and_quit(old, True)
    try:
        wait(lambda: gone(old) or re.search(r"new binary process \d+ exited", s.log(since)), "an end")
        wait(lambda: gone(old) or not os.path.exists(f"{s.dir}/logs/nginx.pid.oldbin"), "pid file back")
    except Gave_up:
        pass
    c.check("the old one serves on", not gone(old) and s.serves() and s.pid() == old, kind="ours")
    c.check("the log says so", re.search(r"new binary process \d+ exited (with code 1|on signal)", s.log(since)), kind="ours")
    if not gone(old):
        sig(old, QUIT)
        wait(lambda: gone(old), "a QUIT alone still ends it")
        c.check("a QUIT alone still ends it", True, kind="ours")


def script(s, text):
    """A binary of our making under the server's path."""
    path = f"{s.dir}/bin/script"
    with open(path, "w") as f:
        f.write(f"#!/bin/sh\n{text}\n")
    os.chmod(path, 0o755)
    s.point(path)


@scenario
def quit_just_after_the_new_one_failed(c):
    """A binary that fails at once is faster than a second kill: the QUIT is dropped too, the next one is not."""
    for bad in ("/nonexistent/nginx", shutil.which("false")):
        s = c.server()
        # the QUIT has a second to arrive, and a slow machine three tries
        for _ in range(3):
            old = s.start()
            s.point(bad)
            since = s.mark()
            sig(old, USR2)
            while "new binary process" not in (x := s.log(since)) or "exited with code" not in x:
                time.sleep(0.001)
            sig(old, QUIT)
            try:
                wait(lambda: gone(old) or "the shutdown signal is dropped" in s.log(since), "an end", 5)
            except Gave_up:
                pass
            s.point(c.bin.path)
            if not gone(old):
                break
        c.check("the old one serves on", not gone(old) and s.serves() and s.pid() == old, kind="ours")
        sig(old, QUIT)
        wait(lambda: gone(old), "the next QUIT ends it", 5)
        s.end()


@scenario
def quit_while_the_new_one_starts(c):
    """QUIT comes a moment after USR2: the new binary takes half a second to start, and then serves, or fails."""
    s = c.server()
    old = s.start()
    l = c.load(s)
    for how in ("exit 1", 'exec "$@"'):
        since = s.mark()
        script(s, "sleep 0.5; " + ("exit 1" if how == "exit 1" else f'exec {c.bin.path} "$@"'))
        sig(old, USR2)
        s.said(r"start new binary process \d+", since)
        sig(old, QUIT)
        if how == "exit 1":
            wait(lambda: gone(old) or re.search(r"new binary process \d+ exited", s.log(since)), "an end")
            try:
                wait(lambda: not gone(old) and s.pid() == old, "pid file back", 2)
            except Gave_up:
                pass
            ok = not gone(old) and s.serves()
            c.check("it fails: the old one serves on", ok, kind="ours")
            if not ok:
                l.stop()
                return
            s.said("the shutdown signal is dropped", since)
        else:
            wait(lambda: gone(old), "old master gone")
            wait(lambda: (p := s.pid()) and not gone(p), "new master")
            c.check("it starts: the old one goes", s.serves(), kind="ours")
    c.lost_nothing("lost nothing", l.stop(), "ours")


@scenario
def quit_and_the_new_workers_fail(c):
    """The new master stands, but its workers exit with the fatal code 2, so it has none: the old one does not go."""
    s = c.server(main=f"working_directory {tempfile.gettempdir()};")
    gonedir = f"{s.dir}/wd"
    os.mkdir(gonedir)
    s.configure(main=f"working_directory {gonedir};")
    old = s.start()
    os.rmdir(gonedir)
    since = s.mark()
    sig(old, USR2)
    new = wait(lambda: (p := s.pid()) and p != old and p, "new master")
    s.said("cannot be respawned", since)
    sig(old, QUIT)
    try:
        wait(lambda: gone(old), "old master gone", 1)
    except Gave_up:
        pass
    ok = not gone(old) and s.serves()
    c.check("the old one serves on", ok, kind="ours")
    if ok:
        sig(new, TERM)
        s.said("the shutdown signal is dropped", since)
        wait(lambda: s.pid() == old, "pid file back")
        c.check("and so when the new one is ended", s.serves() and not gone(old), kind="ours")


@scenario
def usr2_and_quit_to_the_other_binary(c):
    """The new binary is nginx (for the reference: ours). It says nothing; its pid file does."""
    if c.bin is c.other:
        raise Skip("no reference")
    s = c.server()
    s.bin = both(c)
    s.configure()
    old = s.start()
    ok = True
    for k in range(4):
        s.point(c.other.path)
        usr2_and_quit(old, k % 2 == 0)
        wait(lambda: gone(old), "old master gone")
        wait(lambda: (p := s.pid()) and p != old and not gone(p) or not s.processes(), "a new master, or nobody")
        ok = bool(s.processes()) and s.serves()
        if not ok:
            break
        s.workers_up(s.pid())
        s.point(c.bin.path)
        old = s.upgrade()
    c.check("alive after each", ok, kind="ours")


@scenario
def upgrade_that_cannot_be_started(c):
    """The pid file is gone, so it cannot be renamed and nothing is executed: a reload is a reload after it."""
    s = c.server()
    master = s.start()
    os.unlink(f"{s.dir}/logs/nginx.pid")
    since = s.mark()
    sig(master, USR2)
    s.said(r"rename\(\) .* failed .*before executing new binary", since)
    since = s.mark()
    sig(master, HUP)
    s.said(r"start worker process \d+", since)
    c.check("HUP reads the configuration", re.search(r": reconfiguring$", s.log(since), re.M), kind="ours")
    since = s.mark()
    usr2_and_quit(master, True)
    try:
        s.said("the shutdown signal is dropped|: exit$", since)
    except Gave_up:
        pass
    c.check("USR2 and QUIT: serves on", not gone(master) and s.serves(), kind="ours")


class Inotify:
    """The names made, changed or moved in a directory, in their order."""
    CREATE, MODIFY, MOVED_TO = 0x100, 0x2, 0x80

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        libc.inotify_add_watch(self.fd, path.encode(), self.CREATE | self.MODIFY | self.MOVED_TO)

    def read(self):
        out = []
        while select.select([self.fd], [], [], 0)[0]:
            b = os.read(self.fd, 65536)
            while b:
                _, mask, _, n = struct.unpack("iIII", b[:16])
                out.append((mask, b[16:16 + n].rstrip(b"\0").decode()))
                b = b[16 + n:]
        return out

    def close(self):
        os.close(self.fd)


@scenario
def pid_file_is_never_empty(c):
    """It appears under its name by a rename, with its content; nobody can read an empty one."""
    s = c.server()
    w = Inotify(f"{s.dir}/logs")
    s.start()
    s.reload()
    s.upgrade()
    ev = [m for m, n in w.read() if n == "nginx.pid"]
    w.close()
    made = [m for m in ev if m & Inotify.CREATE or m & Inotify.MODIFY]
    c.check("only renamed into place", ev and not made, f"{len(made)} created or written under its name", "ours")


@scenario
def daemon_returns_when_up(c):
    s = c.server()
    early = 0
    # setsid() is what the detached process does first; held up there, it can't have written anything yet.
    slowly = ["strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=setsid", "-e", "inject=setsid:delay_enter=200000"]
    if not shutil.which("strace"):
        slowly = []
    for _ in range(3):
        subprocess.run([*slowly, *s.argv()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=LIMIT)
        pid = s.pid()
        early += not (pid and not gone(pid))
        wait(lambda: (p := s.pid()) and not gone(p), "pid file")
        pid = s.pid()
        s.workers_up(pid)
        sig(pid, QUIT)
        wait(lambda: gone(pid), "gone")
    c.check("pid file is there when the starter returns", early == 0, f"{early} of 3 too early", "ours")


@scenario
def test_leaves_nothing_behind(c):
    s = c.server()
    r = s.run("-t")
    c.check("-t succeeds", r.returncode == 0, r.text)
    c.check("no pid file", not os.path.exists(f"{s.dir}/logs/nginx.pid"), kind="ours")
    r = s.run("-t", "-g", "pid logs/other.pid;") if False else s.run("-T")
    c.check("-T: no pid file", r.returncode == 0 and not os.path.exists(f"{s.dir}/logs/nginx.pid"), kind="ours")


@scenario
def reload_and_wait(c):
    """-s reload -w: back when the new workers serve; non-zero with the reason when they don't."""
    s = c.server()
    master = s.start()
    for _ in range(3):
        old = children(master)
        extra = free_port()
        s.configure(listen=f"listen {HOST}:{s.port}; listen {HOST}:{extra};")
        r = s.run("-s", "reload", "-w")
        ok = r.returncode == 0 and s.serves(extra) and set(children(master)) - set(old)
        c.check("new configuration serves when it returns", ok, s.plain(r.text)[-200:], "ours")
        if not ok:
            return
    s.configure(raw="no_such_directive;")
    r = s.run("-s", "reload", "-w")
    c.check("bad config: non-zero and why", r.returncode != 0 and "no_such_directive" in r.text, r.text[-200:], "ours")
    s.configure(raw="")
    taken = socket.socket()
    taken.bind((HOST, tport := free_port()))
    taken.listen(5)
    s.configure(listen=f"listen {HOST}:{s.port}; listen {HOST}:{tport};")
    r = s.run("-s", "reload", "-w")
    c.check("taken port: non-zero and why", r.returncode != 0 and re.search(r"bind|in use", r.text), r.text[-200:], "ours")
    taken.close()


@scenario
def planted_link_is_not_followed(c):
    """A log directory that the worker user can write, and a link there that points at a file of root's."""
    if os.getuid() != 0:
        raise Skip("needs root")
    s = c.server()
    master = s.start()
    os.chown(f"{s.dir}/logs", 65534, 65534)
    victim = f"{s.dir}/victim"
    with open(victim, "w") as f:
        f.write("mine\n")
    os.chmod(victim, 0o600)
    os.rename(f"{s.dir}/logs/error.log", f"{s.dir}/logs/error.log.1")
    os.symlink(victim, f"{s.dir}/logs/error.log")
    os.lchown(f"{s.dir}/logs/error.log", 65534, 65534)
    since = s.mark()
    sig(master, USR1)
    wait(lambda: "reopening logs" in s.log(0, "error.log.1"), "reopened")
    s.serves(path="/nowhere")
    s.run("-s", "reopen")
    try:
        wait(lambda: os.stat(victim).st_uid != 0 or os.path.getsize(victim) > 5, "the victim touched", 2)
        touched = True
    except Gave_up:
        touched = False
    c.check("the file behind the link is left alone", not touched, (os.stat(victim).st_uid, os.path.getsize(victim)), "ours")
    c.check("serves on", s.serves())


@scenario
def systemd_sockets(c):
    """LISTEN_FDS: descriptors from 3 on, and LISTEN_PID is the process itself."""
    s = c.server(daemon=False)
    a = socket.socket()
    a.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    a.bind((HOST, s.port))
    a.listen(100)
    inode = str(os.fstat(a.fileno()).st_ino)
    script = 'exec 3<&%d; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"' % a.fileno()
    s.popen = subprocess.Popen(["bash", "-c", script, "x", *s.argv()], pass_fds=(a.fileno(),),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(lambda: s.popen.poll() is not None or (s.pid() and children(s.pid())), "start or exit")
    except Gave_up:
        pass
    a.close()
    alive = s.popen.poll() is None
    c.check("adopted", alive and s.serves() and inode in sockets(s.pid()), "exited" if not alive else "", "ours")


@scenario
def systemd_sockets_stay(c):
    """A unix socket of systemd's is never unlinked: not by a reload without it, not by an upgrade, not at the end."""
    s = c.server()
    a = socket.socket(socket.AF_UNIX)
    a.bind(s.sock)
    a.listen(100)
    os.chmod(s.sock, 0o666)
    both = f"listen {HOST}:{s.port}; listen unix:{s.sock};"
    s.configure(listen=both)

    def start():
        b = socket.socket()
        b.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        b.bind((HOST, s.port))
        b.listen(100)
        fds = [fcntl.fcntl(x, fcntl.F_DUPFD, 20) for x in (a, b)]
        b.close()
        script = 'exec 3<&%d 4<&%d; export LISTEN_FDS=2 LISTEN_PID=$$; exec "$@"' % tuple(fds)
        # with "daemon on" the sockets are adopted before the process detaches
        r = subprocess.run(["bash", "-c", script, "x", *s.argv()], pass_fds=fds, timeout=LIMIT,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for x in fds:
            os.close(x)
        if r.returncode == 0:
            wait(lambda: s.pid() and not gone(s.pid()), "pid file")
            s.workers_up(s.pid())
        return r.returncode == 0

    if not start():
        c.check("adopted", False, s.plain(s.log())[-200:], "ours")
        a.close()
        return
    c.check("adopted", s.serves() and s.serves(unix=s.sock), kind="ours")
    c.check("they do not block", all(s.serves() for _ in range(20)), kind="ours")
    s.configure(listen=f"listen {HOST}:{s.port};")
    s.reload()
    c.check("there after a reload without it", os.path.exists(s.sock), kind="ours")
    sig(s.pid(), QUIT)
    wait(lambda: not s.pid(), "end")
    s.configure(listen=both)
    start()
    new = s.upgrade()
    c.check("serves after an upgrade", s.serves(unix=s.sock), kind="ours")
    sig(new, QUIT)
    wait(lambda: gone(new), "end")
    c.check("there at the end", os.path.exists(s.sock), kind="ours")
    a.close()


@scenario
def systemd_variables_of_others(c):
    """LISTEN_PID names another process, or there is no sense in LISTEN_FDS: as if they were not there."""
    for fdn, pid in (("1", "1"), ("x", None), ("0", None), ("-1", None), ("99999999999999999999", None), ("", None)):
        s = c.server(daemon=False)
        script = f'export LISTEN_FDS={fdn} LISTEN_PID={pid or "$$"}; exec "$@"'
        s.popen = subprocess.Popen(["bash", "-c", script, "x", *s.argv()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait(lambda: s.pid(), "pid file")
        s.workers_up(s.pid())
        wait(lambda: s.serves(), "answer")
        c.fact(f"LISTEN_FDS={fdn!r}", s.plain(s.log()))
        s.end()


@scenario
def systemd_foreground_upgrade(c):
    """Under systemd the main process is in the foreground: USR2, WINCH, the roll back and the roll forward work there too."""
    s = c.server(daemon=False)
    n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    n.bind(f"{s.dir}/notify")
    n.settimeout(0.1)
    seen = []

    def heard(*words):
        end = time.monotonic() + 5
        while time.monotonic() < end:
            if any(all(w in m for w in words) for m in seen):
                return True
            try:
                seen.append(n.recv(4096).decode())
            except OSError:
                pass
        return False

    s.spawn(env=dict(os.environ, NOTIFY_SOCKET=f"{s.dir}/notify"))
    wait(lambda: s.pid() and not gone(s.pid()), "pid file")
    old = s.pid()
    s.workers_up(old)
    ready = heard("READY=1", f"MAINPID={old}")
    c.check("READY", ready, seen, "ours")
    if not ready:
        return
    old, new = s.usr2()
    sig(old, WINCH)
    wait(lambda: [x for x in children(old) if x != new] == [], "old workers gone")
    since = s.mark()
    sig(old, HUP)
    s.workers_up(old, since)
    sig(new, QUIT)
    wait(lambda: gone(new), "new master gone")
    wait(lambda: s.pid() == old, "pid file back")
    c.check("the new one says nothing as long as the old one lives", not any("STOPPING" in m or str(new) in m for m in seen), seen, "ours")
    seen.clear()
    since = s.mark()
    usr2_and_quit(old, True)
    wait(lambda: gone(old), "old master gone")
    wait(lambda: (p := s.pid()) and p != old and not gone(p), "new master")
    new = s.pid()
    c.check("MAINPID, and no STOPPING", heard(f"MAINPID={new}") and not any("STOPPING" in m for m in seen) and s.serves(), seen, "ours")
    seen.clear()
    s.configure(raw="nonsense;")
    sig(new, HUP)
    c.check("a failing reload: RELOADING, then READY", heard("RELOADING=1", "MONOTONIC_USEC=") and heard("READY=1"), seen, "ours")
    s.configure(raw="")
    seen.clear()
    sig(new, TERM)
    c.check("STOPPING", heard("STOPPING=1"), seen, "ours")


@scenario
def systemd_notify(c):
    s = c.server()
    n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    n.bind(f"{s.dir}/notify")
    n.settimeout(0.1)
    os.chmod(f"{s.dir}/notify", 0o777)
    seen = []

    def heard(*words):
        end = time.monotonic() + 5
        while time.monotonic() < end:
            if any(all(w in m for w in words) for m in seen):
                return True
            try:
                seen.append(n.recv(4096).decode())
            except OSError:
                pass
        return False

    r = s.run(env=dict(os.environ, NOTIFY_SOCKET=f"{s.dir}/notify"))
    c.check("READY", r.returncode == 0 and heard("READY=1"), seen, "ours")
    if not seen:
        return
    s.said("start worker process")
    seen.clear()
    s.reload()
    c.check("RELOADING, then READY", heard("RELOADING=1") and heard("READY=1"), seen, "ours")
    seen.clear()
    new = s.upgrade()
    c.check("MAINPID of the new one", heard(f"MAINPID={new}"), seen, "ours")
    seen.clear()
    sig(new, QUIT)
    c.check("STOPPING", heard("STOPPING=1"), seen, "ours")


# ---- each state, each step

def pid_files(s, names):
    """The pid files as they stand, with the processes' names for their numbers."""
    found = []
    for n in sorted(os.listdir(f"{s.dir}/logs")):
        if "pid" in n:
            with open(f"{s.dir}/logs/{n}") as f:
                text = f.read()
            found.append(f"{n}: {names.get(text.strip(), 'somebody')}{'' if text.endswith(chr(10)) else ' without a newline'}")
    return ", ".join(found)


@scenario
def pid_files_at_every_step(c):
    """Which files there are and whose numbers stand in them, from the start to the end, with another name in between."""
    s = c.server()
    a = s.start()
    names, story = {str(a): "A"}, []

    def step(what):
        story.append(f"{what}: {pid_files(s, names)}")

    step("started")
    s.reload()
    step("reloaded")
    _, b = s.usr2()
    names[str(b)] = "B"
    step("USR2 to A")
    sig(a, WINCH)
    wait(lambda: children(a) == [b], "A's workers gone")
    step("WINCH to A")
    since = s.mark()
    sig(a, HUP)
    s.workers_up(a, since)
    step("HUP to A")
    sig(b, QUIT)
    wait(lambda: gone(b) and s.pid() == a, "B gone")
    step("QUIT to B")
    _, d = s.usr2()
    names[str(d)] = "D"
    step("USR2 to A again")
    sig(a, QUIT)
    wait(lambda: gone(a), "A gone")
    step("QUIT to A")
    # A reload gives the file another name; then an upgrade, whose new binary reads a third one.
    text = open(f"{s.dir}/conf/nginx.conf").read()

    def pid_name(name):
        with open(f"{s.dir}/conf/nginx.conf", "w") as f:
            f.write(text.replace("pid logs/nginx.pid;", f"pid logs/{name};"))

    pid_name("second.pid")
    since = s.mark()
    sig(d, HUP)
    s.workers_up(d, since)
    step("HUP to D, another name")
    pid_name("third.pid")
    since = s.mark()
    sig(d, USR2)
    e = wait(lambda: s.pid("third.pid"), "E's pid file")
    s.workers_up(e, since)
    names[str(e)] = "E"
    step("USR2 to D, a third name")
    sig(e, TERM)
    wait(lambda: gone(e) and s.pid("second.pid") == d, "E gone")
    step("TERM to E")
    since = s.mark()
    sig(d, USR2)
    e = wait(lambda: s.pid("third.pid"), "E's pid file")
    s.workers_up(e, since)
    names[str(e)] = "E"
    sig(d, TERM)
    wait(lambda: gone(d), "D gone")
    step("USR2 to D, TERM to D")
    sig(e, QUIT)
    wait(lambda: gone(e), "E gone")
    step("QUIT to E")
    c.fact("pid files", "\n".join(story))


@scenario
def terminate_in_every_state(c):
    """TERM and INT end a master at once and leave the other generation alone, whatever was going on."""
    for what in ("QUIT, a worker busy", "WINCH", "WINCH and HUP", "two generations, the old", "two generations, the new", "WINCH, the new"):
        s = c.server()
        s.big()
        a = s.start()
        signo = TERM if "," in what else signal.SIGINT
        other, x = None, a
        if what.startswith("QUIT"):
            slow = connect((HOST, s.port), 60)
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
            slow.sendall(b"GET /8m HTTP/1.1\r\nHost: localhost\r\n\r\n")
            slow.recv(1024)
            since = s.mark()
            sig(a, QUIT)
            s.said("gracefully shutting down", since)
            wait(lambda: refuses((HOST, s.port)), "sockets closed")
        elif what.startswith("WINCH") and "new" not in what:
            sig(a, WINCH)
            wait(lambda: children(a) == [], "workers gone")
            if "HUP" in what:
                since = s.mark()
                sig(a, HUP)
                s.workers_up(a, since)
        else:
            a, b = s.usr2()
            if what.startswith("WINCH"):
                sig(a, WINCH)
                wait(lambda: children(a) == [b], "A's workers gone")
            x, other = (b, a) if "new" in what else (a, b)
        mine = [w for w in children(x) if w != other]
        sig(x, signo)
        wait(lambda: gone(x) and all(gone(w) for w in mine), f"{what}: ended", 10)
        if other:
            # an old one without workers starts them again
            wait(lambda: [w for w in children(other)], "its workers")
            wait(lambda: s.pid() == other, "its pid file")
            c.check(f"{what}: the other serves", not gone(other) and s.serves())
        else:
            c.check(f"{what}: nothing left", s.processes() == [] and refuses((HOST, s.port)))
        c.fact(what, pid_files(s, {str(other): "the other"}))
        s.end()


@scenario
def winch_without_an_upgrade(c):
    """The workers go, the sockets stay; HUP reads the configuration, as in nginx, since there is no new binary."""
    s = c.server()
    a = s.start()
    sig(a, WINCH)
    wait(lambda: children(a) == [], "workers gone")
    x = connect((HOST, s.port), 20)
    x.sendall(b"GET /1k HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    since = s.mark()
    sig(a, HUP)
    s.workers_up(a, since)
    data, err = read_all(x)
    c.check("who came meanwhile is answered", split(data)[2] == pattern(1024), err)
    c.check("it was read", re.search(": reconfiguring$", s.log(since), re.M))
    c.check("an upgrade works after it", s.upgrade() != a and s.serves())


@scenario
def upgrade_signal_to_a_master_that_quits(c):
    """QUIT, a worker is still busy, then USR2: too late. It ends when the worker does."""
    s = c.server()
    s.big()
    a = s.start()
    slow = connect((HOST, s.port), 60)
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    slow.sendall(b"GET /8m HTTP/1.1\r\nHost: localhost\r\n\r\n")
    slow.recv(1024)
    since = s.mark()
    sig(a, QUIT)
    s.said("gracefully shutting down", since)
    wait(lambda: refuses((HOST, s.port)), "sockets closed")
    sig(a, USR2)
    s.said("changing binary", since)
    # it takes one signal after the other
    sig(a, USR1)
    s.said(rf" {a}#\d+: signal 10 ", since)
    slow.close()
    try:
        wait(lambda: gone(a), "its end", 3)
    except Gave_up:
        pass
    c.check("it ended", gone(a) and s.processes() == [], s.plain(s.log(since))[-900:])
    c.check("no new binary", "start new binary process" not in s.log(since))


@scenario
def single_process_daemon(c):
    """master_process off, daemon on: USR2 and WINCH are taken, and nobody looks at them."""
    s = c.server(master=False)
    a = s.start()
    since = s.mark()
    for n in (USR2, WINCH, USR1, QUIT):
        sig(a, n)
        s.said(rf" {a}#\d+: signal {int(n)} ", since)
    wait(lambda: gone(a) or refuses((HOST, s.port)) and False, "its end", step=0.02)
    c.check("no pid file left", pid_files(s, {}) == "", pid_files(s, {}))
    c.check("no new binary", "start new binary" not in s.log(since))


# ---- what a new binary can do wrong

@scenario
def new_binary_hangs(c):
    """It says that it knows the handshake, and then nothing: QUIT waits as long as it lives, and is dropped when it dies. TERM is obeyed."""
    s = c.server()
    a = s.start()
    l = c.load(s)
    for end in ("killed", "TERM"):
        script(s, "echo 1 >&0; exec sleep 60")
        since = s.mark()
        sig(a, USR2)
        s.said(r"start new binary process \d+", since)
        hung = int(re.search(r"start new binary process (\d+)", s.log(since)).group(1))
        wait(lambda: b"sleep" in open(f"/proc/{hung}/cmdline", "rb").read(), "sleep")
        sig(a, QUIT)
        try:
            s.said("the shutdown waits until the new binary process", since, 3)
        except Gave_up:
            c.check("QUIT waits", False, kind="ours")
            sig(hung, KILL)
            l.stop()
            return
        c.check("QUIT waits", not gone(a) and s.serves(), kind="ours")
        sig(a, USR2)
        s.said("the changing binary signal is ignored", since)
        if end == "killed":
            sig(hung, KILL)
            s.said("the shutdown signal is dropped", since)
            wait(lambda: s.pid() == a, "pid file back")
            c.check("dropped when it is killed", not gone(a) and s.serves() and not os.path.exists(f"{s.dir}/logs/nginx.pid.oldbin"), kind="ours")
        else:
            c.lost_nothing("lost nothing", l.stop(), "ours")
            sig(a, TERM)
            wait(lambda: gone(a), "its end")
            c.check("TERM is obeyed", True, kind="ours")
            sig(hung, KILL)


@scenario
def new_binary_ends_after_it_served(c):
    """The old master waits without workers, and the new one is killed, or ends: the old one starts its workers, and has its pid file."""
    s = c.server()
    a = s.start()
    for n in (KILL, TERM):
        _, b = s.usr2()
        c.check("the new one serves", s.serves())
        sig(a, WINCH)
        wait(lambda: children(a) == [b], "A's workers gone")
        theirs = children(b)
        since = s.mark()
        sig(b, n)
        wait(lambda: gone(b), "B gone")
        wait(lambda: s.pid() == a, "pid file back")
        s.workers_up(a, since)
        c.check("the old one serves", len(children(a)) == WORKERS and s.serves() and not os.path.exists(f"{s.dir}/logs/nginx.pid.oldbin"))
        if n == KILL:
            try:
                wait(lambda: all(gone(w) for w in theirs), "its workers gone", 2)
            except Gave_up:
                pass
            c.check("nobody left of the killed one", all(gone(w) for w in theirs), kind="ours")
            for w in theirs:
                sig(w, KILL)
    c.check("an upgrade works after it", s.upgrade() != a and s.serves())


@scenario
def new_binary_is_not_executable(c):
    def bad(s):
        path = f"{s.dir}/bin/text"
        with open(path, "w") as f:
            f.write("no program\n")
        os.chmod(path, 0o644)
        s.point(path)
    failing_upgrade(c, "mode", bad, lambda s: s.point(c.bin.path), "1")


@scenario
def new_binary_crashes(c):
    failing_upgrade(c, "crash", lambda s: script(s, "kill -SEGV $$"), lambda s: s.point(c.bin.path), None)


@scenario
def upgrades_while_a_worker_drains(c):
    """A download from before a reload goes on over two upgrades; the second waits until the first is over."""
    s = c.server()
    s.big()
    a = s.start()
    slow = connect((HOST, s.port), 60)
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    slow.sendall(b"GET /8m HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    got = slow.recv(1024)
    l = c.load(s)
    s.reload()
    _, b = s.usr2()
    sig(a, QUIT)
    since = s.mark()
    wait(lambda: len(children(a)) == 2 and b in children(a), "all but one of A's workers gone")
    sig(b, USR2)
    s.said(rf" {b}#\d+: the changing binary signal is ignored", since)
    c.check("refused as long as the first is not over", s.pid() == b and s.serves())
    s.reload()
    while True:
        x = slow.recv(1 << 20)
        if not x:
            break
        got += x
    c.check("the download is whole", split(got)[2] == pattern(8 << 20), len(got))
    wait(lambda: gone(a), "A gone")
    d = s.upgrade()
    e = s.upgrade()
    c.check("and again, and again", len({a, b, d, e}) == 4 and s.serves())
    c.lost_nothing("lost nothing", l.stop())


# ---- what a socket has, and what the configuration says

def options(pid):
    """The listening sockets of a process, by address: what the kernel says of them."""
    libc = ctypes.CDLL(None, use_errno=True)
    pfd = libc.syscall(434, pid, 0)
    if pfd < 0:
        raise Skip("no pidfd_open()")
    found = []
    for fd in sorted(os.listdir(f"/proc/{pid}/fd"), key=int):
        try:
            if not os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:"):
                continue
        except OSError:
            continue
        n = libc.syscall(438, pfd, int(fd), 0)
        if n < 0:
            os.close(pfd)
            raise Skip("no pidfd_getfd()")
        with socket.socket(fileno=n) as x:
            if not x.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                continue
            o = [x.family.name]
            if x.family != socket.AF_UNIX:
                o += [str(x.getsockname()[0]).replace(HOST, "HOST"), f"backlog {struct.unpack_from('I', x.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 28)[0]}",
                      f"defer {x.getsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT)}", f"fastopen {x.getsockopt(socket.IPPROTO_TCP, 23)}",
                      f"keepalive {x.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)} {x.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)}"]
            if x.family == socket.AF_INET6:
                o += [f"v6only {x.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)}"]
            o += [f"reuseport {x.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT)}", f"rcvbuf {x.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)}"]
            found.append(" ".join(o))
    os.close(pfd)
    return sorted(found)


@scenario
def listen_options(c):
    """Options that come and go over reloads and upgrades: what the sockets have, and that they are the same ones."""
    for how in ("reload", "upgrade"):
        s = c.server()
        p6 = free_port()
        a = f"{HOST}:{s.port}"
        story = []
        try:
            s.configure(listen=f"listen {a}; listen [::1]:{p6}; listen unix:{s.sock};")
            s.start()
        except Gave_up as e:
            if "[::1]" in str(e) or "Address family" in str(e):
                raise Skip("no IPv6 here") from None
            raise
        first = sockets(s.pid())
        for more, six in (("backlog=77", ""), ("backlog=99 deferred", ""), ("deferred", "ipv6only=off"), ("", "backlog=33"), ("so_keepalive=120s::", ""),
                          ("so_keepalive=off rcvbuf=32k", "deferred"), ("fastopen=5", "ipv6only=on"), ("", "")):
            s.configure(listen=f"listen {a} {more}; listen [0:0::1]:{p6} {six}; listen unix:{s.sock};")
            if how == "reload":
                s.reload()
            else:
                s.upgrade()
            story.append(f"{more} / {six}:\n" + "\n".join(options(s.pid())))
        c.check(f"{how}: the same sockets all the way", sockets(s.pid()) == first and s.serves(unix=s.sock))
        if how == "reload":
            c.fact(how, "\n".join(story))
        else:
            # what an inherited socket's backlog was nobody can ask the kernel
            wanted = [re.search(r"backlog=(\d+)", x.split("\n")[0].split("/")[0]) for x in story]
            wanted = [x.group(1) if x else "511" for x in wanted]
            have = [re.search(r"AF_INET HOST backlog (\d+)", x).group(1) for x in story]
            c.check("upgrade: backlogs as configured", have == wanted, (have, wanted), "ours")
            c.fact(how, re.sub(r"backlog \d+", "", "\n".join(story)))
        s.end()


@scenario
def listen_spelled_differently(c):
    """The address counts, not its text: over reloads and upgrades the sockets are the same ones. In a network of its own, for the wildcards."""
    if subprocess.run(["unshare", "-n", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        raise Skip("no unshare -n")
    s = c.server()
    script(s, f'exec unshare -n {c.bin.path} "$@"')
    spelled = [("18001", "[::]:18002", f"unix:{s.sock}"), ("*:18001", "[0::0]:18002 ipv6only=off", f"unix:{s.sock}"),
               ("0.0.0.0:18001", "[0:0:0:0:0:0:0:0]:18002", f"unix:{s.sock} default_server"), ("0.0.0.0:18001", "[::0.0.0.0]:18002", f"unix:{s.sock}")]

    def listen(i):
        s.configure(listen=" ".join(f"listen {x};" for x in spelled[i]))

    listen(0)
    r = s.run()
    if r.returncode and "Address family" in r.text:
        raise Skip("no IPv6 here")
    a = wait(lambda: (p := s.pid()) and not gone(p) and p, "pid file")
    s.workers_up(a)
    first = sockets(a)
    same = []
    for i in (1, 2, 3):
        listen(i)
        s.reload()
        same.append(sockets(s.pid()) == first)
    for i in (0, 1, 2, 3):
        listen(i)
        s.upgrade()
        same.append(sockets(s.pid()) == first)
    c.check("the same sockets", len(first) == 3 and all(same), (first, same))
    c.fact("what they are", "\n".join(re.sub("backlog [0-9]+", "", x) for x in options(s.pid())))


@scenario
def inherited_odd_descriptors(c):
    """What NGINX may name: nothing that is there by mistake is believed, or stops the start."""
    def kinds(s):
        a, b = socket.socketpair()
        yield "half of a pair", a
        r, w = os.pipe()
        os.close(r)
        yield "pipe", w
        yield "epoll", select.epoll()
        yield "directory", os.open("/", os.O_RDONLY)
        yield "netlink", socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        x = socket.socket(socket.AF_UNIX)
        x.bind("\0" + s.sock)
        x.listen(1)
        yield "abstract", x
        x = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        yield "nothing bound", x
        x = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        x.bind((HOST, s.port))
        yield "UDP on the same port", x
        x = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        x.setblocking(False)
        x.bind((HOST, s.port))
        yield "bound, not listening", x
        x = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        x.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        x.bind((HOST, free_port()))
        x.listen(1)
        y = connect(x.getsockname())
        yield "connected", y

    names = [n for n, _ in kinds(c.server())]
    for i, name in enumerate(names):
        s = c.server()
        for k, (n, x) in enumerate(kinds(s)):
            if k == i:
                break
            os.close(x) if isinstance(x, int) else x.close()
        # 40 is free in both, and everything else is closed on exec
        fd = x if isinstance(x, int) else x.fileno()
        os.set_inheritable(fd, False)
        n = fcntl.fcntl(fd, fcntl.F_DUPFD, 40)
        with_variable(s, f"{n};", (n,))
        os.close(n)
        os.close(x) if isinstance(x, int) else x.close()
        alive = s.popen.poll() is None
        kind = "ours" if name == "bound, not listening" else "nginx"
        c.check(f"{name}: serves", alive and s.serves(limit=1), s.plain(s.log())[-300:], kind)
        text = re.sub(rf"\b{n}\b", "FD", s.plain(s.log(0)))
        # (nginx removes the name of a unix socket that is its parent's: unix_socket_of_the_other_generation)
        c.fact(name, f"{'runs' if alive else 'ended'}\n" + "\n".join(x for x in text.splitlines() if not re.search(r"worker process|accept|deleting socket|unlink\(\)", x)))
        s.end()


# ---- reloads: what else may change

@scenario
def failing_reload_keeps_the_pid_file(c):
    """The new configuration names another pid file, and fails after that was written."""
    s = c.server()
    a = s.start()
    text = open(f"{s.dir}/conf/nginx.conf").read()
    with open(f"{s.dir}/conf/nginx.conf", "w") as f:
        f.write(text.replace("pid logs/nginx.pid;", "pid logs/other.pid;").replace("server {", "server { listen 192.0.2.1:17999;"))
    since = s.mark()
    sig(a, HUP)
    s.said(r"\[emerg\]", since)
    sig(a, USR1)
    s.said("reopening logs", since)
    c.check("the old one is there, the new one is not", pid_files(s, {str(a): "A"}) == "nginx.pid: A", pid_files(s, {str(a): "A"}), "ours")
    with open(f"{s.dir}/conf/nginx.conf", "w") as f:
        f.write(text.replace("pid logs/nginx.pid;", "pid logs/other.pid;"))
    since = s.mark()
    sig(a, HUP)
    s.workers_up(a, since)
    c.check("a good one changes the name", pid_files(s, {str(a): "A"}) == "other.pid: A", pid_files(s, {str(a): "A"}))


@scenario
def failing_reload_leaves_no_unix_socket(c):
    """A new unix socket is there already when the reload, or a start, fails by another address."""
    s = c.server()
    a = s.start()
    good = f"listen {HOST}:{s.port}; listen unix:{s.sock};"
    for what in ("reload", "start"):
        s.configure(listen=good + " listen 192.0.2.1:17999;")
        since = s.mark()
        if what == "reload":
            sig(a, HUP)
            s.said(r"\[emerg\] .*192.0.2.1", since)
            sig(a, USR1)
            s.said("reopening logs", since)
        else:
            sig(a, QUIT)
            wait(lambda: gone(a), "its end")
            s.run()
        c.check(f"{what}: not left behind", not os.path.exists(s.sock), kind="ours")
        s.configure(listen=good)
        if what == "reload":
            since = s.mark()
            sig(a, HUP)
            s.said(r"start worker process \d|still could not bind", since)
        else:
            s.run()
        try:
            ok = wait(lambda: os.path.exists(s.sock) and s.serves(unix=s.sock), "answer on the unix socket", 1)
        except Gave_up:
            ok = False
        c.check(f"{what}: a good one works after it", ok, kind="ours")


@scenario
def zones_over_reloads(c):
    """A zone with its counts is kept by name, tag and size; an upgrade makes all anew."""
    if not c.bin.zones or not c.other.zones:
        raise Skip("no modules with zones")
    s = c.server()
    story = []

    def zone(what, http, server):
        s.configure(http=http, server=server)
        if s.pid() is None:
            s.start()
            return
        since = s.mark()
        sig(s.pid(), HUP)
        wait(lambda: re.search(r"\[emerg\]", s.log(since)) or len(re.findall(r"start worker process \d", s.log(since))) >= WORKERS, what)
        if "[emerg]" not in s.log(since):
            wait(lambda: len(children(s.pid())) == WORKERS, "old workers gone")
        asked(what, since)

    def asked(what, since=None):
        got = [get((HOST, s.port), "/limited")[0] for _ in range(2)]
        say = [] if since is None else [x for x in s.plain(s.log(since)).splitlines() if re.search(r"\[(emerg|alert|crit|warn)\]", x)]
        story.append(f"{what}: {got} {say}")

    with open(f"{s.dir}/html/limited", "w") as f:
        f.write("x")
    req = "limit_req_zone {} zone=z:{} rate=1r/m;"
    use = "location /limited { limit_req zone=z; } location / { }"
    zone("start", req.format("$uri", "1m"), use)
    asked("first")
    zone("reload", req.format("$uri", "1m"), use)
    zone("another rate", "limit_req_zone $uri zone=z:1m rate=2r/m;", use)
    zone("size", req.format("$uri", "2m"), use)
    zone("key", req.format("$args", "2m"), use)
    zone("size back", req.format("$uri", "1m"), use)
    zone("tag", "limit_conn_zone $uri zone=z:1m;", "location /limited { limit_conn z 1; } location / { }")
    zone("tag back", req.format("$uri", "1m"), use)
    zone("gone", "", "")
    zone("here again", req.format("$uri", "1m"), use)
    zone("declared twice", req.format("$uri", "1m") + req.format("$uri", "2m"), use)
    zone("used, not declared", "", use)
    zone("kept while another is added", req.format("$uri", "1m") + "limit_conn_zone $uri zone=c:1m;", use)
    zone("too small", req.format("$uri", "1k"), use)
    s.configure(http=req.format("$uri", "1m"), server=use)
    s.upgrade()
    asked("upgrade")
    c.fact("answers and messages", "\n".join(story))


@scenario
def reload_changes_the_user(c):
    """The new workers run as the new user, and the logs are theirs after a reopen."""
    if os.getuid() != 0:
        raise Skip("needs root")
    import pwd
    users = [u for u in ("nobody", "www-data", "daemon", "bin") if any(p.pw_name == u for p in pwd.getpwall())][:2]
    group = "nogroup" if os.path.exists("/etc/group") and "nogroup:" in open("/etc/group").read() else "root"
    s = c.server(main=f"user {users[0]} {group};")
    a = s.start()
    story = []

    def look():
        uids = sorted({re.search(r"Uid:\t(\d+)", open(f"/proc/{w}/status").read()).group(1) for w in children(a)})
        story.append(f"{uids} {os.stat(f'{s.dir}/logs/error.log').st_uid}")

    wait(lambda: all(b"worker" in open(f"/proc/{w}/cmdline", "rb").read() for w in children(a)), "titles")
    look()
    s.configure(main=f"user {users[1]} {group}; lock_file logs/other.lock;")
    old = children(a)
    s.reload()
    wait(lambda: len(children(a)) == WORKERS and not set(old) & set(children(a)), "new workers only")
    wait(lambda: all(b"worker" in open(f"/proc/{w}/cmdline", "rb").read() for w in children(a)), "titles")
    look()
    since = s.mark()
    sig(a, USR1)
    wait(lambda: len(re.findall("reopening logs", s.log(since))) >= 1 + WORKERS, "reopened")
    look()
    c.check("serves", s.serves())
    c.fact("users", "\n".join(x.split("] ")[0] for x in story) + "\n" + story[-1])


@scenario
def leaving_worker_lets_go(c):
    """With a cache of open files: a worker that leaves reopens its logs when told to, and complains of nothing at its end."""
    s = c.server(http="open_file_cache max=100 inactive=60s; open_file_cache_min_uses 1;")
    s.big()
    master = s.start()
    for _ in range(20):
        s.serves()
    slow = connect((HOST, s.port), 60)
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    slow.sendall(b"GET /8m HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    got = slow.recv(1024)
    since = s.mark()
    s.reload()
    wait(lambda: len(children(master)) == WORKERS + 1, "one old worker left")
    left = re.findall(r" (\d+)#\d+: gracefully shutting down", s.log(since))
    old = [w for w in children(master) if str(w) in left]
    c.check("one leaves slowly", len(old) == 1, old)
    os.rename(f"{s.dir}/logs/error.log", f"{s.dir}/logs/error.log.1")
    sig(master, USR1)
    wait(lambda: not any(os.readlink(f"/proc/{old[0]}/fd/{x}").endswith(".1") for x in os.listdir(f"/proc/{old[0]}/fd")), "it too reopens its logs")
    held = [os.readlink(f"/proc/{old[0]}/fd/{x}") for x in os.listdir(f"/proc/{old[0]}/fd")]
    c.check("no listening socket", not sockets(old[0]), held)
    while True:
        x = slow.recv(1 << 20)
        if not x:
            break
        got += x
    c.check("the download is whole", split(got)[2] == pattern(8 << 20), len(got))
    wait(lambda: gone(old[0]), "its end")
    log = s.log(0, "error.log.1")[since:] + s.log()
    c.check("nothing but notices in the log", not re.search(r"\[(warn|error|crit|alert|emerg)\]", log), s.plain(log)[-300:])


# ---- flat

def flat(c, what, n, once):
    """Master's memory, descriptors, mappings and children over n reloads, after a first tenth in which they may settle."""
    s = c.server()
    s.configure(listen=f"listen {HOST}:{s.port}; listen unix:{s.sock};")
    master = s.start()
    l = c.load(s, "--mode", "keepalive", "--naive", "--connections", "4", "--think", "20", "--rps", "100", limit=120 + n)
    warm = max(10, n // 10)
    n0, grown = fds(master), False
    samples = []
    for k in range(warm + n):
        once(s, master, k)
        if k >= warm and (k - warm) % max(1, n // 20) == 0 or k == warm + n - 1:
            wait(lambda: len(children(master)) == WORKERS, "only the last workers left")
            # A dead worker's channel is closed a moment after it was buried.
            try:
                wait(lambda: fds(master) <= n0, "descriptors closed", 0.1 if grown else 5)
            except Gave_up:
                grown = True
            samples.append((rss(master), fds(master), maps(master)))
    r = l.stop()
    first, last = samples[0], samples[-1]
    c.check(f"{what}: memory flat over {n}", last[0] <= first[0] * 1.01 + 64, f"{[x[0] for x in samples]} kB")
    c.check(f"{what}: descriptors flat", len({x[1] for x in samples}) == 1, sorted({x[1] for x in samples}))
    c.check(f"{what}: figures", True, f"{n} times: {first[0]} to {last[0]} kB, {first[1]} to {last[1]} descriptors, "
            f"{first[2][0]} to {last[2][0]} mappings, {r['requests']} requests", "note")
    half = len(samples) // 2
    for i, name in ((0, "mappings"), (1, "shared memory")):
        m = [x[2][i] for x in samples]
        c.check(f"{what}: {name} flat", max(m[half:]) <= max(m[:half]), m)
    c.lost_nothing(f"{what}: lost nothing", r, least=5)


@scenario
def many_reloads(c):
    n = c.opts.reloads or (1000 if c.opts.long else 25)

    def once(s, master, k):
        # one zone stays, another goes and a new one comes, a third has another size each time
        s.configure(http=f"limit_req_zone $uri zone=a:1m rate=1r/m; limit_conn_zone $uri zone=b{k % 2}:1m; "
                         f"limit_conn_zone $uri zone=c:{1 + k % 3}m;" if c.bin.zones else "")
        s.reload()
    flat(c, "reloads", n, once)


@scenario
def many_failing_reloads(c):
    n = c.opts.reloads or (1000 if c.opts.long else 40)

    def once(s, master, k):
        # fails while parsing, while including, while opening logs, and with new zones and one new socket, another not to be had
        zones = f"limit_req_zone $uri zone=a:1m rate=1r/m; limit_conn_zone $uri zone=c{k % 5}:2m;" if c.bin.zones else ""
        s.configure(raw="no_such_directive;" if k % 4 == 0 else "",
                    main="error_log nowhere/x.log;" if k % 4 == 2 else "",
                    http=(f"server {{ listen {HOST}:17999; root nowhere; }} include missing.conf;" if k % 4 == 1 else
                          f"{zones} server {{ listen {HOST}:17999; listen 192.0.2.1:17999; }}" if k % 4 == 3 else ""))
        since = s.mark()
        sig(master, HUP)
        s.said(r"\[emerg\]", since)
        wait(lambda: not busy(master), "master sleeping")
    flat(c, "failing reloads", n, once)


def busy(pid):
    s = stat(pid)
    return s is None or s[0] not in "S"


# ---- the matrix

CLIENTS = {
    # name: (arguments, path, least answers)
    "new": (["--mode", "new", "--connections", "48", "--rps", "2500"], "/1k", 100),
    "keepalive": (["--mode", "keepalive", "--naive", "--connections", "12", "--think", "15", "--rps", "1200"], "/1k", 100),
    "pipelined": (["--mode", "pipeline:16", "--naive", "--connections", "4", "--think", "15", "--rps", "2400"], "/1k", 100),
    "slow 8 MB": (["--mode", "slow", "--connections", "3", "--rate", "8388608"], "/8m", 3),
    "unix socket": (["--mode", "new", "--connections", "6", "--rps", "500"], "/1k", 100),
}

# The kinds of server. `bar`: whether ours must lose nothing; `nginx`: whether the reference is known not to.
KINDS = {
    "plain": dict(reuseport="", counts=[2], bar=True),
    "workers 1..4": dict(reuseport="", counts=[4, 1, 3, 2], bar=True),
    "reuseport": dict(reuseport=" reuseport", counts=[2], bar=True),
    "reuseport, workers 1..4": dict(reuseport=" reuseport", counts=[4, 1, 4, 1, 4, 1], bar=True),
    "keepalive_min_timeout 0": dict(reuseport="", counts=[2], bar=False, min_timeout="", clients=["keepalive", "pipelined"]),
}

# Short form: (h)up and (u)pgrade.
STEPS_SHORT = "hhuhhhuhhu"
STEPS_LONG = "hhu" * 20


def matrix(binary, kind, steps, clients=None, target=0, wide=1):
    """One kind of server, all clients at once: {client: report} and what happened."""
    k = KINDS[kind]
    s = Server(binary, min_timeout=k.get("min_timeout", "5s"))
    s.big()
    s.configure(listen=f"listen {HOST}:{s.port}{k['reuseport']}; listen unix:{s.sock};")
    names = clients or k.get("clients") or list(CLIENTS)
    loads, done = {}, {"h": 0, "u": 0}
    try:
        s.start()
        for n in names:
            args, path, _ = CLIENTS[n]
            args = list(args)
            if target:
                i = args.index("--rps") if "--rps" in args else -1
                if i >= 0:
                    args[i + 1] = str(int(args[i + 1]) * wide)
                    args += ["--requests", str(target)]
            loads[n] = Load(f"unix:{s.sock}" if n == "unix socket" else s.addr(), *args, path=path, expect=f"{s.dir}/html{path}",
                            limit=3600 if target else 120)
        for l in loads.values():
            if "slow" not in l.p.args:
                l.runs()
        total = target * sum("--requests" in l.p.args for l in loads.values())
        for i, step in enumerate(steps):
            if total:
                # spread over the run
                wait(lambda: sum(min(l.progress, target) for l in loads.values()) >= total * i / len(steps)
                     or all(l.p.poll() is not None for l in loads.values()), "load under way", 3600, 0.02)
            s.configure(workers=k["counts"][i % len(k["counts"])])
            if step == "h":
                s.reload()
            else:
                s.upgrade()
            done[step] += 1
        for l in loads.values():
            if "slow" in l.p.args:
                wait(lambda: l.progress >= CLIENTS["slow 8 MB"][2] or l.p.poll() is not None, "slow downloads")
        error = None
    except (Gave_up, OSError) as e:
        error = str(e)
    reports = {n: l.stop() for n, l in loads.items()}
    s.end()
    return reports, done, error


def text_of(r, least):
    if r is None:
        return "-"
    if r["failed"]:
        return f"{r['failed']} lost of {r['requests']}: " + ", ".join(f"{v} {k}" for k, v in r["classes"].items())
    if r["ok"] < least:
        return f"only {r['ok']} answers"
    return f"0 lost of {r['requests']}"


_servers = set()


def stop_all():
    """Ended from outside: take everything along."""
    for p in list(_popened) + [q for q in descendants() for s in list(_servers) if holds(q, s.dir)]:
        s = stat(p)
        if s and s[1] != 0 and p in descendants():
            sig(p, KILL)
    for s in list(_servers):
        shutil.rmtree(s.dir, ignore_errors=True)
    os._exit(143)


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.suspect = []

    def add(self, ok):
        self.passed += bool(ok)
        self.failed += not ok


def run_scenario(f, binary, other, opts):
    c = Ctx(binary, other, opts)
    t = time.monotonic()
    skipped = None
    try:
        f(c)
    except Skip as e:
        skipped = str(e)
    except Gave_up as e:
        c.check("came to its end", False, e)
    except Exception as e:      # a scenario that breaks must not hide the others
        tb = e.__traceback__
        while tb.tb_next:
            tb = tb.tb_next
        c.check("came to its end", False, f"{type(e).__name__}: {e} (line {tb.tb_lineno})")
    finally:
        c.end()
    c.seconds, c.skipped = time.monotonic() - t, skipped
    return c


def merge(ours, ref):
    """Rows (check, kind, ours, reference, detail) of a scenario's two runs; a repeated check counts once."""
    def fold(c):
        d = {}
        for name, kind, ok, detail in c.checks if c else ():
            if name in d:
                d[name] = (kind, d[name][1] and ok, d[name][2] if not d[name][1] else detail)
            else:
                d[name] = (kind, ok, detail)
        return d
    a, b = fold(ours), fold(ref)
    rows = []
    for name in list(a) + [n for n in b if n not in a]:
        kind = (a.get(name) or b.get(name))[0]
        o, r = a.get(name), b.get(name)
        rows.append((name, kind, o and o[1], r and r[1], (o and (not o[1] or kind == "note") and o[2]) or (r and not r[1] and "reference: " + r[2]) or ""))
    if ref:
        fa, fb = dict(ours.facts), dict(ref.facts)
        for name in list(fa) + [n for n in fb if n not in fa]:
            x, y = fa.get(name), fb.get(name)
            rows.append((name, "same", x == y, True, "" if x == y else f"\n      ours:      {x!r}\n      reference: {y!r}"))
    return rows


def mark(v):
    return "-" if v is None else "ok" if v else "NO"


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--long", action="store_true", help="the long form (an hour or more)")
    ap.add_argument("--only", action="append", default=[], help="scenarios, kinds and parts whose name contains this (parts: matrix, million)")
    ap.add_argument("--ours-only", action="store_true", help="leave the reference out")
    ap.add_argument("--requests", type=int, default=1_000_000, help="long form: requests in all")
    ap.add_argument("--steps", help="events of the matrix: h a reload, u an upgrade (%s)" % STEPS_SHORT)
    ap.add_argument("--reloads", type=int, help="reloads in many_reloads and many_failing_reloads")
    ap.add_argument("--rounds", type=int, help="times there and back in cross_upgrades")
    ap.add_argument("--tries", type=int, help="tries in usr2_directly_followed_by_quit")
    ap.add_argument("--jobs", type=int, default=8, help="scenarios at the same time")
    ap.add_argument("--list", action="store_true")
    o = ap.parse_args()
    if o.list:
        for f in SCENARIOS:
            print(f"{f.__name__:36} {(f.__doc__ or '').splitlines()[0] if f.__doc__ else ''}")
        for k in KINDS:
            print(f"matrix: {k}")
        return 0
    ours_path = os.environ.get("NGINX_PORT") or f"{TOP}/target/release/nginx"
    ref_path = os.environ.get("NGINX_REFERENCE") or shutil.which("nginx") or f"{TOP}/target/reference/usr/sbin/nginx"
    if not os.access(ours_path, os.X_OK):
        sys.exit(f"no binary at {ours_path}: build it, or set NGINX_PORT")
    if not os.access(os.environ.get("LOAD", ""), os.X_OK):
        sys.exit("LOAD names no load client: start tests/restart/run")
    os.environ["LOAD"] = os.path.abspath(os.environ["LOAD"])
    # Masters whose starter is gone come to us, so that their end can be seen and nothing is left behind.
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    os.environ.pop("NGINX", None)
    signal.signal(signal.SIGTERM, lambda *_: stop_all())
    ours = Binary(ours_path, "ours")
    ref = None
    if not o.ours_only:
        if os.access(ref_path, os.X_OK):
            ref = Binary(ref_path, "reference")
        else:
            print(f"no reference nginx at {ref_path} (NGINX_REFERENCE); ours alone")
    print(f"ours:      {ours.path}  {ours.version()}")
    if ref:
        print(f"reference: {ref.path}  {ref.version()}")
        if not ref.min_timeout:
            print("           (it has no keepalive_min_timeout: its resets of idle connections are its own)")
    t0 = time.monotonic()
    tally = Tally()
    chosen = lambda name: not o.only or any(x in name for x in o.only)

    # the matrix
    kinds = [k for k in KINDS if chosen(f"matrix: {k}")]
    steps = o.steps or (STEPS_LONG if o.long else STEPS_SHORT)
    if kinds:
        print(f"\nRequests lost over {steps.count('h')} reloads and {steps.count('u')} upgrades, five clients at once\n")
        print(f"{'server':26}{'client':14}{'ours':44}reference")
    for kind in kinds:
        with concurrent.futures.ThreadPoolExecutor(2) as ex:
            jobs = [ex.submit(matrix, b, kind, steps) for b in (ours, ref) if b]
            res = [j.result() for j in jobs]
        for n in KINDS[kind].get("clients") or CLIENTS:
            least = CLIENTS[n][2]
            cells = [r[0].get(n) for r in res]
            a = cells[0]
            if KINDS[kind]["bar"]:
                ok = a is not None and a["failed"] == 0 and a["ok"] >= least
                tally.add(ok)
                flag = "" if ok else "   <-- FAILED"
            else:
                flag = "   (no bar: nginx's default)"
            print(f"{kind:26}{n:14}{text_of(a, least):43} {text_of(cells[1], least) if len(cells) > 1 else ''}{flag}", flush=True)
            if flag.endswith("FAILED"):
                for x in (a or {}).get("samples", [])[:3]:
                    print(f"{'':40}{x}")
        for who, r in zip(("ours", "reference"), res):
            if r[2]:
                print(f"{kind:26}{who} stopped after {r[1]}: {r[2]}")
                if who == "ours":
                    tally.add(False)
                else:
                    tally.suspect.append(f"matrix {kind}: {r[2]}")

    # the million
    if (o.long and not o.only) or any("million" in x for x in o.only):
        steps = "hhu" * 50
        clients = ["new", "keepalive", "pipelined", "unix socket"]
        print(f"\n{o.requests} requests over {steps.count('h')} reloads and {steps.count('u')} upgrades")
        for b in (ours, ref):
            if not b:
                continue
            rep, done, err = matrix(b, "plain", steps, clients, o.requests // len(clients), 3)
            total = sum(r["requests"] for r in rep.values())
            lost = sum(r["failed"] for r in rep.values())
            print(f"{b.name:10} {total} requests, {lost} lost, {done['h']} reloads, {done['u']} upgrades"
                  f"{', stopped: ' + err if err else ''}", flush=True)
            for n, r in rep.items():
                print(f"{'':10} {n:14} {text_of(r, 1)}; p50 {r['latency_us']['p50']} p99 {r['latency_us']['p99']} max {r['latency_us']['max']} us, "
                      f"longest pause {r['max_gap_ms']} ms" if "latency_us" in r else f"{'':10} {n} {text_of(r, 1)}")
            if b is ours:
                tally.add(lost == 0 and not err and total >= o.requests and done["h"] >= 100 and done["u"] >= 50)

    # the scenarios
    todo = [f for f in SCENARIOS if chosen(f.__name__)]
    if todo:
        print(f"\n{'scenario':36}{'check':52}{'kind':7}{'ours':6}reference")
        with concurrent.futures.ThreadPoolExecutor(max(1, o.jobs)) as ex:
            jobs = []
            for f in todo:
                a = ex.submit(run_scenario, f, ours, ref or ours, o)
                b = ex.submit(run_scenario, f, ref, ours, o) if ref and f.only != "ours" else None
                jobs.append((f, a, b))
            for f, a, b in jobs:
                a, b = a.result(), b and b.result()
                if a.skipped:
                    tally.skipped += 1
                    print(f"{f.__name__:36}skipped: {a.skipped}")
                    continue
                name = f.__name__
                for check, kind, x, y, detail in merge(a, b):
                    if x is None and not all(v[2] for v in a.checks):
                        # not reached, and what stopped it is counted already
                        print(f"{name:36}{check[:51]:52}{kind:7}{mark(x):6}{mark(y)}")
                        name = ""
                        continue
                    if kind != "note":
                        tally.add(x)
                    print(f"{name:36}{check[:51]:52}{kind:7}{mark(x):6}{mark(y) if b else ''}"
                          f"{'   <-- FAILED' if not x and kind != 'note' else ''}", flush=True)
                    if detail and (not x or kind in ("nginx", "note")):
                        print(f"{'':6}{detail}")
                    if kind == "nginx" and y is False:
                        tally.suspect.append(f"{f.__name__}: {check}: {detail}")
                    name = ""
                if os.environ.get("TIMES"):
                    print(f"{'':6}{a.seconds:.1f} s{f', reference {b.seconds:.1f} s' if b else ''}")
    bury()
    print(f"\n{time.monotonic() - t0:.0f} s")
    for x in tally.suspect:
        print(f"the reference misses this too, so look at the check first: {x}")
    print(f"{tally.passed} passed, {tally.failed} failed" + (f", {tally.skipped} skipped" if tally.skipped else ""))
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
