#!/usr/bin/env python3
"""Ours against nginx, on one machine, in turns.

Each player gets the same configuration and the same files, one worker on one core; wrk runs on another.
The turns go A B B A, so that a drift of the machine meets both alike; printed is the median of the ratios
of neighbouring turns, with the lowest and the highest, and the processor time that the worker took for a request,
which tells more where wrk is the limit. Beside it stands what does not drift: system calls, user-space instructions
and allocations for one request, each as ours / nginx's.

  tests/bench/run                          every case: a quarter of an hour
  tests/bench/run --quick                  shorter turns, fewer rounds: eight minutes
  tests/bench/run --cases 1k,gzip          this case, and those whose name starts with it where none has it
  tests/bench/run --no-counters | --no-turns
  tests/bench/run --third /usr/sbin/nginx  one more nginx-compatible binary
  tests/bench/run --others                 h2o and lighttpd too, where they are installed, on the 1 KB file
  tests/bench/run --svg FILE --json FILE
  tests/bench/run --list

NGINX_PORT       our binary (target/release/nginx)
NGINX_REFERENCE  nginx (nginx from PATH, else target/reference/usr/sbin/nginx)
LOAD, FLOOR      the load client and the floor (tests/bench/run builds them)

Needs wrk; strace, valgrind and gcc for the counters (without one of them its column is empty).
A case whose directives a player does not know (asked with -t) is skipped for that player. Before a case is
measured each player's answer is compared with nginx's: what is wrong isn't timed.
Loopback only; everything that is started here is ended here.
"""

import argparse
import ctypes
import json
import os
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
_me = os.getpid()
HOST = f"127.{100 + (_me >> 16) % 100}.{(_me >> 8) & 255}.{_me & 255 or 1}"
_ports = iter(range(28000, 32000))
CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPU = ["taskset", "-c", str(CPUS[0])] if len(CPUS) > 1 and shutil.which("taskset") else []
CLIENT_CPU = ["taskset", "-c", str(CPUS[1])] if SERVER_CPU else []
IDLE = 10_000

BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9,de;q=0.8",
    "Cache-Control": "max-age=0",
    "Cookie": "session=4f1c2f0a9b7d4e7ea5a6; theme=dark; consent=yes; _ga=GA1.1.1234567890.1718000000",
    "DNT": "1",
    "Priority": "u=0, i",
    "Referer": "http://localhost/index.html",
    "Sec-Ch-Ua": '"Not/A)Brand";v="8", "Chromium";v="126"',
    "Sec-Ch-Ua-Mobile": "?0",
    "Sec-Ch-Ua-Platform": '"Linux"',
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "same-origin",
    "Upgrade-Insecure-Requests": "1",
}


class Case:
    def __init__(self, name, what, path="/1k.html", http="", server="", headers=None, pipeline=1, close=False, status=200,
                 conns=64, idle=0, floor=False, n=400, same_body=True, bar=None, gunzip=False, others=False, events="", longer=1):
        self.__dict__.update(locals())
        self.headers = headers or {}


