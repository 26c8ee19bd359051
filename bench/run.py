"""``make bench``: CIMIC over many records beside the floor of the same run.

``bench/run.py [--records N] [--data FOLDER]
[--only pages,writing,concurrency,exports,verify,plans]``. Starts the production processes, loads
UNAC with N records unless the folder has them, signs in as posts,
and measures each address in turns with the floor. Tells a table, writes ``results.json`` and its
chart, keeps the plans of the slowest statements, tells what changed since the last run of that
size and how each page grew from the smallest size measured.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import concurrency, writing  # noqa: E402
from bench.measuring import Measured, measured  # noqa: E402
from bench.pages import asked  # noqa: E402
from bench.results import all_held, growth, keep, row_of, table_of  # noqa: E402
from bench.site import CHECKOUT, Browser, Site  # noqa: E402

PARTS = ("pages", "writing", "concurrency", "exports", "verify", "plans")


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Run:
    """One run over one data folder: who is signed in, and what was found."""

    def __init__(self, site: Site, records: int, seconds: float) -> None:
        import django  # noqa: PLC0415 - once the environment is told

        django.setup()
        from bench import ground, leaving, proving  # noqa: PLC0415 - needs Django's set-up

        self.site, self.seconds, self.ground = site, seconds, ground
        self.leaving, self.proving = leaving, proving
        self.lines: list[Measured] = []
        self.figures: dict[str, Any] = {"records": records, "entries": ground.entries()}
        self.figures |= ground.storage() | {"bare_sql_ms": ground.bare_sql_ms()}

    def browsers(self, who: str, path: str, count: int) -> list[Browser]:
        api = path.startswith("/api/")
        headers = self.ground.signed_in(who, api=api)
        return [Browser(self.site.port, headers) for _ in range(count)]

    def pages(self, only: str) -> None:
        """Measure every address of the claim."""
        ground = self.ground
        ground.counted()
        where = ground.where()
        for one in asked(*where):
            if only and only not in one.name:
                continue
            line = measured(
                one,
                lambda count, one=one: self.browsers(one.who, one.path, count),
                self.site.spent,
                self.seconds,
            )
            self.lines.append(line)
            tell(row_of(line))

    def exports(self) -> None:
        """Measure everything taken out as CSV, beside COPY."""
        headers = self.ground.signed_in(self.leaving.WHO, api=False)
        self.figures |= self.leaving.left(self.site.port, headers, self.site.spent)

    def verify(self) -> None:
        """Measure how fast the ledger is proved."""
        self.figures |= self.proving.proved()


def main() -> int:
    """Measure what was asked for; return 1 where a claim was missed."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    reader.add_argument("--records", type=int, default=10_000)
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--data", type=Path, default=None)
    reader.add_argument("--memory", type=int, default=2048, help="megabytes for PostgreSQL")
    reader.add_argument("--seconds", type=float, default=4.0, help="for each run of an address")
    reader.add_argument("--only", default=",".join(PARTS))
    reader.add_argument("--name", default="", help="pages whose name holds this, alone")
    options = reader.parse_args()
    folder = options.data or CHECKOUT / "var" / f"bench-{options.records}"
    site = Site(folder.resolve(), options.memory)
    loading = site.prepare(options.records, options.seed)
    parts = options.only.split(",")
    with site.serving():
        run = Run(site, options.records, options.seconds)
        if loading:
            run.figures["load_seconds"] = round(loading)
        if "pages" in parts:
            run.pages(options.name)
        if "writing" in parts:
            run.figures |= writing.measured(run, tell)
        if "concurrency" in parts:
            run.figures |= concurrency.measured(run, tell)
        if "exports" in parts:
            run.exports()
        if "verify" in parts:
            run.verify()
        if "pages" in parts:
            run.figures["web_mib"] = round(site.memory("Pss"))
            run.figures["web_rss_mib"] = round(site.memory("Rss"))
    for line in (*table_of(run.figures), *keep(run.figures, run.lines)):
        tell(line)
    for name, grown, holds in growth():
        tell(f"{name:<32}{grown:>7.2f} × from the smallest size{'' if holds else '  GREW'}")
    if "plans" in parts:
        run.ground.keep_all_plans(options.name)
    site.server.stop()
    return 0 if all_held(run.figures, run.lines) else 1


if __name__ == "__main__":
    raise SystemExit(main())
