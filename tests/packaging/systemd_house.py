"""The units under a real systemd: `sudo python -m tests.packaging.systemd_house`, three minutes. Not part of the suite.

A wheel is built and installed into /opt/hydrogen as docs/install.md says, and systemd is started as the first process of
namespaces of its own (mounts, processes, control groups), over throw-away copies of /etc, /opt and /var: nothing of the host
is touched. Then a virtual printer prints, while the service is restarted, reloaded, stopped, killed, and made to hang, and its
spooler too. Debian's python3, systemd, unshare and nsenter are needed, and the right to mount.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATH = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TARGET = "hydrogen-test.target"

PREPARE = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w
mount -t overlay overlay -o lowerdir=/opt,upperdir=/mnt/u,workdir=/mnt/w /opt
mkdir -p /opt/hydrogen && mount --bind {work}/opt /opt/hydrogen
/usr/bin/python3 -m venv /opt/hydrogen/releases/1
/opt/hydrogen/releases/1/bin/pip install --quiet --only-binary=:all: {work}/wheels/*.whl
ln -sfn releases/1 /opt/hydrogen/current
"""

BOOT = """
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys
umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs tmpfs /mnt
for name in etc opt var usr/local; do
  folder=/mnt/$(echo $name | tr / -); mkdir -p $folder-u $folder-w
  mount -t overlay overlay -o lowerdir=/$name,upperdir=$folder-u,workdir=$folder-w /$name
done
mkdir -p /opt/hydrogen && mount --bind {work}/opt /opt/hydrogen
mount -t tmpfs -o mode=755 tmpfs /run && mkdir -p /run/lock
mount -t tmpfs tmpfs /etc/systemd/system
for wants in /lib/systemd/system/*.wants; do mount -t tmpfs tmpfs $wants; done
cd /etc/systemd/system
for target in sysinit local-fs basic hydrogen-test; do printf '[Unit]\\nDefaultDependencies=no\\n' > $target.target; done
for unit in systemd-tmpfiles-setup systemd-modules-load; do
  printf '[Unit]\\nDefaultDependencies=no\\n[Service]\\nType=oneshot\\nRemainAfterExit=yes\\n' > $unit.service
  echo ExecStart=/bin/true >> $unit.service
done
for unit in systemd-journald.service systemd-journald.socket systemd-udevd.service systemd-logind.service; do
  ln -s /dev/null $unit
done
ln -s /opt/hydrogen/current/bin/hydrogen /usr/local/bin/hydrogen
export container=hydrogen-test
exec /lib/systemd/systemd --system --unit={target} --show-status=no --log-target=console
"""


