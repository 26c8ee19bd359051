"""Setting a document as PDF/A-3a and PDF/UA-1, by typst (decision 16).

What people wrote goes in as data alone (the template reads one JSON text), so that no word of
it can be read as an instruction to the typesetter.
"""

import json
import re
from pathlib import Path
from typing import Any

from common.clock import now

STANDARDS: Any = ["a-3a", "ua-1"]
NO_LETTER = "□"
# How often letters that no font has are replaced before giving up.
TRIES = 40
UNDISPLAYABLE = re.compile(r"the text `(\"(?:[^\"\\]|\\.)*\")` could not be displayed")


def typeset(template: Path, data: dict[str, Any]) -> bytes:
    """Return a document as PDF; letters that no font here has become an empty box.

    The typesetter's own fonts serve first, so that it looks the same everywhere.
    """
    # The typesetter takes 7 MiB: only who makes documents holds them (decision 56).
    import typst  # noqa: PLC0415

    text = json.dumps(data, ensure_ascii=False)
    system_fonts = False
    for _attempt in range(TRIES):
        try:
            return typst.compile(
                template,
                root=template.parent,
                format="pdf",
                ignore_system_fonts=not system_fonts,
                sys_inputs={"data": text},
                pdf_standards=STANDARDS,
                timestamp=int(now().timestamp()),
            )
        except typst.TypstError as error:
            missing = UNDISPLAYABLE.search(error.message)
            if missing is None:
                raise
            if not system_fonts:
                system_fonts = True
                continue
            for letter in set(json.loads(missing[1])):
                if letter.isascii():
                    continue
                text = text.replace(letter, NO_LETTER)
    raise ValueError("The document holds too many letters that no font here can show.")
