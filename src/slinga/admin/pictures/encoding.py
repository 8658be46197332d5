"""An uploaded picture, encoded anew as one that mail programs show.

In: the bytes of a file. Out: a `Picture`: JPEG, PNG or GIF of at most 1,200 pixels across.
Always true: pure; the kind is told by the content, never by a name; nothing of the file but its pixels comes
through; what is too large, too long or no picture is refused with what to do.
"""

import hashlib
import io
import warnings

import msgspec
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from slinga.kernel.errors import Invalid

MOST_BYTES = 8_000_000
MOST_PIXELS = 40_000_000
MOST_FRAMES = 60
WIDEST = 1_200
HIGHEST = 4_000
HEAVY = 1_000_000
"""Bytes from which a picture makes a mail slow to open."""
_KINDS = ("JPEG", "PNG", "GIF", "WEBP")
_MEDIA = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif"}


class Picture(msgspec.Struct, frozen=True):
    """A picture as it is served; `name` is its address's last part."""

    name: str
    media: str
    width: int
    height: int
    content: bytes


def encode(data: bytes) -> Picture:
    """The picture of a file. Raises Invalid."""
    if len(data) > MOST_BYTES:
        raise Invalid("A picture has at most 8 MB. Make it smaller first.", field="file")
    if data.lstrip()[:5].lower() in (b"<?xml", b"<svg ") or b"<svg" in data[:1000].lower():
        raise Invalid("Mail programs show no SVG. Save it as PNG.", field="file")
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data), formats=_KINDS) as found:
                if found.width * found.height > MOST_PIXELS:
                    raise Invalid("A picture has at most 40 million pixels.", field="file")
                return _moving(found) if _moves(found) else _still(found)
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError):
            raise Invalid("This is no JPEG, PNG, GIF or WebP picture.", field="file") from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise Invalid("A picture has at most 40 million pixels.", field="file") from None


def _moves(found: Image.Image) -> bool:
    return found.format == "GIF" and getattr(found, "n_frames", 1) > 1


def _still(found: Image.Image) -> Picture:
    upright = ImageOps.exif_transpose(found)
    upright.thumbnail((WIDEST, HIGHEST), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    if found.format == "JPEG" or (found.format == "WEBP" and not _see_through(upright)):
        kind = "jpg"
        _bare(upright.convert("RGB")).save(out, "JPEG", quality=86, optimize=True, progressive=True)
    else:
        kind = "png"
        clear = upright.convert("RGBA" if _see_through(upright) else "RGB")
        _bare(clear).save(out, "PNG", optimize=True)
    return _named(out.getvalue(), kind, upright.width, upright.height)


def _see_through(picture: Image.Image) -> bool:
    if "transparency" in picture.info:
        return True
    if picture.mode not in ("RGBA", "LA", "PA"):
        return False
    least = picture.getchannel("A").getextrema()[0]
    return isinstance(least, int | float) and least < 255


def _bare(picture: Image.Image) -> Image.Image:
    picture.info.clear()
    return picture


def _moving(found: Image.Image) -> Picture:
    if getattr(found, "n_frames", 1) > MOST_FRAMES or found.width > WIDEST or found.height > WIDEST:
        told = f"A moving picture has at most {MOST_FRAMES} frames and {WIDEST} pixels across."
        raise Invalid(told, field="file")
    lengths = []
    frames = []
    for frame in ImageSequence.Iterator(found):
        lengths.append(max(20, int(frame.info.get("duration", 100))))
        frames.append(_bare(frame.convert("RGBA")))
    out = io.BytesIO()
    first, *rest = frames
    first.save(out, "GIF", save_all=True, append_images=rest, duration=lengths, loop=0, disposal=2)
    return _named(out.getvalue(), "gif", found.width, found.height)


def _named(content: bytes, kind: str, width: int, height: int) -> Picture:
    name = f"{hashlib.sha256(content).hexdigest()[:32]}.{kind}"
    return Picture(name, _MEDIA[kind], width, height, content)