class Machine:
    """What runs inside."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def run(self, *words: str, is_fatal: bool = True) -> str:
        enter = [
            "nsenter",
            "-t",
            str(self.pid),
            "-m",
            "-p",
            "-u",
            "-i",
            "-C",
            "--wd=/",
            "env",
            "-i",
            f"PATH={PATH}",
            "HOME=/root",
        ]
        done = subprocess.run([*enter, *words], capture_output=True, text=True, timeout=120, check=False)
        if is_fatal and done.returncode != 0:
            raise AssertionError(f"{' '.join(words)}: {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def shown(self, unit: str, what: str) -> str:
        return self.run("systemctl", "show", unit, "-p", what, "--value")

    @property
    def service(self) -> str:
        return self.shown("hydrogen", "MainPID")

    @property
    def spooler(self) -> str:
        return self.shown("hydrogen-spooler@bench", "MainPID")

    def until(self, what: str, is_so: Callable[[], bool], seconds: float = 60.0) -> None:
        ends_at = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > ends_at:
                raise AssertionError(
                    f"{what}: waited {seconds} s in vain; {self.run('hydrogen', 'status', is_fatal=False)}"
                )
            time.sleep(0.5)
        print(f"fine      {what}", flush=True)

    def prints(self) -> bool:
        return "bench: printing" in self.run("hydrogen", "status", is_fatal=False)

    def signal(self, unit: str, name: str) -> None:
        self.run("systemctl", "kill", "--kill-who=main", "-s", name, unit)


@contextmanager
def booted(work: Path) -> Iterator[Machine]:
    unified = Path("/sys/fs/cgroup/unified") if Path("/sys/fs/cgroup/unified").is_dir() else Path("/sys/fs/cgroup")
    group = unified / f"hydrogen-test-{os.getpid()}"
    group.mkdir()
    script = f'echo $$ > {group}/cgroup.procs; exec unshare -m -p -f -u -i -C --kill-child bash -c "$1"'
    boot = BOOT.format(work=work, target=TARGET)
    outer = subprocess.Popen(["bash", "-c", script, "bash", boot], stdin=subprocess.DEVNULL, env={"PATH": PATH})
    try:
        yield Machine(_first_process(outer.pid))
    finally:
        outer.kill()  # and with it, by --kill-child, everything inside
        outer.wait()
        time.sleep(1.0)
        for folder in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
            with suppress(OSError):
                folder.rmdir()
        with suppress(OSError):
            group.rmdir()


def _first_process(outer: int) -> int:
    for _ in range(120):
        children = Path(f"/proc/{outer}/task/{outer}/children").read_text().split()
        if children and "systemd" in Path(f"/proc/{children[0]}/comm").read_text():
            time.sleep(2.0)
            return int(children[0])
        time.sleep(0.25)
    raise AssertionError("systemd did not start")


def lead_a_life(machine: Machine, work: Path) -> None:
    machine.run("hydrogen", "units", "install")
    machine.run(
        "sh", "-c", "setsid /opt/hydrogen/current/bin/hydrogen-sim --link /run/tty >/run/sim.log 2>&1 </dev/null &"
    )
    machine.until(
        "a virtual printer is there",
        lambda: machine.run("sh", "-c", "test -L /run/tty && echo y", is_fatal=False) == "y",
    )
    machine.run("sh", "-c", "chmod 666 $(readlink -f /run/tty)")
    machine.run("hydrogen", "setup", "--yes", "--port", "/run/tty", "--name", "bench")
    machine.run("systemctl", "enable", "--now", "hydrogen")
    machine.until(
        "started by its socket, the spooler connects", lambda: "bench: idle" in machine.run("hydrogen", "status")
    )
    moves = "".join(f"G1 X{10 + n % 97}.{n % 10} Y{10 + n // 97} F600\n" for n in range(9000))
    (work / "opt" / "job.gcode").write_text(f"G28\n{moves}")
    group = machine.run("sh", "-c", "getent group hydrogen | cut -d: -f3")
    member = ("setpriv", "--reuid=4242", "--regid=4242", f"--groups={group}", "env", "HOME=/nonexistent")
    machine.run(*member, "hydrogen", "print", "/opt/hydrogen/job.gcode")
    print("fine      a member of the group hydrogen hands in a print", flush=True)
    machine.until("prints", machine.prints)

    spooler = machine.spooler
    assert machine.run("sh", "-c", f"tail -1 /proc/{spooler}/cgroup").endswith("hydrogen-spooler@bench.service")
    assert "NoNewPrivs:\t1" in machine.run("cat", f"/proc/{spooler}/status")
    for words in (["restart"], ["reload"], ["stop"], ["start"]):
        before = machine.service
        machine.run("systemctl", *words, "hydrogen")
        assert machine.spooler == spooler, words
        if words != ["stop"]:
            machine.until(f"systemctl {words[0]} hydrogen: it prints on, in the same spooler", machine.prints)
        assert (machine.service == before) == (words == ["reload"]), words
    machine.until("the status tells of the print", lambda: "bench printing" in machine.shown("hydrogen", "StatusText"))

    former = machine.service
    machine.signal("hydrogen", "KILL")
    machine.until("a killed service comes back", lambda: machine.service not in ("0", former) and machine.prints())
    assert machine.spooler == spooler
    machine.signal("hydrogen-spooler@bench", "KILL")
    machine.until(
        "a killed spooler comes back and goes on", lambda: machine.spooler not in ("0", spooler) and machine.prints()
    )
    spooler = machine.spooler
    machine.signal("hydrogen-spooler@bench", "STOP")
    machine.until("a hung spooler is found and killed by the service", lambda: machine.spooler not in ("0", spooler))
    machine.until("and its successor goes on", machine.prints)
    former = machine.service
    machine.signal("hydrogen", "STOP")
    machine.until("a hung service is ended by the watchdog", lambda: machine.service not in ("0", former), 90.0)
    machine.until("and the print went on", machine.prints)

    machine.run("hydrogen", "printers", "add", "second", "virtual:")
    machine.until(
        "a printer that is added from afar gets its socket, its spooler and a virtual board",
        lambda: "second: idle" in machine.run("hydrogen", "status", is_fatal=False),
    )
    machine.until("and the print went on", machine.prints)
    machine.run("hydrogen", "printers", "remove", "second")
    machine.until(
        "and is gone again",
        lambda: "second" not in machine.run("hydrogen", "status", is_fatal=False) and machine.prints(),
    )

    assert machine.run("hydrogen", "units", "remove", is_fatal=False) == ""  # refused
    machine.run("hydrogen", "stop", "--all")
    machine.until("everything ends when it is asked to", lambda: machine.spooler == machine.service == "0")
    machine.run("hydrogen", "units", "remove")
    left = machine.run(
        "systemctl", "list-units", "--all", "--plain", "--no-legend", "hydrogen.service", "hydrogen-spooler*"
    )
    assert "hydrogen" not in left, left
    print("fine      and nothing is left of it", flush=True)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="hydrogen-systemd-") as folder:
        work = Path(folder)
        work.chmod(0o755)
        (work / "opt").mkdir()
        wheel = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--wheel-dir",
            str(work / "wheels"),
            str(ROOT),
        ]
        subprocess.run(wheel, check=True)
        prepare = ["unshare", "-m", "bash", "-c", PREPARE.format(work=work)]
        subprocess.run(prepare, check=True, env={**os.environ, "PATH": PATH})
        with booted(work) as machine:
            lead_a_life(machine, work)
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
