"""Pairs of teeth by FDI numbers: which there are, where they lie, how they are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon.profiles import ProfileError, builtin
from torquemon.profiles.arch import LOWER_PAIRS, PAIRS_OF_SITE, UPPER_PAIRS, is_anterior, read_pair


def test_arch_has_fifteen_pairs_in_each_jaw_from_the_patients_right() -> None:
    assert len(UPPER_PAIRS) == len(LOWER_PAIRS) == 15
    assert UPPER_PAIRS[0] == "18-17"
    assert UPPER_PAIRS[7] == "11-21"
    assert LOWER_PAIRS[-1] == "37-38"


def test_arch_sites_are_those_of_the_catalogue_between_teeth() -> None:
    between = {site.id for site in builtin().sites.values() if site.interdental}
    assert set(PAIRS_OF_SITE) == between
    assert [pair for pair in UPPER_PAIRS if is_anterior(pair)] == [
        "13-12",
        "12-11",
        "11-21",
        "21-22",
        "22-23",
    ]


@pytest.mark.parametrize(
    ("text", "pair"),
    [("16-15", "16-15"), ("15-16", "16-15"), (" 15 / 16 ", "16-15"), ("24 25", "24-25"), ("", "")],
)
def test_arch_reads_a_pair_in_either_order(text: str, pair: str) -> None:
    assert read_pair(text, "maxilla-buccal") == pair


@pytest.mark.parametrize(
    ("text", "site", "why"),
    [
        ("16-14", "maxilla-buccal", "no pair of neighbouring teeth"),
        ("19-18", "maxilla-buccal", "no pair of neighbouring teeth"),
        ("16", "maxilla-buccal", "no pair of neighbouring teeth"),
        ("46-45", "maxilla-buccal", "does not lie at the site"),
        ("11-21", "maxilla-buccal", "does not lie at the site"),
        ("16-15", "midpalate", "between no teeth"),
    ],
)
def test_arch_refuses_a_pair_with_a_sentence(text: str, site: str, why: str) -> None:
    with pytest.raises(ProfileError, match=why):
        read_pair(text, site)


@given(st.text(max_size=40), st.sampled_from(sorted(builtin().sites)))
def test_arch_reads_a_pair_of_the_site_or_refuses(text: str, site: str) -> None:
    try:
        pair = read_pair(text, site)
    except ProfileError:
        return
    assert pair == "" or pair in PAIRS_OF_SITE[site]
