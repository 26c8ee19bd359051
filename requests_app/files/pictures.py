"""Pictures, drawn anew: what is kept is the picture alone (decision 43).

Where it was taken, with which device and by whom stays in a photo's metadata; a low-profile
partner's position must not leave with it (R22). Whatever else a file carries behind its picture
is gone as well.
"""

import io
import warnings
from typing import Any

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from common.errors import FieldError, Malformed

# A picture is unpacked in memory: forty million points are some 120 MB.
MOST_POINTS = 40_000_000
LONGEST_SIDE = 16_000
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
KEPT_AS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "JPEG": {"quality": 92, "subsampling": "4:2:0"},
    "WEBP": {"quality": 92, "method": 2},
}


def _refused(message: str) -> Malformed:
    return Malformed(errors=[FieldError("file", message)])


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MOST_POINTS or max(width, height) > LONGEST_SIDE:
        raise _refused(
            _("The picture has %(width)s × %(height)s points, more than is taken: make it smaller.")
            % {"width": width, "height": height}
        )


def _drawn(picture: Image.Image, kind: str) -> bytes:
    drawn: Any = ImageOps.exif_transpose(picture)
    if kind == "JPEG" and drawn.mode not in {"RGB", "L"}:
        drawn = drawn.convert("RGB")
    shows_through = drawn.info.get("transparency")
    drawn.info = {} if shows_through is None else {"transparency": shows_through}
    kept = io.BytesIO()
    drawn.save(kept, kind, **KEPT_AS[kind])
    return kept.getvalue()


def drawn_anew(content: bytes, media_type: str) -> bytes:
    """Return a picture without anything but its points, turned the way it is looked at.

    Raises ``Malformed`` for one that is damaged, moves, or has more points than are taken; its
    size is read before it is unpacked.
    """
    kind = FORMATS[media_type]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes that are checked here, and of odd metadata
            with Image.open(io.BytesIO(content), formats=[kind]) as picture:
                _check_size(picture)
                # A photo may hold its own preview as a second picture; a film is no picture.
                if kind != "JPEG" and getattr(picture, "n_frames", 1) > 1:
                    raise _refused(_("The picture moves: attach one still picture of it."))
                return _drawn(picture, kind)
    except Malformed:
        raise
    except Image.DecompressionBombError as error:
        raise _refused(_("The picture has more points than are taken: make it smaller.")) from error
    except Exception as error:  # whatever a damaged file makes of a decoder
        raise _refused(
            _("The picture is damaged: open it, save it again and choose it.")
        ) from error
