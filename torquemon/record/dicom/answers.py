"""What an archive's status means: stored, stored with a remark, away, or refused.

The codes are those of PS3.4 table B.2-1 and PS3.7 annex C; STOW-RS gives the same ones as failure
and warning reasons (PS3.18). Words that come with them are not passed on: an archive may name the
patient in them, in any spelling.
"""

from __future__ import annotations

from typing import Final

from torquemon.record.delivery.exporter import AwayError, RejectedError

_SUCCESS: Final = 0x0000
_DUPLICATE: Final = 0x0111
_WARNINGS: Final = {
    0xB000: "it changed values to fit its own",
    0xB006: "it left out elements",
    0xB007: "it finds that the data do not match their class",
}
_AWAY: Final = {
    0x0122: "it takes no PDF documents (SOP class not supported): its administrator adds "
    "Encapsulated PDF Storage",
    0x0124: "it does not allow this station to store: its administrator adds the AE title",
    0x0213: "it has no resources left",
}
"""What concerns the archive, not this one report: everything waits."""
_REFUSED: Final = {
    0x0105: "no such attribute",
    0x0106: "invalid attribute value",
    0x0110: "processing failure",
    0x0112: "no such instance",
    0x0117: "invalid instance",
    0x0210: "duplicate invocation",
    0x0211: "unrecognised operation",
    0x0212: "mistyped argument",
}


def judge(status: int, label: str) -> str:
    """Return the code of a remark on a stored instance, mostly nothing; `remark` has its words.

    Raises AwayError, RejectedError.
    """
    code = f"0x{status:04X}"
    if status in (_SUCCESS, _DUPLICATE):  # a duplicate is there already: that is what was wanted
        return ""
    if status in _WARNINGS:
        return code
    if 0xA700 <= status <= 0xA7FF:  # noqa: PLR2004 - the standard's range
        raise AwayError(f"{label} has no room or resources left ({code}); it is tried again")
    if status in _AWAY:
        raise AwayError(f"{label}: {_AWAY[status]} ({code})")
    raise RejectedError(f"{label} refuses this report ({code}: {_meaning(status)})")


def remark(code: str, label: str) -> str:
    """Return the sentence for a code that `judge` gave; empty for anything else."""
    words = {f"0x{status:04X}": words for status, words in _WARNINGS.items()}.get(code)
    return f"{label} took the report with a remark ({code}: {words})" if words else ""


def _meaning(status: int) -> str:
    if status in _REFUSED:
        return _REFUSED[status]
    if 0xA900 <= status <= 0xA9FF:  # noqa: PLR2004 - the standard's range
        return "the data do not match their class"
    if 0xC000 <= status <= 0xCFFF:  # noqa: PLR2004 - the standard's range
        return "it cannot understand it"
    return "a status that the standard does not know"
