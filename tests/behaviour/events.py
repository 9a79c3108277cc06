#!/usr/bin/env python3
"""Event methods, the number of workers that "auto" means, and load_module."""

import os
import signal
import subprocess

from _common import OURS, REFERENCE, Nginx, Skip, check, main, reference, same, test, wait

CPUS = sorted(os.sched_getaffinity(0))


@test
def load_module_is_refused():
    n = Nginx(GLOBAL='load_module modules/ngx_x_module.so;')
    same(n.run('-t', '-e', 'stderr')[0], 1, 'exit code')
    code, text = n.run('-t')
    check('nginx: [emerg] "load_module" is not supported: this nginx has no ABI for modules, they are built in in '
          f'{n.prefix}/nginx.conf:' in text, text)
    check(text.endswith(f'configuration file {n.prefix}/nginx.conf test failed\n'), text)


def serves(method):
    n = Nginx(GLOBAL='worker_processes 2; ', EVENTS=f'use {method};').start()
    with open(n.path('html/big'), 'wb') as f:
        f.truncate(3000000)
    check(f'using the "{method}" event method' in n.log(), n.log())
    for _ in range(20):
        same(n.ask(), 'one', 'a small file')
    same(len(n.ask('/big')), 3000000, 'a big one')
    same(n.run('-s', 'reload'), (0, ''), 'reload')
    wait(lambda: n.log().count('gracefully shutting down') >= 2, 'the old workers')
    same(n.ask(), 'one', 'after the reload')
    check('[alert]' not in n.log(), n.log())


@test
def use_epoll():
    serves('epoll')


@test
def use_poll():
    serves('poll')


@test
def use_select():
    serves('select')


@test
def use_of_an_unknown_method():
    n = Nginx(EVENTS='use kqueue;')
    code, text = n.run('-t')
    same(code, 1, 'exit code')
    check('[emerg] invalid event type "kqueue" in ' in text, text)


def auto(binary=OURS, prefix=(), before=None):
    n = Nginx(binary, GLOBAL='worker_processes auto;')
    out = open(n.path('out'), 'w')
    n.proc = subprocess.Popen([*prefix, *n.args('-g', 'daemon off;')], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                              preexec_fn=before)
    out.close()
    wait(lambda: n.ask() is not None, 'an answer')
    # all are forked before the first one can answer, but it may answer first
    os.kill(n.proc.pid, signal.SIGHUP)
    wait(lambda: 'reconfiguring' in n.log() and 'gracefully shutting down' in n.log(), 'a reload')
    first = n.log().split('reconfiguring')[0]
    return first.count('start worker process ')


@test
def auto_with_one_processor():
    def one():
        os.sched_setaffinity(0, CPUS[:1])
    same(auto(before=one), 1, 'workers')
    reference(lambda: f'{auto(REFERENCE, before=one)} workers on one processor of {os.cpu_count()}')


@test
def auto_with_all():
    check(1 <= auto() <= len(CPUS), 'workers')


def group():
    """A cgroup with a quota of half a processor, or None: (its directory, clean-up)."""
    with open('/proc/self/cgroup') as f:
        lines = [line.strip().split(':', 2) for line in f]
    for _, controllers, path in lines:
        if controllers == '':
            top, quota = '/sys/fs/cgroup' + path, ('cpu.max', '50000 100000')
        elif 'cpu' in controllers.split(','):
            top, quota = '/sys/fs/cgroup/cpu' + path, ('cpu.cfs_quota_us', '50000')
        else:
            continue
        name = os.path.join(top, f'nginx-behaviour-{os.getpid()}')
        try:
            os.mkdir(name)
        except OSError:
            continue
        try:
            with open(os.path.join(name, quota[0]), 'w') as f:
                f.write(quota[1])
            return name
        except OSError:
            os.rmdir(name)
    return None


@test
def auto_with_a_quota():
    if len(CPUS) < 2:
        raise Skip('one processor only')
    name = group()
    if not name:
        raise Skip('no cgroup can be made here')

    def join():
        with open(os.path.join(name, 'cgroup.procs'), 'w') as f:
            f.write(str(os.getpid()))
    try:
        same(auto(before=join), 1, 'workers with half a processor')
        reference(lambda: f'{auto(REFERENCE, before=join)} workers with half a processor')
    finally:
        from _common import clean_all
        clean_all()

        def removed():
            try:
                os.rmdir(name)
            except OSError:
                return not os.path.exists(name)
            return True
        wait(removed, 'the cgroup to be empty')


main()
