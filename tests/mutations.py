# ruff: noqa: T201
"""Remove or bend each rule of the policy, one at a time: a test must fail (``make mutations``).

Each mutant runs in a copy of the checkout, with the tests that meet the function it is in, the
most specific first. What survives is a rule that nothing holds, or a change that changes
nothing: both are named. Why this is our own and no library: ``docs/decisions/0015``.
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

from tests.mutants import CHECKOUT, Mutant, marked, mutants_of

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


class Workplace:
    """A copy of the checkout with a database server of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
        names = subprocess.run(listed, cwd=CHECKOUT, check=True, capture_output=True, text=True)
        for name in filter(None, names.stdout.split("\0")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if (CHECKOUT / name).is_file():
                shutil.copy2(CHECKOUT / name, folder / name)
        (folder / ".venv").symlink_to(CHECKOUT / ".venv")
        self.environment = {**os.environ, "PYTEST_XDIST_WORKER": "mutant"}
        server = "import tests.database as made; print(made.DATA)"
        self.environment["CIMIC_DATA"] = self.python("-c", server, env=os.environ).stdout.split()[
            -1
        ]

    def python(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        more = {"env": self.environment, "timeout": 3600, **more}
        command = [str(self.folder / ".venv/bin/python"), *words]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, **more)

    def pytest(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        plain = ("-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider")
        return self.python(*plain, "-p", "tests.mutations", *words, **more)

    def close(self) -> None:
        stop = "import sys; from pathlib import Path; from cimic.embedded.postgres import Server"
        data = f"{self.environment['CIMIC_DATA']}/postgres"
        self.python("-c", f"{stop}; Server(Path(sys.argv[1])).stop()", data)

    def met(self, files: list[str]) -> dict[str, tuple[list[str], float]]:
        """Run every test; say of each that passed what it met and how long it took."""
        for file in files:
            (self.folder / file).write_text(marked(file), encoding="utf-8")
        kept = self.folder / "var" / "map.jsonl"
        told = self.pytest(
            "-m",
            "not browser",
            *(f"--ignore=tests/{name}" for name in APART),
            env={**self.environment, MAP: str(kept)},
        )
        failed = {line.split()[1].split("[")[0] for line in failures(told.stdout)}
        print(told.stdout.splitlines()[-1], *sorted(failed), sep="\n  left out: ", flush=True)
        found: dict[str, tuple[list[str], float]] = {}
        for line in kept.read_text(encoding="utf-8").splitlines():
            test, seen, seconds = json.loads(line)
            before, took = found.get(test, ([], 0.0))
            found[test] = (sorted({*before, *seen}), took + seconds)
        for file in files:
            shutil.copy2(CHECKOUT / file, self.folder / file)
        return {test: met for test, met in found.items() if met[0] and test not in failed}

    def tries(self, mutant: Mutant, tests: dict[str, tuple[list[str], float]]) -> Mutant:
        """Run the tests that meet a mutant until one fails."""
        name = f"{mutant.file}:{mutant.owner}"
        meeting = [test for test, (seen, _) in tests.items() if not mutant.owner or name in seen]
        here = {test for test in meeting if any(s.startswith(mutant.file) for s in tests[test][0])}
        meeting.sort(key=lambda test: (test not in here, len(tests[test][0]), tests[test][1]))
        if not meeting:
            mutant.result = "survived"
            mutant.by = "no test meets it"
            return mutant
        place, began = self.folder / mutant.file, time.monotonic()
        place.write_text(mutant.text, encoding="utf-8")
        for some in (meeting[:FIRST], meeting[FIRST:]):
            if some and mutant.result != "killed":
                mutant.result, mutant.by = self.fails(
                    some, 120 + 4 * sum(tests[t][1] for t in some)
                )
        mutant.seconds = round(time.monotonic() - began, 1)
        shutil.copy2(CHECKOUT / mutant.file, place)
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
    return [line for line in told.splitlines() if line.startswith(("FAILED ", "ERROR "))]


def report(mutants: list[Mutant]) -> None:
    """Write the results down, and print what survived and the score of each file."""
    killed = [mutant for mutant in mutants if mutant.result == "killed"]
    kept = [{**asdict(mutant), "text": None} for mutant in mutants]
    RESULTS.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    for mutant in mutants:
        if mutant not in killed:
            print(f"SURVIVED {mutant.file}:{mutant.line} {mutant.owner}: {mutant.what}")
    for file in (*sorted({mutant.file for mutant in mutants}), ""):
        of = [mutant for mutant in mutants if not file or mutant.file == file]
        dead = sum(mutant.result == "killed" for mutant in of)
        print(f"{file or 'all':45} {len(of):5} mutants {dead:5} killed {dead / len(of):7.1%}")


def main() -> int:
    words = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    words.add_argument("files", nargs="*", help="those of the policy, unless named")
    words.add_argument("--sample", type=int, help="so many mutants, drawn alike each time")
    words.add_argument("--survivors", action="store_true", help="those that survived last time")
    words.add_argument("--count", action="store_true", help="only list the mutants")
    words.add_argument("--workers", type=int, default=2)
    chosen = words.parse_args()
    found = {path.relative_to(CHECKOUT) for name in TARGETS for path in CHECKOUT.glob(name)}
    files = chosen.files or sorted(map(str, found))
    mutants = [mutant for file in files for mutant in mutants_of(file)]
    if chosen.survivors:
        last = json.loads(RESULTS.read_text(encoding="utf-8"))
        left = {
            (was["file"], was["owner"], was["what"]) for was in last if was["result"] != "killed"
        }
        mutants = [each for each in mutants if (each.file, each.owner, each.what) in left]
    if chosen.sample:
        mutants = random.Random(0).sample(mutants, min(chosen.sample, len(mutants)))
    if chosen.count:
        for mutant in mutants:
            print(f"{mutant.file}:{mutant.line} {mutant.owner}: {mutant.what}")
        print(len(mutants), "mutants")
        return 0
    places: queue.Queue[Workplace] = queue.Queue()
    with tempfile.TemporaryDirectory(prefix="cimic-mutations-") as folder:
        made = [Workplace(Path(folder) / str(number)) for number in range(chosen.workers)]
        try:
            tests = made[0].met(sorted({mutant.file for mutant in mutants}))
            for place in made:
                places.put(place)

            def tried(mutant: Mutant) -> Mutant:
                place = places.get()
                try:
                    return place.tries(mutant, tests)
                finally:
                    places.put(place)
                    print("." if mutant.result == "killed" else "S", end="", flush=True)

            with ThreadPoolExecutor(chosen.workers) as pool:
                done = list(pool.map(tried, mutants))
        finally:
            for place in made:
                place.close()
    print()
    report(done)
    return int(any(mutant.result != "killed" for mutant in done))


if __name__ == "__main__":
    sys.exit(main())
