# ruff: noqa: T201
"""Remove or bend each rule of the policy, one at a time: a test must fail (``make mutations``).

Each mutant runs in a copy of the checkout, with the tests that meet the function it is in, the
most specific first. What survives is a rule that nothing holds, or a change that changes
nothing: both are named. Why this is our own and no library: ``docs/decisions/0017``.
"""

import argparse
import json
import os
import queue
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.mutants import Mutant, marked, mutants_of

CHECKOUT = Path(__file__).resolve().parent.parent
RESULTS = CHECKOUT / "var" / "mutations.json"
TARGETS = ("approvals/moves.py", "approvals/policy/*.py", "approvals/invariants/*.py")
APART = ("test_start.py", "test_crash.py", "test_embedded.py")  # processes of their own
FIRST = 12  # so many tests are run before the others are even read
MAP = "CIMIC_MUTATIONS_MAP"
SEEN: set[str] = set()  # the functions that a test met, in the run that maps tests to them


# As a plugin of pytest: write down which functions a test meets; keep the order asked for.


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: Any) -> Iterator[None]:
    SEEN.clear()
    began = time.monotonic()
    done = yield
    if MAP in os.environ:
        told = (item.nodeid.split("[")[0], sorted(SEEN), time.monotonic() - began)
        with open(os.environ[MAP], "a", encoding="utf-8") as kept:
            kept.write(json.dumps(told) + "\n")
    return done


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Run the tests in the order they were named in, whatever database they need."""
    first = {name: number for number, name in enumerate(config.args)}
    items.sort(key=lambda item: first.get(item.nodeid.split("[")[0], len(first)))


# The run.


Met = dict[str, tuple[set[str], float]]  # by test: the functions it met, the seconds it took


def copied(folder: Path) -> Path:
    """Copy the checkout, as it would be committed now, so that nobody changes it meanwhile."""
    listed = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=CHECKOUT, check=True, capture_output=True, text=True)
    for name in filter(None, names.stdout.split("\0")):
        if (CHECKOUT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, folder / name)
    (folder / ".venv").symlink_to(CHECKOUT / ".venv")
    return folder


class Workplace:
    """A copy of the checkout with a database server of its own."""

    def __init__(self, folder: Path, base: Path) -> None:
        shutil.copytree(base, folder, symlinks=True)
        self.folder, self.base = folder, base
        self.environment = {**os.environ, "PYTEST_XDIST_WORKER": "mutant"}
        told = self.python("import tests.database as made; print(made.DATA)", env=os.environ)
        self.environment["CIMIC_DATA"] = told.stdout.split()[-1]

    def python(self, program: str, **more: Any) -> subprocess.CompletedProcess[str]:
        return self.run("-c", program, **more)

    def run(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        more = {"env": self.environment, "timeout": 3600, **more}
        command = [str(self.folder / ".venv/bin/python"), *words]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, **more)

    def pytest(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        plain = ("-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider")
        return self.run(*plain, "-p", "tests.mutations", *words, **more)

    def close(self) -> None:
        server = f"Server(Path({self.environment['CIMIC_DATA']!r}) / 'postgres')"
        given = "from pathlib import Path; from cimic.embedded.postgres import Server"
        self.python(f"{given}; {server}.stop()")

    def met(self, files: list[str], where: list[str]) -> Met:
        """Run the tests; say of each that passed what it met and how long it took."""
        for file in files:
            source = (self.base / file).read_text(encoding="utf-8")
            (self.folder / file).write_text(marked(file, source), encoding="utf-8")
        kept = self.folder / "var" / "map.jsonl"
        apart = [f"--ignore=tests/{name}" for name in APART]
        environment = {**self.environment, MAP: str(kept)}
        told = self.pytest("-m", "not browser", *apart, *where, env=environment)
        failed = {line.split()[1].split("[")[0] for line in failures(told.stdout)}
        print(told.stdout.splitlines()[-1], *sorted(failed), sep="\n  left out: ", flush=True)
        found: Met = {}
        for line in kept.read_text(encoding="utf-8").splitlines():
            test, seen, seconds = json.loads(line)
            before, took = found.get(test, (set(), 0.0))
            found[test] = (before | set(seen), took + seconds)
        for file in files:
            shutil.copy2(self.base / file, self.folder / file)
        return {test: met for test, met in found.items() if test not in failed}

    def names(self, test: str, file: str) -> bool:
        """Whether a test's file imports a module, or its package, by name."""
        module = file.removesuffix(".py").replace("/", ".")
        text = (self.base / test.split("::")[0]).read_text(encoding="utf-8")
        return module in text or module.rpartition(".")[0] + " import" in text

    def meeting(self, mutant: Mutant, tests: Met) -> list[str]:
        """List the tests that a mutant can fail, the likeliest first.

        A function's are those that met it; of what stands outside functions it may be any.
        """
        name = f"{mutant.file}:{mutant.owner}"
        found = {test for test, (seen, _) in tests.items() if not mutant.owner or name in seen}
        near = {
            test
            for test in found
            if self.names(test, mutant.file) or any(mutant.file in met for met in tests[test][0])
        }
        return sorted(
            found, key=lambda test: (test not in near, len(tests[test][0]), tests[test][1])
        )

    def tries(self, mutant: Mutant, tests: Met) -> Mutant:
        """Run the tests that meet a mutant until one fails."""
        place, began = self.folder / mutant.file, time.monotonic()
        meeting = self.meeting(mutant, tests)
        mutant.result, mutant.by = "survived", "" if meeting else "no test meets it"
        place.write_text(mutant.text, encoding="utf-8")
        for some in (meeting[:FIRST], meeting[FIRST:]):
            if some and mutant.result != "killed":
                limit = 120 + 4 * sum(tests[test][1] for test in some)
                mutant.result, mutant.by = self.fails(some, limit)
        mutant.seconds = round(time.monotonic() - began, 1)
        shutil.copy2(self.base / mutant.file, place)
        return mutant

    def fails(self, some: list[str], limit: float) -> tuple[str, str]:
        """Run some tests until one fails."""
        (self.folder / "var" / "tests.txt").write_text("\n".join(some), encoding="utf-8")
        try:
            told = self.pytest("-x", "@var/tests.txt", timeout=limit)
        except subprocess.TimeoutExpired:
            return "killed", "time ran out"
        words = next(iter(failures(told.stdout)), (told.stdout + told.stderr)[-300:])
        return ("killed", words) if told.returncode else ("survived", "")