def no_io_uring():
    """Why, or None."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(425, 4, ctypes.create_string_buffer(120))     # io_uring_setup()
    if fd == -1:
        return os.strerror(ctypes.get_errno())
    os.close(fd)
    return None


def rewrites():
    return "".join(f"rewrite ^/section{i}/([a-z]+)/(\\d+)$ /1k.html?a=$1&b=$2 last;\n" for i in range(20))


def map_block(n):
    return ("map_hash_max_size 262144; map_hash_bucket_size 128;\nmap $arg_k $mapped {\ndefault none;\n"
            + "".join(f"key{i} value{i};\n" for i in range(n)) + "}\n")


def servers_block(n):
    return ("server_names_hash_max_size 65536; server_names_hash_bucket_size 128;\n"
            + "".join(f"server {{ listen {{HOST}}:{{PORT}}; server_name s{i}.example.org www.s{i}.example.org; root html; "
                      f"location /a/ {{ expires 1d; }} }}\n" for i in range(n)))


OFC = "open_file_cache max=1000 inactive=60s; open_file_cache_valid 60s;"

# `events`: for ours only, where nginx has nothing like it. `longer`: turns so many times as long, where in one second
# the slower one does not get to accept all connections. `bar`: what issue 5 asks for, ours / nginx.
CASES = [
    Case("1k", "1 KB file, sendfile on", floor=True, others=True, bar=1.80),
    Case("1k-cache", "1 KB, open_file_cache", http=OFC, bar=1.45),
    Case("1k-browser", "1 KB, a browser's headers", headers=BROWSER, bar=1.60),
    Case("1k-ring", "1 KB, use io_uring", events="use io_uring;"),
    Case("1k-close", "1 KB, Connection: close", close=True, floor=True, bar=1.0),
    Case("1k-log", "1 KB, access log", server="access_log logs/access.log;", bar=1.40),
    Case("1k-status", "1 KB, counted by stub_status prometheus", server="location = /metrics { stub_status prometheus; }"),
    Case("1k-pipe", "1 KB, pipelined by 16", pipeline=16, floor=True, n=640, bar=2.0),
    Case("304", "1 KB, not modified", headers={"If-None-Match": "{ETAG}"}, status=304, bar=1.0),
    Case("404", "no such file", path="/nothing", status=404, bar=1.0),
    Case("64k", "64 KB, sendfile on", path="/64k.html", bar=1.05),
    Case("64k-nosf", "64 KB, sendfile off", path="/64k.html", http="sendfile off;", bar=1.05),
    Case("1m", "1 MB", path="/1m.html", conns=16, n=60, bar=1.0),
    Case("1k-idle", f"1 KB, {IDLE} idle connections beside", idle=IDLE, bar=1.0),
    Case("return", "return 200", path="/r", server='location = /r { return 200 "hello, world"; }', bar=1.0),
    Case("gzip-1", "gzip 32 KB, level 1", path="/32k.html", http="gzip on; gzip_comp_level 1;", headers={"Accept-Encoding": "gzip"}, n=60,
         same_body=False, gunzip=True, bar=1.0),
    Case("gzip-6", "gzip 32 KB, level 6", path="/32k.html", http="gzip on; gzip_comp_level 6;", headers={"Accept-Encoding": "gzip"}, n=60,
         same_body=False, gunzip=True, bar=1.0, longer=4),
    Case("gzip-static", "gzip_static", path="/32k.html", http="gzip_static on;", headers={"Accept-Encoding": "gzip"}, bar=1.0),
    Case("autoindex", "autoindex of 1,000 files", path="/dir/", server="location /dir/ { autoindex on; }", conns=16, n=40, bar=1.0, longer=4),
    Case("ssi", "ssi, three includes", path="/ssi.shtml", http="ssi on; ssi_types *;", n=200, bar=1.0),
    Case("rewrite", "20 regexes in a row", path="/section19/page/7", server=rewrites(), bar=1.0),
    Case("map-1k", "map of 1,000", path="/m?k=key777", http=map_block(1000), server="location = /m { return 200 $mapped; }", bar=1.0),
    Case("map-100k", "map of 100,000", path="/m?k=key77777", http=map_block(100_000), server="location = /m { return 200 $mapped; }", n=100, bar=1.0),
]

# Configurations so large that reading them takes time: what to do with them is the same for each.
BIG = [
    ("servers", "10,000 server blocks", servers_block(10_000)),
    ("map-conf", "map of 100,000 entries", map_block(100_000)),
]


def free_port():
    while True:
        port = next(_ports)
        with socket.socket() as s:
            try:
                s.bind((HOST, port))
            except OSError:
                continue
        return port


class Failed(Exception):
    pass


def wait(cond, what, limit=60, step=0.002):
    end = time.monotonic() + limit
    while not (v := cond()):
        if time.monotonic() > end:
            raise Failed(f"waited {limit} s for {what}")
        time.sleep(step)
    return v


def fetch(port, path, headers=None, limit=30):
    h = "".join(f"{k}: {v}\r\n" for k, v in (headers or {}).items())
    with socket.create_connection((HOST, port), limit) as s:
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{h}Connection: close\r\n\r\n".encode())
        data = b""
        while b := s.recv(262144):
            data += b
    head, _, body = data.partition(b"\r\n\r\n")
    m = re.match(rb"HTTP/1\.\d (\d+)", head)
    return int(m.group(1)) if m else 0, head.decode("latin-1"), body


def header(head, name):
    m = re.search(rf"^{name}: (.*?)\r?$", head, re.M | re.I)
    return m.group(1) if m else None


def dechunk(head, body):
    if (header(head, "Transfer-Encoding") or "").lower() != "chunked":
        return body
    out = b""
    while body:
        n, _, body = body.partition(b"\r\n")
        n = int(n, 16)
        if n == 0:
            break
        out, body = out + body[:n], body[n + 2:]
    return out


class Player:
    """A binary, its directory, and how to run it."""

    def __init__(self, path, name, base):
        self.path, self.name = os.path.realpath(path), name
        self.dir = f"{base}/{name}"
        self.html = f"{base}/html"
        for d in ("conf", "logs", "temp"):
            os.makedirs(f"{self.dir}/{d}")
        os.symlink(self.html, f"{self.dir}/html")
        self.lines = []
        # Asked by name only: until all of them are there, Debian's nginx fails over its own temp directories.
        for line in ("access_log off;", *(f"{n}_temp_path temp/{n};" for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))):
            self.conf(line, name="probe.conf")
            if b"unknown directive" not in self.test("probe.conf").stderr:
                self.lines.append(line)
        self.port, self.pid, self.known = free_port(), None, {}

    def version(self):
        r = subprocess.run([self.path, "-v"], capture_output=True, timeout=30)
        return (r.stdout + r.stderr).decode(errors="replace").strip()

    def conf(self, http="", server="", main="", level="crit", name="nginx.conf", listen=None, events=""):
        listen = listen or f"{HOST}:{getattr(self, 'port', 1)}"
        http = http.replace("{HOST}:{PORT}", listen)
        # An access log that the case asks for stands in the server, where it wins over "off".
        sendfile = "" if "sendfile " in http else "sendfile on;"
        text = (f"worker_processes 1;\nerror_log logs/error.log {level};\npid logs/nginx.pid;\n{main}\n"
                f"events {{ worker_connections 20000; {events if self.name == 'ours' else ''} }}\nhttp {{\n{' '.join(self.lines)}\n"
                "types { text/html html shtml; text/css css; image/png png; application/javascript js; }\n"
                f"default_type application/octet-stream;\nkeepalive_timeout 65;\n{sendfile}\n"
                f"server {{ listen {listen} default_server; server_name localhost; root {self.html};\n{server}\n}}\n{http}\n}}\n")
        with open(f"{self.dir}/conf/{name}", "w") as f:
            f.write(text)

    def argv(self, *more, name="nginx.conf"):
        return [self.path, "-p", self.dir, "-e", "logs/error.log", "-c", f"conf/{name}", *more]

    def test(self, name="nginx.conf"):
        return subprocess.run(self.argv("-t", name=name), capture_output=True, timeout=120)

    def knows(self, http="", server=""):
        self.conf(http, server, name="probe.conf")
        return self.test("probe.conf").returncode == 0

    def file_pid(self):
        try:
            with open(f"{self.dir}/logs/nginx.pid") as f:
                return int(f.read())
        except (OSError, ValueError):
            return None

    def start(self, limit=60):
        r = subprocess.run(SERVER_CPU + self.argv(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit)
        if r.returncode:
            raise Failed(f"{self.name}: {r.stdout.decode(errors='replace').strip()[-300:]}")
        self.pid = wait(self.file_pid, f"{self.name}'s pid file")
        wait(self.answers, f"{self.name}'s first answer")

    def answers(self):
        try:
            fetch(self.port, "/1k.html", limit=5)
            return True
        except OSError:
            return False

    def worker(self):
        """The one child of the master."""
        found = []
        for d in os.listdir("/proc"):
            if d.isdigit():
                try:
                    with open(f"/proc/{d}/stat", "rb") as f:
                        rest = f.read().rsplit(b")", 1)[1].split()
                except OSError:
                    continue
                if int(rest[1]) == self.pid and rest[0] != b"Z":
                    found.append(int(d))
        return found

    def stop(self):
        pid, self.pid = self.pid, None
        if not pid:
            return
        everyone = [pid]
        self.pid = pid
        everyone += self.worker()
        self.pid = None
        end_pids(everyone)

    # a single process of it in the foreground, for the counters

    def foreground(self, before, env=None):
        """A prefix command runs it: (Popen, what to call at the end)."""
        p = subprocess.Popen([*before, *self.argv("-g", "daemon off; master_process off;")], env=env,
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait(lambda: p.poll() is not None or self.answers(), "an answer", 120, 0.02)
            if p.poll() is not None:
                raise Failed(f"{self.name} ended with {p.returncode}")
        except Failed:
            end_popen(p)
            raise
        return p


# Servers that are not nginx, as they come: one thread, the files, no log. {name: (configuration, arguments)}
OTHERS = {
    "h2o": ("listen: {{host: {host}, port: {port}}}\nnum-threads: 1\nuser: root\npid-file: {dir}/h2o.pid\n"
            "hosts:\n  default:\n    paths:\n      /:\n        file.dir: {html}\n", ["-m", "worker", "-c"]),
    "lighttpd": ('server.document-root = "{html}"\nserver.bind = "{host}"\nserver.port = {port}\n'
                 'mimetype.assign = (".html" => "text/html")\n', ["-D", "-f"]),
}


def other(name, base):
    """Starts one of them: (Popen, port), or None."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if not path:
        return None
    conf, args = OTHERS[name]
    port = free_port()
    with open(f"{base}/{name}.conf", "w") as f:
        f.write(conf.format(host=HOST, port=port, html=f"{base}/html", dir=base))
    p = subprocess.Popen([*SERVER_CPU, path, *args, f"{base}/{name}.conf"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(lambda: p.poll() is not None or can_connect(port), f"{name}'s port", 20)
        if p.poll() is not None or fetch(port, "/1k.html")[0] != 200:
            raise Failed(f"{name} does not serve")
    except Failed as e:
        print(e)
        end_popen(p)
        return None
    return p, port


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", "rb") as f:
            return f.read().rsplit(b")", 1)[1].split()[0] != b"Z"
    except OSError:
        return False


def end_pids(pids):
    for s, limit in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        for p in pids:
            if alive(p):
                try:
                    os.kill(p, s)
                except ProcessLookupError:
                    pass
        end = time.monotonic() + limit
        while any(alive(p) for p in pids) and time.monotonic() < end:
            time.sleep(0.01)


def end_popen(p, s=signal.SIGTERM, again=True):
    """Ends a child. A signal between nginx's look at its flags and its epoll_wait() is seen only at the
    next event, and under valgrind that gap is wide: so it is sent again until it works."""
    end = time.monotonic() + 30
    first = True
    while p.poll() is None:
        if first or again:
            p.send_signal(s)
        first = False
        try:
            p.wait(0.3)
        except subprocess.TimeoutExpired:
            if time.monotonic() > end:
                p.kill()
                p.wait()
    return p.returncode


# files

def make_files(html):
    os.makedirs(f"{html}/dir")
    words = ("server request response header content length cache worker process connection event buffer chain module "
             "directive location upstream variable access static").split()

    def text(n, seed):
        x, out = seed, []
        size = 0
        while size < n:
            x = (x * 1103515245 + 12345) & 0x7fffffff
            w = words[(x >> 8) % len(words)] + (f" {x & 0xfff} " if x & 0x10000 else "</p>\n<p>" if x & 0x20000 and x & 0x40000 else " ")
            out.append(w)
            size += len(w)
        return "".join(out)[:n].encode()

    for name, n in (("1k.html", 1024), ("32k.html", 32768), ("64k.html", 65536), ("1m.html", 1 << 20)):
        with open(f"{html}/{name}", "wb") as f:
            f.write(text(n, n))
    import gzip
    with open(f"{html}/32k.html.gz", "wb") as f:
        f.write(gzip.compress(text(32768, 32768), 9, mtime=0))
    for i in range(1000):
        with open(f"{html}/dir/file-{i:04}.txt", "w") as f:
            f.write("x" * (i * 7 % 1000))
    for i in range(3):
        with open(f"{html}/inc{i}.html", "w") as f:
            f.write(f"<p>part {i}</p>\n")
    with open(f"{html}/ssi.shtml", "w") as f:
        f.write("<html>\n" + "".join(f'<!--#include virtual="/inc{i}.html" -->\n' for i in range(3)) + "</html>\n")
    # All of it older than any clock's resolution: a cache that mistrusts fresh files may keep these.
    old = time.time() - 86400
    for d, _, files in os.walk(html):
        for f in files:
            os.utime(f"{d}/{f}", (old, old))
    os.utime(f"{html}/dir", (old, old))
    # the ctime cannot be set
    time.sleep(3.1)


def lua(case, headers, base):
    q = lambda s: '"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"'
    lines = [f"wrk.headers[{q(k)}] = {q(v)}" for k, v in headers.items()]
    if case.close:
        lines.append('wrk.headers["Connection"] = "close"')
    lines.append(f"wrk.path = {q(case.path)}")
    if case.pipeline > 1:
        lines.append(f"local r\ninit = function(args) r = string.rep(wrk.format('GET', {q(case.path)}), {case.pipeline}) end\n"
                     "request = function() return r end")
    lines.append("""done = function(s, latency, requests)
  io.write(string.format('\\n{"requests": %d, "us": %d, "connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d, "p50": %d, "p99": %d}\\n',
    s.requests, s.duration, s.errors.connect, s.errors.read, s.errors.write, s.errors.status, s.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end""")
    path = f"{base}/{case.name}.lua"
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")
    return path


def wrk(case, script, port, seconds):
    cmd = [*CLIENT_CPU, "wrk", "-t1", f"-c{case.conns}", f"-d{seconds}s", "--timeout", "10s", "-s", script, f"http://{HOST}:{port}{case.path}"]
    r = subprocess.run(cmd, capture_output=True, text=True, timeout=seconds + 60)
    line = [l for l in r.stdout.splitlines() if l.startswith('{"requests"')]
    if not line:
        raise Failed(f"wrk: {(r.stdout + r.stderr)[-300:]}")
    v = json.loads(line[0])
    bad = v["connect"] + v["write"] + v["timeout"] + (v["status"] if case.status < 400 else 0)
    if not case.close:
        bad += v["read"]
    v["bad"] = bad
    v["rps"] = v["requests"] / (v["us"] / 1e6)
    return v


def median(v):
    return statistics.median(v) if v else None


class Turns:
    """A B B A …: the requests a second of each player by turn."""

    def __init__(self, names, rounds, measure):
        self.rps = {n: [] for n in names}
        self.p99 = {n: [] for n in names}
        self.cpu = {n: [] for n in names}
        self.bad = {n: 0 for n in names}
        for k in range(rounds):
            for n in names if k % 2 == 0 else reversed(names):
                v = measure(n)
                self.rps[n].append(v["rps"])
                self.p99[n].append(v["p99"])
                self.cpu[n].append(v["cpu"])
                self.bad[n] += v["bad"]

    def ratio(self, a, b):
        r = sorted(x / y for x, y in zip(self.rps[a], self.rps[b]))
        return (median(r), r[0], r[-1])


# what does not drift

def load(player, case, headers, n):
    """Exactly n requests over one connection (or one after the other)."""
    mode = "new" if case.close else f"pipeline:{case.pipeline}" if case.pipeline > 1 else "keepalive"
    cmd = [os.environ["LOAD"], "--addr", f"{HOST}:{player.port}", "--mode", mode, "--connections", "1", "--requests", str(n),
           "--path", case.path, "--status", str(case.status), "--duration", "120", "--timeout", "60", "--sources", "1"]
    for k, v in headers.items():
        cmd += ["--header", f"{k}: {v}"]
    r = subprocess.run(cmd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    try:
        v = json.loads(r.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise Failed(f"load: {r.stderr[-200:]}") from None
    if v["failed"]:
        raise Failed(f"{player.name}: {v['classes']}")


def syscalls(player, case, headers, n):
    """{name: calls for one request}, from two attached runs of n and 2n."""
    p = player.foreground([])
    try:
        load(player, case, headers, 20)
        counts = []
        for k in (n, 2 * n):
            out = f"{player.dir}/strace.out"
            if os.path.exists(out):
                os.unlink(out)
            s = subprocess.Popen(["strace", "-f", "-c", "-o", out, "-p", str(p.pid)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            # "Process N attached" comes when it is so
            s.stderr.readline()
            load(player, case, headers, k)
            end_popen(s, signal.SIGINT, again=False)
            c = {}
            with open(out) as f:
                for line in f:
                    m = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line)
                    if m and m.group(2) != "total":
                        c[m.group(2)] = c.get(m.group(2), 0) + int(m.group(1))
            counts.append(c)
        return {k: round((counts[1].get(k, 0) - counts[0].get(k, 0)) / n, 2) for k in counts[1]}
    finally:
        end_popen(p)


def instructions(player, case, headers, n):
    """User-space instructions of one request: two runs under callgrind, n and 2n requests."""
    total = []
    for k in (n, 2 * n):
        out = f"{player.dir}/callgrind.out"
        p = player.foreground(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"])
        try:
            load(player, case, headers, k)
        finally:
            end_popen(p)
        with open(out) as f:
            m = re.search(r"^(?:totals|summary): (\d+)", f.read(), re.M)
        if not m:
            raise Failed("callgrind said nothing")
        total.append(int(m.group(1)))
    return (total[1] - total[0]) / n


def test_instructions(player):
    out = f"{player.dir}/callgrind.out"
    subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *player.argv("-t")],
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)
    with open(out) as f:
        m = re.search(r"^(?:totals|summary): (\d+)", f.read(), re.M)
    return int(m.group(1)) if m else None


def build_mallocs(base):
    so = f"{base}/mallocs.so"
    r = subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", so, f"{HERE}/mallocs.c"], capture_output=True, text=True, timeout=60)
    return so if r.returncode == 0 else None


def mallocs(player, case, headers, n, so):
    """Allocations of one request; None when the count at start shows that it isn't counted at all."""
    path = f"{player.dir}/mallocs.count"
    with open(path, "wb") as f:
        f.write(b"\0" * 4096)

    def count():
        with open(path, "rb") as f:
            return struct.unpack("<Q", f.read(8))[0]

    p = player.foreground([], dict(os.environ, LD_PRELOAD=so, MALLOCS=path))
    try:
        load(player, case, headers, 20)
        a = count()
        load(player, case, headers, n)
        b = count()
        load(player, case, headers, 2 * n)
        c = count()
    finally:
        end_popen(p)
    return None if a == 0 else ((c - b) - (b - a)) / n


def rss(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


class Idle:
    """Connections that have made one request and are held open."""

    def __init__(self, player, n):
        self.p = subprocess.Popen([*CLIENT_CPU, os.environ["LOAD"], "--addr", f"{HOST}:{player.port}", "--mode", "idle", "--connections", str(n),
                                   "--path", "/1k.html", "--duration", "600", "--timeout", "60", "--until-eof"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.p.stdout.readline()
        if '"ready"' not in line:
            end_popen(self.p)
            raise Failed(f"idle connections: {line[:200]}")

    def end(self):
        self.p.stdin.close()
        try:
            v = json.loads(self.p.stdout.readlines()[-1])
        except (IndexError, ValueError):
            v = {}
        self.p.wait(30)
        return v.get("still_open", 0)


def idle_memory(player):
    """Bytes of the worker's resident memory for one idle keep-alive connection."""
    player.conf()
    player.start()
    try:
        w = player.worker()[0]
        # pages of the program that a first request brings in are no connection's
        Idle(player, 100).end()
        before = rss(w)
        i = Idle(player, IDLE)
        after = rss(w)
        i.end()
        return (after - before) * 1024 / IDLE
    finally:
        player.stop()


# big configurations

def cpu_of(cmd):
    """(wall, user+system) seconds of a command."""
    t = time.monotonic()
    p = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, use = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode:
        raise Failed(f"{cmd[0]}: exit code {p.returncode}")
    return time.monotonic() - t, use.ru_utime + use.ru_stime


def on_cpu(pid):
    """Seconds a process has run."""
    with open(f"/proc/{pid}/schedstat") as f:
        return int(f.read().split()[0]) / 1e9


STEPS = ("-t, processor", "start, processor", "start, wall", "reload, processor", "reload, wall")


def big_times(player):
    """Seconds for each of STEPS. A start is up to the first answer, a reload until the new worker is there;
    processor time is the starter's, which reads the configuration, and the master's."""
    test = cpu_of(SERVER_CPU + player.argv("-t"))[1]
    t = time.monotonic()
    start_cpu = cpu_of(SERVER_CPU + player.argv())[1]
    player.pid = wait(player.file_pid, "pid file")
    try:
        wait(player.answers, "an answer")
        start = time.monotonic() - t
        wait(player.worker, "the worker")
        old = set(player.worker())
        t, c = time.monotonic(), on_cpu(player.pid)
        os.kill(player.pid, signal.SIGHUP)
        wait(lambda: set(player.worker()) - old, "the new worker", 60)
        reload = time.monotonic() - t
        wait(lambda: not set(player.worker()) & old, "the old worker's end")
        reload_cpu = on_cpu(player.pid) - c
    finally:
        player.stop()
    return test, start_cpu, start, reload_cpu, reload


# output

def r2(v):
    return "-" if v is None else f"{v:.2f}"


def num(v):
    if v is None:
        return "-"
    return f"{v:.0f}" if v >= 100 else f"{v:.1f}".removesuffix(".0")


def svg(path, rows, title, third):
    """Bars of the ratios, with a line at 1.00."""
    esc = lambda s: s.replace("&", "&amp;").replace("<", "&lt;")
    top = max([1.2] + [r["ratio"][2] for r in rows] + [r["third"][2] for r in rows if r.get("third")] )
    top = min(top, 3 * max(1.2, max(r["ratio"][0] for r in rows)))
    left, width, step = 290, 520, 34 if third else 26
    x = lambda v: left + min(v, top) / top * width
    h = 70 + step * len(rows)
    o = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 140}" height="{h}" font-family="sans-serif" font-size="12">',
         f'<rect width="100%" height="100%" fill="white"/><text x="10" y="22" font-size="15" font-weight="bold">{esc(title)}</text>']
    k = 0.0
    while k <= top:
        o.append(f'<line x1="{x(k):.1f}" y1="38" x2="{x(k):.1f}" y2="{h - 24}" stroke="{"#333" if k == 1 else "#ddd"}"/>'
                 f'<text x="{x(k):.1f}" y="{h - 8}" text-anchor="middle" fill="#555">{k:.1f}</text>')
        k += 0.5
    for i, r in enumerate(rows):
        y = 44 + i * step
        m, lo, hi = r["ratio"]
        o.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{esc(r["what"])}</text>'
                 f'<rect x="{left}" y="{y}" width="{x(m) - left:.1f}" height="16" fill="{"#2a7f62" if m >= 1 else "#b5533c"}"/>'
                 f'<line x1="{x(lo):.1f}" y1="{y + 8}" x2="{x(hi):.1f}" y2="{y + 8}" stroke="#111"/>'
                 f'<text x="{x(max(m, hi)) + 6:.1f}" y="{y + 13}">{m:.2f}</text>')
        if r.get("third"):
            m = r["third"][0]
            o.append(f'<rect x="{left}" y="{y + 18}" width="{x(m) - left:.1f}" height="8" fill="#9bb"/>')
        if r.get("floor"):
            f = r["floor"][0]
            o.append(f'<line x1="{x(f):.1f}" y1="{y - 2}" x2="{x(f):.1f}" y2="{y + 18}" stroke="#c80" stroke-width="3"/>'
                     f'<text x="{left + width + 50}" y="{y + 13}" fill="#a60">floor {f:.2f}</text>')
    o.append("</svg>")
    with open(path, "w") as f:
        f.write("\n".join(o) + "\n")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cases", default="", help="names, or beginnings of names, with commas between")
    ap.add_argument("--seconds", type=int, default=2, help="of one turn")
    ap.add_argument("--rounds", type=int, default=6, help="turns of each player in a case")
    ap.add_argument("--quick", action="store_true", help="one second, four rounds")
    ap.add_argument("--third", help="another nginx-compatible binary")
    ap.add_argument("--others", action="store_true", help="h2o and lighttpd")
    ap.add_argument("--svg")
    ap.add_argument("--json")
    ap.add_argument("--no-counters", action="store_true")
    ap.add_argument("--no-turns", action="store_true")
    ap.add_argument("--list", action="store_true")
    o = ap.parse_args()
    if o.list:
        for c in CASES:
            print(f"{c.name:14}{c.what}")
        print(f"{'memory':14}resident bytes of an idle connection")
        for n, what, _ in BIG:
            print(f"{n:14}-t, start and reload with {what}")
        return 0
    if o.quick:
        o.seconds, o.rounds = 1, 4
    ours = os.environ.get("NGINX_PORT") or f"{TOP}/target/release/nginx"
    ref = os.environ.get("NGINX_REFERENCE") or shutil.which("nginx") or f"{TOP}/target/reference/usr/sbin/nginx"
    for what, path in (("our binary", ours), ("reference", ref), ("LOAD", os.environ.get("LOAD", "")), ("FLOOR", os.environ.get("FLOOR", ""))):
        if not os.access(path, os.X_OK):
            sys.exit(f"{what}: nothing to run at {path!r}")
    os.environ["LOAD"], os.environ["FLOOR"] = map(os.path.abspath, (os.environ["LOAD"], os.environ["FLOOR"]))
    if not o.no_turns and not shutil.which("wrk"):
        sys.exit("wrk is missing")
    want = [x for x in o.cases.split(",") if x]
    names = [c.name for c in CASES]
    chosen = lambda name: not want or any(name == x or x not in names and name.startswith(x) for x in want)
    # Masters are detached; they come to us when their starter ends, so that nothing of them stays behind.
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    base = tempfile.mkdtemp(prefix="bench-")
    os.chmod(base, 0o755)
    players = {}
    try:
        make_files(f"{base}/html")
        players["ours"] = Player(ours, "ours", base)
        players["nginx"] = Player(ref, "nginx", base)
        if o.third:
            players["third"] = Player(o.third, "third", base)
        return bench(o, base, players, chosen)
    finally:
        for p in players.values():
            p.stop()
        shutil.rmtree(base, ignore_errors=True)
        while True:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    break
            except OSError:
                break


def bench(o, base, players, chosen):
    for n, p in players.items():
        print(f"{n + ':':8}{p.path}  {p.version()}")
    print(f"{len(CPUS)} cores, {os.uname().machine}, Linux {os.uname().release}; load {os.getloadavg()[0]:.2f}; "
          f"{o.rounds} turns of {o.seconds} s")
    third = "third" in players
    so = None if o.no_counters or not shutil.which("gcc") else build_mallocs(base)
    have = {x: not o.no_counters and shutil.which(x) for x in ("strace", "valgrind")}
    rows, result = [], {"rounds": o.rounds, "seconds": o.seconds, "cases": {}}
    todo = [c for c in CASES if chosen(c.name)]
    if todo:
        print(f"\n{'case':31}{'ours/nginx':>10}  {'spread':13}{'bar':>5}  {'ours r/s':>9}{'nginx r/s':>10}{'p99 us':>15}{'cpu us':>15}{'floor':>7}"
              + (f"{'third':>7}" if third else "") + f"  {'syscalls':>13}{'instructions':>24}{'mallocs':>10}")
    for case in todo:
        row = {"name": case.name, "what": case.what}
        try:
            one(case, o, base, players, so, have, row)
        except (Failed, OSError, subprocess.SubprocessError) as e:
            print(f"{case.what:31}{type(e).__name__}: {e}")
        finally:
            for p in players.values():
                p.stop()
        result["cases"][case.name] = row
        if "ratio" in row:
            rows.append(row)
    if chosen("memory"):
        print(f"\nmemory of an idle keep-alive connection ({IDLE} of them), bytes")
        mem = {}
        for n, p in players.items():
            try:
                mem[n] = idle_memory(p)
                print(f"  {n:8}{mem[n]:8.0f}")
            except (Failed, OSError, IndexError) as e:
                print(f"  {n:8}{e}")
        if mem.get("ours") is not None and mem.get("nginx"):
            print(f"  ours/nginx {mem['ours'] / mem['nginx']:.2f}")
        result["memory"] = mem
    for name, what, http in BIG:
        if chosen(name):
            result[name] = big(name, what, http, o, players, have)
    if o.json:
        with open(o.json, "w") as f:
            json.dump(result, f, indent=1)
    if o.svg and rows:
        svg(o.svg, rows, "requests per second, ours / nginx (one worker, one core)", third)
    return 0


def one(case, o, base, players, so, have, row):
    names = []
    for n, p in players.items():
        if p.knows(case.http, case.server):
            names.append(n)
    if "ours" not in names or "nginx" not in names:
        row["skipped"] = "not known to " + ", ".join(n for n in players if n not in names)
        print(f"{case.what:31}skipped: {row['skipped']}")
        return
    if "io_uring" in case.events and (why := no_io_uring()):
        row["skipped"] = f"the kernel refuses io_uring: {why}"
        print(f"{case.what:31}skipped: {row['skipped']}")
        return
    for n in names:
        players[n].conf(case.http, case.server, events=case.events)
        players[n].start()
    headers = dict(case.headers)
    if "{ETAG}" in headers.values():
        etag = header(fetch(players["nginx"].port, case.path)[1], "ETag") or '"none"'
        headers = {k: v.replace("{ETAG}", etag) for k, v in headers.items()}
    # same answer?
    good = fetch(players["nginx"].port, case.path, headers)
    if good[0] != case.status:
        raise Failed(f"nginx answers {good[0]}")
    for n in names:
        s, head, body = fetch(players[n].port, case.path, headers)
        body, want = dechunk(head, body), dechunk(good[1], good[2])
        if case.gunzip:
            import gzip
            body, want = gzip.decompress(body), gzip.decompress(want)
        # the version stands in error pages
        strip = lambda b: re.sub(rb"nginx/[\d.]+", b"nginx", b)
        if s != good[0] or strip(body) != strip(want):
            raise Failed(f"{n} answers otherwise than nginx ({s}, {len(body)} bytes; {good[0]}, {len(want)} bytes)")
    floor = None
    idles, others = [], {}
    pair = lambda x, y: f"{num(x)}/{num(y)}"
    text = f"{case.what:31}"
    try:
        if not o.no_turns:
            script = lua(case, headers, base)
            ports = {n: players[n].port for n in names}
            if case.floor:
                canned = f"{base}/canned"
                head = good[1].replace("Connection: close", "Connection: " + ("close" if case.close else "keep-alive"))
                with open(canned, "wb") as f:
                    f.write(head.encode("latin-1") + b"\r\n\r\n" + good[2])
                ports["floor"] = free_port()
                if not case.close:
                    floor = subprocess.Popen([*SERVER_CPU, os.environ["FLOOR"], f"{HOST}:{ports['floor']}", canned],
                                             stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
                    wait(lambda: can_connect(ports["floor"]), "the floor")
                else:
                    del ports["floor"]
            if case.others and o.others:
                others = {n: started for n in OTHERS if (started := other(n, base))}
                ports.update((n, port) for n, (_, port) in others.items())
            if case.idle:
                idles = [Idle(players[n], case.idle) for n in names]
            for n in ports:
                wrk(case, script, ports[n], 1)

            def turn(n):
                pid = players[n].worker()[0] if n in players else others[n][0].pid if n in others else floor.pid
                before = on_cpu(pid)
                v = wrk(case, script, ports[n], o.seconds * case.longer)
                v["cpu"] = (on_cpu(pid) - before) * 1e6 / v["requests"]
                return v

            t = Turns(list(ports), o.rounds, turn)
            row["rps"] = {n: median(v) for n, v in t.rps.items()}
            row["p99"] = {n: median(v) for n, v in t.p99.items()}
            row["cpu"] = {n: median(v) for n, v in t.cpu.items()}
            row["ratio"] = t.ratio("ours", "nginx")
            if "third" in ports:
                row["third"] = t.ratio("third", "nginx")
            if "floor" in ports:
                row["floor"] = t.ratio("floor", "nginx")
            m, lo, hi = row["ratio"]
            text += (f"{m:10.2f}  {f'{lo:.2f}..{hi:.2f}':13}{r2(case.bar):>5}  {row['rps']['ours']:9.0f}{row['rps']['nginx']:10.0f}"
                     f"{num(row['p99']['ours']) + '/' + num(row['p99']['nginx']):>15}"
                     f"{pair(row['cpu']['ours'], row['cpu']['nginx']):>15}{r2(row['floor'][0]) if 'floor' in row else '':>7}"
                     + (f"{r2(row['third'][0]) if 'third' in row else '-':>7}" if "third" in players else ""))
            row["others"] = {n: t.ratio(n, "nginx") for n in others}
            if any(t.bad.values()):
                text += "  errors: " + ", ".join(f"{n} {b}" for n, b in t.bad.items() if b)
        else:
            text += " " * (89 + (7 if "third" in players else 0))
    finally:
        for i in idles:
            i.end()
        for p, _ in others.values():
            end_popen(p)
        if floor:
            floor.stdin.close()
            floor.wait(10)
    for n in names:
        players[n].stop()
    print(text, end="", flush=True)
    if not o.no_counters and not case.idle:
        n1 = case.n
        got = {}
        for n in names:
            p = players[n]
            h = headers
            got[n] = {}
            for what, f in (("syscalls", (lambda: syscalls(p, case, h, n1)) if have["strace"] else None),
                            ("instructions", (lambda: instructions(p, case, h, max(20, n1 // 2))) if have["valgrind"] else None),
                            ("mallocs", (lambda: mallocs(p, case, h, n1, so)) if so else None)):
                try:
                    got[n][what] = f() if f else None
                except (Failed, OSError, subprocess.SubprocessError) as e:
                    got[n][what] = None
                    got[n].setdefault("errors", []).append(f"{what}: {e}")
        row["counters"] = got
        a, b = got["ours"], got["nginx"]
        calls = lambda v: sum(v["syscalls"].values()) if v["syscalls"] else None
        ins = pair(a["instructions"], b["instructions"])
        if a["instructions"] and b["instructions"]:
            ins += f" {a['instructions'] / b['instructions']:.2f}"
        print(f"  {pair(calls(a), calls(b)):>13}{ins:>24}{pair(a['mallocs'], b['mallocs']):>10}", end="")
        for n in got:
            for e in got[n].get("errors", []):
                print(f"\n    {n}: {e}", end="")
    print(flush=True)
    for n, (m, lo, hi) in row.get("others", {}).items():
        ahead = [x / y for x, y in zip(t.rps["ours"], t.rps[n])]
        print(f"  {n + '/nginx':29}{m:10.2f}  {f'{lo:.2f}..{hi:.2f}':13}  {row['rps'][n]:12.0f}  ours/{n} {median(ahead):.2f}")


def can_connect(port):
    try:
        socket.create_connection((HOST, port), 5).close()
        return True
    except OSError:
        return False


def big(name, what, http, o, players, have):
    names = []
    for n, p in players.items():
        if p.knows("map $arg_k $x { default 1; }" if name.startswith("map") else "server_names_hash_max_size 1024;", "location /a/ { root html; }"):
            names.append(n)
    if "ours" not in names or "nginx" not in names:
        print(f"\n{what}: skipped: not known to {', '.join(n for n in players if n not in names)}")
        return {"skipped": True}
    if not all(players[n].knows("", "expires 1d;") for n in names):
        http = http.replace("expires 1d;", "root html;")
    for n in names:
        players[n].conf(http)
        r = players[n].test()
        if r.returncode:
            print(f"\n{what}: {n}: {r.stderr.decode(errors='replace').strip()[-300:]}")
            return {"failed": True}
    out = {n: [] for n in names}
    rounds = max(3, o.rounds // 2) if not o.no_turns else 0
    print(f"\n{what}, milliseconds (median), ours/nginx with its spread")
    try:
        for k in range(rounds):
            for n in names if k % 2 == 0 else reversed(names):
                out[n].append(big_times(players[n]))
    except (Failed, OSError) as e:
        print(f"  {e}")
        rounds = 0
    for i, step in enumerate(STEPS):
        if not rounds:
            break
        r = sorted(a[i] / b[i] for a, b in zip(out["ours"], out["nginx"]))
        print(f"  {step:20}" + "".join(f"{n} {median([x[i] for x in out[n]]) * 1000:8.1f}  " for n in names)
              + f"{median(r):6.2f}  {r[0]:.2f}..{r[-1]:.2f}{'   bar 0.80' if 'processor' in step else ''}")
    ins = {}
    if have["valgrind"]:
        for n in names:
            ins[n] = test_instructions(players[n])
        if ins.get("ours") and ins.get("nginx"):
            print(f"  {'-t, millions of instructions':14} " + ", ".join(f"{n} {v / 1e6:.1f}" for n, v in ins.items() if v)
                  + f"  {ins['ours'] / ins['nginx']:.2f}")
    return {"times": out, "instructions": ins}


if __name__ == "__main__":
    sys.exit(main())
