"""``make bench``: CIMIC over many records beside the floor of the same run.

``bench/run.py [--records N] [--data FOLDER] [--only pages,writing,files,crowd]``. Starts the
production processes, loads UNAC with N records unless the folder has them, signs in as posts,
and measures each address in turns with the floor. Tells a table, writes ``results.json`` and a
chart, keeps the plans of the hot statements, and compares with the last results of that size.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.measuring import Measured, measured  # noqa: E402
from bench.pages import asked  # noqa: E402
from bench.site import CHECKOUT, Browser, Site  # noqa: E402

RESULTS = CHECKOUT / "bench" / "results.json"
PARTS = ("pages", "writing", "files", "crowd", "plans")


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Run:
    """One run over one data folder: who is signed in, and what was found."""

    def __init__(self, site: Site, seconds: float) -> None:
        import django  # noqa: PLC0415 - once the environment is told

        django.setup()
        from bench import ground  # noqa: PLC0415 - needs Django's set-up

        self.site, self.seconds, self.ground = site, seconds, ground
        self.lines: list[Measured] = []
        self.figures: dict[str, Any] = {"records": ground.records(), "entries": ground.entries()}

    def browsers(self, who: str, path: str, count: int) -> list[Browser]:
        api = path.startswith("/api/")
        headers = self.ground.signed_in(who, api=api)
        return [Browser(self.site.port, headers) for _ in range(count)]

    def pages(self, only: str) -> None:
        """Measure every address of the claim."""
        ground = self.ground
        where = ground.where()
        for one in asked(*where):
            if only and only not in one.name:
                continue
            line = measured(
                one.name,
                one.target,
                lambda count, one=one: self.browsers(one.who, one.path, count),
                one.path,
                one.floor,
                self.seconds,
            )
            self.lines.append(line)
            tell(row_of(line))


def row_of(line: Measured) -> str:
    mark = "ok" if line.held else "MISSED" if line.status == 200 else f"ANSWERED {line.status}"
    return (
        f"{line.name:<34}{line.ratio:>7.2f} × (to reach {line.target:g})  {line.milliseconds:>8.1f}"
        f" ms, floor {line.floor:>5.1f}  8 clients {line.ratio_of_eight:>6.2f} ×  "
        f"{line.statements:>3} statements {line.kilobytes:>7.1f} KB  {mark}"
    )


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
        run = Run(site, options.seconds)
        if loading:
            run.figures["load_seconds"] = round(loading)
        if "pages" in parts:
            run.pages(options.name)
        run.figures["web_mib"] = [round(each) for each in site.memory()]
        tell(f"web processes hold {run.figures['web_mib']} MiB")
    if "plans" in parts:
        run.ground.keep_all_plans(options.name)
    site.server.stop()
    return 0 if all(line.held for line in run.lines) else 1


if __name__ == "__main__":
    raise SystemExit(main())