def failures(told: str) -> list[str]:
    """List the lines of pytest's summary that name what failed."""
    return [line for line in told.splitlines() if line.startswith(("FAILED ", "ERROR "))]


def report(mutants: list[Mutant]) -> None:
    """Write the results down, and print what survived and the score of each file."""
    kept = [{**asdict(mutant), "text": None} for mutant in mutants]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    print()
    for mutant in mutants:
        if mutant.result != "killed":
            print(f"SURVIVED {mutant} {mutant.by}")
    for file in (*sorted({mutant.file for mutant in mutants}), ""):
        of = [mutant for mutant in mutants if not file or mutant.file == file]
        dead = sum(mutant.result == "killed" for mutant in of)
        print(f"{file or 'all':45} {len(of):5} mutants {dead:5} killed {dead / len(of):7.1%}")


def chosen(words: argparse.Namespace) -> list[Mutant]:
    """List the mutants asked for."""
    found = {path.relative_to(CHECKOUT) for name in TARGETS for path in CHECKOUT.glob(name)}
    files = words.files or sorted(map(str, found))
    mutants = [mutant for file in files for mutant in mutants_of(CHECKOUT, file)]
    if words.survivors:
        last = json.loads(RESULTS.read_text(encoding="utf-8"))
        left = {
            (was["file"], was["owner"], was["what"]) for was in last if was["result"] != "killed"
        }
        mutants = [each for each in mutants if (each.file, each.owner, each.what) in left]
    if words.sample:
        mutants = random.Random(0).sample(mutants, min(words.sample, len(mutants)))
    return mutants


def tried(mutants: list[Mutant], where: list[str], workers: int) -> list[Mutant]:
    """Try every mutant, several side by side."""
    free: queue.Queue[Workplace] = queue.Queue()

    def one(mutant: Mutant) -> Mutant:
        place = free.get()
        try:
            return place.tries(mutant, tests)
        finally:
            free.put(place)
            print("." if mutant.result == "killed" else "S", end="", flush=True)

    with tempfile.TemporaryDirectory(prefix="cimic-mutations-") as folder:
        base = copied(Path(folder) / "base")
        made = [Workplace(Path(folder) / str(number), base) for number in range(workers)]
        try:
            tests = made[0].met(sorted({mutant.file for mutant in mutants}), where)
            for place in made:
                free.put(place)
            with ThreadPoolExecutor(workers) as pool:
                return list(pool.map(one, mutants))
        finally:
            for place in made:
                place.close()


def main() -> int:
    words = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    words.add_argument("files", nargs="*", help="instead of all that hold the policy")
    words.add_argument("--tests", nargs="+", default=["tests"], help="instead of all tests")
    words.add_argument("--sample", type=int, help="so many mutants, drawn alike each time")
    words.add_argument("--survivors", action="store_true", help="those that survived last time")
    words.add_argument("--count", action="store_true", help="only list the mutants")
    words.add_argument("--workers", type=int, default=2)
    given = words.parse_args()
    mutants = chosen(given)
    if given.count:
        print(*mutants, f"{len(mutants)} mutants", sep="\n")
        return 0
    done = tried(mutants, given.tests, given.workers)
    report(done)
    return int(any(mutant.result != "killed" for mutant in done))


if __name__ == "__main__":
    sys.exit(main())
