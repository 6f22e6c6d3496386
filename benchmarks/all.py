"""Every benchmark, each in a process of its own, so that the peak memory told is its own."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.measuring import read_size

NAMES = ("settle", "sealing", "reading", "codes", "accept", "issue", "check", "redeem")


def main() -> int:
    """Run them one after the other and return how many failed."""
    size = read_size("every benchmark, one after the other")
    failed = 0
    for name in NAMES:
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", "--size", str(size)], check=False)
        failed += done.returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
