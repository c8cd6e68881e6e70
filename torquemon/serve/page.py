"""The two pages that are served, and which files of textual-serve belong to them.

Ours and not textual-serve's own, since that one asks a font server of the web for its letters and
has scripts in its page. Nothing here is made from what a device, a file or a user says.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from torquemon import DISCLAIMER

FILES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "static/js/textual.js": "text/javascript",
        "static/css/xterm.css": "text/css",
        "static/fonts/RobotoMono-VariableFont_wght.ttf": "font/ttf",
        "static/fonts/RobotoMono-Italic-VariableFont_wght.ttf": "font/ttf",
    }
)
"""Files of textual-serve that are given out, by their path; no other is."""

FONT_SIZE: Final = 14

STYLE: Final = """\
@font-face { font-family: "Roboto Mono"; font-weight: 100 700;
  src: url("static/fonts/RobotoMono-VariableFont_wght.ttf"); }
@font-face { font-family: "Roboto Mono"; font-weight: 100 700; font-style: italic;
  src: url("static/fonts/RobotoMono-Italic-VariableFont_wght.ttf"); }
html, body { margin: 0; height: 100%; background: #000; color: #ddd;
  font: 16px "Roboto Mono", monospace; overflow: hidden; }
#terminal { position: absolute; inset: 0 0 auto 0; width: 100% !important;
  height: calc(100% - 2em) !important; }
#foot { position: absolute; inset: auto 0 0 0; z-index: 8; height: 2em; line-height: 2em;
  padding: 0 1em; background: #000; }
#old { display: none; position: absolute; inset: 0 0 auto 0; z-index: 9; padding: 0.5em 1em;
  background: #d55e00; color: #000; font-size: 24px; font-weight: 700; }
body.old #old { display: block; }
#again { color: #fff; }
#closed { display: none; position: absolute; inset: 0; z-index: 10; background: #000;
  padding: 4em; font-size: 24px; }
body.-closed #closed { display: block; }
"""

STALE_MS: Final = 2000
"""Without a byte of picture for so long the page says that it is old. The dashboard paints its line
of the link with every view, twenty times a second, so a picture that rests is none."""

SCRIPT: Final = f"""\
(() => {{
  const Socket = window.WebSocket;
  let last = performance.now();
  window.WebSocket = class extends Socket {{
    constructor(...words) {{
      super(...words);
      this.addEventListener("message", (event) => {{
        if (typeof event.data !== "string") last = performance.now();
      }});
    }}
  }};
  setInterval(() => {{
    if (document.body) document.body.classList.toggle("old", performance.now() - last > {STALE_MS});
  }}, 250);
}})();
"""
"""Watches that pictures arrive. A page that froze must not look like one that lives."""

_HEAD: Final = """\
<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>TorqueMon</title>
"""

WATCH: Final = f"""{_HEAD}\
<link rel="stylesheet" href="static/css/xterm.css">
<link rel="stylesheet" href="style.css">
<script src="watch.js"></script>
<script src="static/js/textual.js"></script></head>
<body>
<div id="terminal" class="textual-terminal" data-font-size="{FONT_SIZE}"
 data-session-websocket-url="{{socket}}"></div>
<div id="foot">{{watching}} {{disclaimer}}</div>
<div id="old">{{old}}</div>
<div id="closed">{{closed}}
<p><a href="" id="again">{{again}}</a></div>
</body></html>
"""
"""The page itself; `socket` is where its WebSocket is, the rest are `TEXTS`."""

TEXTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "en": {
            "disclaimer": DISCLAIMER,
            "watching": "Watching only: no key and no touch here reaches the chair.",
            "old": "NO NEW PICTURE: what stands here is old. Look at the chair.",
            "closed": "The page is not connected any more. Look at the chair.",
            "again": "Connect again",
        },
        "de": {
            "disclaimer": "Kein Medizinprodukt; die eigene Drehmomentbegrenzung des Handstücks "
            "kommt zuerst.",
            "watching": "Nur zum Zusehen: Keine Taste und keine Berührung hier erreicht den Stuhl.",
            "old": "KEIN NEUES BILD: Was hier steht, ist alt. Zum Stuhl sehen.",
            "closed": "Die Seite ist nicht mehr verbunden. Zum Stuhl sehen.",
            "again": "Wieder verbinden",
        },
    }
)
"""What the page says around the dashboard, by language."""

OPENED: Final = f"""{_HEAD}\
<meta http-equiv="refresh" content="0; url={{room}}"></head>
<body><a href="{{room}}">TorqueMon</a></body></html>
"""
"""What the link of the terminal opens. It leads on by itself: a cookie that is only sent from pages
of the same site would not be sent with a redirect from elsewhere."""


def watch_page(language: str, socket: str) -> str:
    """Return the page in a language, with the address of its WebSocket."""
    return WATCH.format(language=language, socket=socket, **TEXTS[language])


def opened_page(language: str, room: str) -> str:
    """Return what leads from the link to the page, which lies at `room`."""
    return OPENED.format(language=language, room=room)
