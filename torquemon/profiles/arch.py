"""The dental arch: pairs of neighbouring teeth by their FDI numbers (ISO 3950), and their sites.

A pair is written as it stands in the arch seen from the front, the patient's right first: `16-15`,
`11-21`, `24-25`. Where a screw goes between teeth is a pair and a site (buccal or palatal); the
anterior sites lie between the canines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from torquemon.profiles.catalogue import ProfileError
from torquemon.text import clean

UPPER_TEETH: Final = (*range(18, 10, -1), *range(21, 29))
LOWER_TEETH: Final = (*range(48, 40, -1), *range(31, 39))
_CANINE: Final = 3
_PAIR_TEXT: Final = re.compile(r"\s*([1-4][1-8])\s*[-/ ]\s*([1-4][1-8])\s*")


def _pairs(teeth: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(f"{first}-{second}" for first, second in pairwise(teeth))


UPPER_PAIRS: Final = _pairs(UPPER_TEETH)
LOWER_PAIRS: Final = _pairs(LOWER_TEETH)


def is_anterior(pair: str) -> bool:
    """Whether a pair lies between the canines, both of them included."""
    return all(int(tooth) % 10 <= _CANINE for tooth in pair.split("-"))


def _front(pairs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pair for pair in pairs if is_anterior(pair))


def _back(pairs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pair for pair in pairs if not is_anterior(pair))


PAIRS_OF_SITE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "maxilla-buccal": _back(UPPER_PAIRS),
        "mandible-buccal": _back(LOWER_PAIRS),
        "maxilla-anterior": _front(UPPER_PAIRS),
        "mandible-anterior": _front(LOWER_PAIRS),
        "palatal-alveolar": UPPER_PAIRS,
    }
)
"""Which pairs a site may lie between. A site that is not here lies between no teeth."""


def read_pair(text: str, site_id: str) -> str:
    """Read a pair of teeth for a site; empty stays empty. Raises ProfileError.

    Either order and `-`, `/` or a space between the numbers are understood.
    """
    if not text.strip():
        return ""
    match = _PAIR_TEXT.fullmatch(text)
    pair = f"{match[1]}-{match[2]}" if match else ""
    turned = f"{match[2]}-{match[1]}" if match else ""
    known = PAIRS_OF_SITE.get(site_id, ())
    if turned in UPPER_PAIRS or turned in LOWER_PAIRS:
        pair = turned
    if pair not in UPPER_PAIRS and pair not in LOWER_PAIRS:
        raise ProfileError(
            f"{clean(text, 20)!r} is no pair of neighbouring teeth by FDI numbers, "
            "for example 16-15"
        )
    if pair not in known:
        if not known:
            raise ProfileError(f"the site {site_id} lies between no teeth: leave the pair out")
        raise ProfileError(
            f"{pair} does not lie at the site {site_id}: choose another pair or site"
        )
    return pair


ANTERIOR_OF: Final[Mapping[str, str]] = MappingProxyType(
    {"maxilla-buccal": "maxilla-anterior", "mandible-buccal": "mandible-anterior"}
)
"""What a buccal site is called between the canines."""


def site_of(zone: str, pair: str) -> str:
    """Return the site of a place in the arch: a zone is a site, buccal for its whole jaw."""
    if pair and is_anterior(pair):
        return ANTERIOR_OF.get(zone, zone)
    return zone


def zone_of(site_id: str) -> str:
    """Return the zone that a site belongs to: the anterior sites to that of their jaw."""
    return next((zone for zone, site in ANTERIOR_OF.items() if site == site_id), site_id)


def pairs_of_zone(zone: str) -> tuple[str, ...]:
    """Return the pairs of a zone in the order of the arch; none where it has no teeth."""
    if zone in ("maxilla-buccal", "palatal-alveolar"):
        return UPPER_PAIRS
    return LOWER_PAIRS if zone == "mandible-buccal" else ()
