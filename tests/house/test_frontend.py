"""The front end is built from locked packages: hashes for each, addresses for none."""

from __future__ import annotations

import json
import re
import subprocess

from tests.house.source import PROJECT

STATIC = PROJECT / "static"
HOSTS = re.compile(r"registry\.|npmjs|npmmirror|taobao|unpkg|jsdelivr|cdnjs|\bresolved\b.*:", re.IGNORECASE)


def _ours() -> list[str]:
    told = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "static"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.split()


def _find_hosts(text: str) -> list[str]:
    return [found.group() for found in HOSTS.finditer(text)]


def test_no_front_end_file_names_a_registry() -> None:
    files = [PROJECT / name for name in _ours() if (PROJECT / name).is_file()]
    assert len(files) > 10
    for path in files:
        assert _find_hosts(path.read_text(encoding="utf-8")) == [], path


def test_a_planted_registry_is_caught() -> None:
    assert _find_hosts('"resolved": "https:' + '//packages.example/a.tgz"') != []
    assert _find_hosts("https:" + "//cdn.jsdelivr.net/npm/x") != []


def test_every_locked_package_has_a_hash_and_no_address() -> None:
    text = (STATIC / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert all(each["integrity"].startswith("sha512-") for name, each in packages.items() if name)


def test_what_is_built_or_installed_is_never_committed() -> None:
    assert [name for name in _ours() if name.startswith(("static/dist", "static/node_modules"))] == []


def test_versions_are_pinned() -> None:
    package = json.loads((STATIC / "package.json").read_text(encoding="utf-8"))
    wanted = {**package["dependencies"], **package["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert wanted["htmx.org"].startswith("2.0.")
