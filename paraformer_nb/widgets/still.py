"""A second output beside a view's own: what a saved notebook shows where no kernel runs.

JupyterLab draws an error line in place of a widget whose kernel has ended. The still is hidden while the view beside it
lives; where there is no view, its style hides the error line and shows the still. It is a page in a sandboxed frame:
the exported page, which plays, or the picture. Front ends that know neither rule (GitHub, an untrusted notebook) drop
the frame and show the picture of the view's own output.

Chromium does not let `prefers-color-scheme` in a frame follow the page around it, and a sandboxed frame cannot read
it. But a style can set the frame's height, which the page within can read: one of _DARK_HEIGHT is dark (`followFrame`
in static/timeline/page.js). Pictures are inverted.
"""

from __future__ import annotations

import os
from base64 import b64encode
from html import escape
from numbers import Real

from ..errors import ParameterError

STILL_MB_VARIABLE = "PARAFORMER_NB_STILL_MB"
_DEFAULT_MB = 2.0
_LIGHT_HEIGHT = 620  # px
_DARK_HEIGHT = 624  # px; zoomed pages round heights by up to one

_FRAME = """<iframe class="{name}" title="{title}" srcdoc="{page}" loading="lazy" \
sandbox="allow-scripts allow-downloads allow-modals" allow="autoplay; clipboard-write; fullscreen"{size}></iframe>"""
_PICTURE = """<!doctype html><html lang="en"><title>{title}</title><style>body {{ margin: 0; background: #fff }} \
img {{ display: block; width: 100% }}</style><img alt="{alt}" src="data:image/png;base64,{data}">"""

# An output area's child is one output. A living view is known by its class; text that was printed between the two
# outputs is left alone. A frame whose colour scheme is not that of the page within would be white until that is drawn.
_STYLE = f"""<style>
.pnb-still {{ display: none }}
.pnb-still iframe {{ display: block; width: 100%; border: 0; color-scheme: light }}
.pnb-still-page {{ height: {_LIGHT_HEIGHT}px }}
[data-jp-theme-light="false"] {{
  & .pnb-still-page {{ height: {_DARK_HEIGHT}px }}
  & .pnb-still-picture {{ filter: invert(0.93) hue-rotate(180deg) }}
}}
.jp-RenderedHTMLCommon:has(> .pnb-still) {{ padding-right: 0 }}
.jp-OutputArea-child:not(:has(.pnb-timeline)) + .jp-OutputArea-child .pnb-still {{ display: block }}
.jp-OutputArea-child:has(.pnb-timeline) + .jp-OutputArea-child:has(.pnb-still) {{ display: none }}
.jp-OutputArea-child:has(+ .jp-OutputArea-child .pnb-still) {{
  &:not(:has(.pnb-timeline, [data-mime-type^="application/vnd.jupyter.std"])) {{ display: none }}
}}
</style>"""


def max_page_bytes(megabytes: float | None) -> int:
    """The largest page that a still contains, in bytes; the picture takes the place of a larger one.

    `megabytes` None means that of PARAFORMER_NB_STILL_MB, or 2. Raises ParameterError for anything but a number of 0 or
    more.
    """
    given = os.environ.get(STILL_MB_VARIABLE) or _DEFAULT_MB if megabytes is None else megabytes
    name = STILL_MB_VARIABLE if megabytes is None else "still_mb"
    try:
        value = float(given) if isinstance(given, str | Real) else -1.0
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ParameterError(f"{name}={given!r}: give megabytes of 0 or more; 0 keeps the picture only.")
    return int(value * 1e6)


def still_of_page(page: str, title: str) -> str:
    """The still with a page that plays."""
    return _still(_FRAME.format(name="pnb-still-page", title=escape(title), page=escape(page), size=""))


def still_of_picture(png: bytes, title: str, alt: str) -> str:
    """The still with a picture, for a run whose page would be too large."""
    width, height = (int.from_bytes(png[first : first + 4], "big") for first in (16, 20))  # of the PNG's header
    page = _PICTURE.format(title=escape(title), alt=escape(alt), data=b64encode(png).decode())
    size = f' style="aspect-ratio: {width} / {height}"'
    return _still(_FRAME.format(name="pnb-still-picture", title=escape(title), page=escape(page), size=size))


def still_of_note(note: str) -> str:
    """The still of a run that goes on, which a notebook keeps if it is saved before the end."""
    return _still(f"<p>{escape(note)}</p>")


def _still(content: str) -> str:
    return f'{_STYLE}<div class="pnb-still">{content}</div>'
