"""The chart of results: each page's ratio to the floor at each size, and the mark to reach."""

from html import escape
from typing import Any

LEFT, RIGHT, TOP, LINE = 250, 40, 64, 22
WIDTH = 860
MOST = 12  # ratios beyond this stand at the edge, with their number
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1c2733 }
.quiet { fill: #5a6672 } .grid { stroke: #d5dbe1 } .mark { stroke: #1c2733; stroke-width: 2 }
.s0 { fill: #8fb8de } .s1 { fill: #3b82c4 } .s2 { fill: #123f6b } .missed { fill: #a3320b }
@media (prefers-color-scheme: dark) {
  text { fill: #e6ebf0 } .quiet { fill: #a7b2bd } .grid { stroke: #3a4550 }
  .mark { stroke: #e6ebf0 }
  .s0 { fill: #35597c } .s1 { fill: #5f9fd8 } .s2 { fill: #cfe4f7 } .missed { fill: #f2a488 }
}
"""


def _x(ratio: float) -> float:
    return LEFT + min(ratio, MOST) / MOST * (WIDTH - LEFT - RIGHT)


def _shape(place: int, x: float, y: float) -> str:
    """A circle, a square and a diamond: sizes are told apart without colour."""
    if place == 0:
        return f'<circle class="s0" cx="{x:.1f}" cy="{y}" r="5"/>'
    if place == 1:
        return f'<rect class="s1" x="{x - 5:.1f}" y="{y - 5}" width="10" height="10"/>'
    points = f"{x:.1f},{y - 7} {x + 7:.1f},{y} {x:.1f},{y + 7} {x - 7:.1f},{y}"
    return f'<polygon class="s2" points="{points}"/>'


def _heading(sizes: list[str], bottom: int) -> list[str]:
    parts = [
        '<text x="12" y="22" font-weight="600">Processor time beside a bare page of 50 rows</text>'
    ]
    for place, size in enumerate(sizes):
        x = 12 + 150 * place
        parts += [_shape(place, x + 6, 40), f'<text x="{x + 20}" y="44">{int(size):,}</text>']
    x = 12 + 150 * len(sizes)
    parts.append(f'<line class="mark" x1="{x + 6}" x2="{x + 6}" y1="32" y2="48"/>')
    parts.append(f'<text x="{x + 16}" y="44">to reach</text>')
    for ratio in range(0, MOST + 1, 2):
        at = _x(ratio)
        parts.append(f'<line class="grid" x1="{at}" x2="{at}" y1="{TOP - 8}" y2="{bottom}"/>')
        parts.append(
            f'<text class="quiet" x="{at}" y="{bottom + 18}" text-anchor="middle">{ratio} ×</text>'
        )
    return parts


def drawn(results: dict[str, Any]) -> str:
    """Draw the ratios of up to three sizes, smallest first, as an SVG that needs nothing else."""
    sizes = list(results)[:2] + list(results)[2:][-1:]
    ratios = {size: {line["name"]: line for line in results[size]["lines"]} for size in sizes}
    names = list(ratios[sizes[-1]])
    bottom = TOP + LINE * len(names)
    parts = _heading(sizes, bottom)
    for row, name in enumerate(names):
        y = TOP + LINE * row + LINE // 2 - 4
        line = ratios[sizes[-1]][name]
        missed = ' class="missed"' if line["ratio"] > line["target"] else ""
        parts.append(f'<text x="12" y="{y + 4}"{missed}>{escape(name)}</text>')
        mark = _x(line["target"])
        parts.append(f'<line class="mark" x1="{mark}" x2="{mark}" y1="{y - 9}" y2="{y + 9}"/>')
        for place, size in enumerate(sizes):
            if name in ratios[size]:
                parts.append(_shape(place, _x(ratios[size][name]["ratio"]), y))
        if line["ratio"] > MOST:
            parts.append(
                f'<text class="missed" x="{WIDTH - 34}" y="{y + 4}">{line["ratio"]:g}</text>'
            )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 30}" role="img" '
        f'aria-label="Ratios of pages to a bare page, by number of records">'
        f"<style>{STYLE}</style>" + "\n".join(parts) + "</svg>\n"
    )
