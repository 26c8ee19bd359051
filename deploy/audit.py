"""Tell which locked packages have a published weakness, without a network.

    python deploy/audit.py ADVISORIES.zip [LOCK ...]

``ADVISORIES.zip`` holds advisories in the OSV format, one JSON document each, as the Python
ecosystem's are published in one archive; it is carried to the machine like an update. Each LOCK
(``requirements.lock`` where none is named) is read as pip reads it. Prints a line for each
weakness and ends with 1 where there is one, 2 where something cannot be read, else 0.

https://ossf.github.io/osv-schema/ says how ``affected`` is evaluated.
"""

import json
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
LARGEST = 5_000_000  # bytes of one advisory


class Weakness(NamedTuple):
    """A locked package with a published weakness, and the versions that mend it."""

    package: str
    version: str
    advisory: str
    mended_in: tuple[str, ...]
    summary: str

    def __str__(self) -> str:
        mended = ", ".join(self.mended_in) or "no version yet"
        return f"{self.package} {self.version}: {self.advisory} (mended in {mended}) {self.summary}"


def locked(text: str) -> dict[str, str]:
    """Return what a lock pins: the version of each package, by its canonical name."""
    return {canonicalize_name(name): version for name, version in PINNED.findall(text)}


def advisories(archive: Path) -> Iterator[dict[str, Any]]:
    """Yield the advisories of an archive that have not been withdrawn.

    Raises ``zipfile.BadZipFile`` or ``ValueError`` where it cannot be read.
    """
    with zipfile.ZipFile(archive) as documents:
        for info in documents.infolist():
            if not info.filename.endswith(".json"):
                continue
            if info.file_size > LARGEST:
                raise ValueError(f"{info.filename} is larger than an advisory can be")
            advisory = json.loads(documents.read(info))
            if "withdrawn" not in advisory:
                yield advisory


def _is_within(version: Version, events: list[dict[str, str]]) -> bool:
    """Whether a version lies in a range, whose events are taken in the order of versions."""

    def place(event: dict[str, str]) -> tuple[Version, bool]:
        (kind, told), *_rest = event.items()
        return Version(told), kind == "last_affected"

    within = False
    for event in sorted((event for event in events if "limit" not in event), key=place):
        (kind, told), *_rest = event.items()
        at = Version(told)
        if kind == "introduced" and version >= at:
            within = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            within = False
    return within


def _is_affected(version: str, affected: dict[str, Any]) -> bool:
    if version in affected.get("versions", ()):
        return True
    return any(
        _is_within(Version(version), spans["events"])
        for spans in affected.get("ranges", ())
        if spans["type"] == "ECOSYSTEM"
    )


def weaknesses(archive: Path, pins: dict[str, str]) -> list[Weakness]:
    """Return the published weaknesses of what is pinned, by package and advisory."""
    found = set()
    for advisory in advisories(archive):
        for affected in advisory.get("affected", ()):
            package = affected.get("package", {})
            name = canonicalize_name(package.get("name", ""))
            if package.get("ecosystem") != "PyPI" or name not in pins:
                continue
            if _is_affected(pins[name], affected):
                events = [event for spans in affected["ranges"] for event in spans["events"]]
                mended = tuple(event["fixed"] for event in events if "fixed" in event)
                summary = advisory.get("summary", "")
                found.add(Weakness(name, pins[name], advisory["id"], mended, summary))
    return sorted(found)


def main(arguments: list[str]) -> int:
    """Print the weaknesses of the locks named; return the command's exit code."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    archive, *locks = map(Path, arguments)
    pins: dict[str, str] = {}
    try:
        for lock in locks or [Path("requirements.lock")]:
            pins |= locked(lock.read_text())
        found = weaknesses(archive, pins)
    except (OSError, ValueError, KeyError, InvalidVersion, zipfile.BadZipFile) as error:
        print(f"Cannot be read: {error}", file=sys.stderr)
        return 2
    for weakness in found:
        print(weakness)
    print(f"{len(pins)} packages, {len(found)} published weaknesses.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
