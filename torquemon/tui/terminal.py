"""What comes from the terminal, made harmless before Textual sees it.

Two things that Textual 8 does not bear: bytes that are no UTF-8 (a scanner or a terminal that
speaks Latin-1) end its reading thread and with it the dashboard; and an escape within a paste is
taken out of the paste and obeyed as keys.
"""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from textual.driver import Driver

PASTE_BEGINS: Final = "\x1b[200~"
PASTE_ENDS: Final = "\x1b[201~"
STOP_KEY: Final = "\x1b[24~"
"""F12, as terminals send it. In a paste too it is a stop: one too many does no harm."""
PASTE_PAUSE_S: Final = 0.25
"""A paste of which nothing has come for so long is over: its pieces follow within milliseconds."""
PASTE_S: Final = 2.0
"""Longest paste. A key that is held repeats faster than the pause, and must get through as well."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""All controls but tab, line feed and carriage return."""
_OVER: Final = re.compile(f"{re.escape(PASTE_ENDS)}|{re.escape(STOP_KEY)}")
"""What ends a paste."""


class TypedDecoder(codecs.IncrementalDecoder):
    """UTF-8 as it is typed or pasted, in pieces of any size.

    What is no UTF-8 becomes U+FFFD. Within a bracketed paste controls are left out, so that nothing
    in it can end it or be taken for a key, but F12. A paste that does not end is ended, by F12 at
    once: Textual would swallow every key until then, STOP too.
    """

    def __init__(self, errors: str = "replace", now_s: Callable[[], float] = monotonic) -> None:
        super().__init__(errors)
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._now_s = now_s
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self._utf8.reset()
        self._pasting = False
        self._held = self._before = ""
        self._last_s = self._began_s = self._now_s()

    def decode(self, input: bytes, final: bool = False) -> str:  # type: ignore[override]  # noqa: A002, FBT001, FBT002 - codecs' own
        """Return the text that these bytes and what was held back make. Never raises."""
        out = self._end_if_old()
        text = self._held + self._utf8.decode(input, final)
        self._held = ""
        while text:
            take = self._pasted if self._pasting else self._typed
            said, text = take(text)
            out += said
        if final:
            out, self._held = out + _CONTROL.sub("", self._held), ""
        return out

    def _end_if_old(self) -> str:
        """Return the end of a paste of which nothing more has come for long."""
        now_s = self._now_s()
        old = self._pasting and (
            now_s - self._last_s > PASTE_PAUSE_S or now_s - self._began_s > PASTE_S
        )
        self._last_s = now_s
        if not old:
            return ""
        self._pasting, self._held = False, ""
        return PASTE_ENDS

    def _typed(self, text: str) -> tuple[str, str]:
        """Return what is typed, up to the beginning of a paste, and the rest."""
        whole = self._before + text
        at = whole.find(PASTE_BEGINS)
        if at < 0:
            self._before = whole[1 - len(PASTE_BEGINS) :]
            return text, ""
        size = at + len(PASTE_BEGINS) - len(self._before)
        self._pasting, self._before, self._began_s = True, "", self._last_s
        return text[:size], text[size:]

    def _pasted(self, text: str) -> tuple[str, str]:
        """Return what is pasted without its controls, up to the end of it, and the rest."""
        found = _OVER.search(text)
        if found:
            self._pasting = False
            stop = STOP_KEY if found[0] == STOP_KEY else ""
            return _CONTROL.sub("", text[: found.start()]) + PASTE_ENDS + stop, text[found.end() :]
        for size in range(min(len(PASTE_ENDS) - 1, len(text)), 0, -1):
            if PASTE_ENDS.startswith(text[-size:]) or STOP_KEY.startswith(text[-size:]):
                self._held = text[-size:]
                return _CONTROL.sub("", text[:-size]), ""
        return _CONTROL.sub("", text), ""


def _decoder_of(_: str) -> type[TypedDecoder]:
    return TypedDecoder


def harmless(driver: type[Driver]) -> type[Driver]:
    """Return Textual's driver, its module reading by `TypedDecoder`.

    The drivers make their decoder inside the reading loop, by a name of their module: that name is
    the only way in that does not copy the loop.
    """
    module = sys.modules[driver.__module__]
    if hasattr(module, "getincrementaldecoder"):
        module.getincrementaldecoder = _decoder_of  # type: ignore[attr-defined]
    return driver
