"""What stands in the list of the history finds it: a site in either language, as it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from torquemon.clock import ManualClock
from torquemon.profiles.catalogue import builtin
from torquemon.record.history import search
from torquemon.record.models import Insertion
from torquemon.record.remarks import Remarks
from torquemon.record.store import Store
from torquemon.tui.words import LANGUAGES, say_site, speak

SITES = tuple(builtin().sites)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A record with one insertion at each site."""
    made = Store(tmp_path_factory.mktemp("sites") / "record.db", clock=ManualClock())
    with made.write() as session:
        for number, site in enumerate(SITES):
            row = insertion(number, site)
            made.append(session, "insertion", [row], row.id)
    yield made
    made.close()


def insertion(number: int, site: str) -> Insertion:
    return Insertion(
        id=f"01J000000000000000000000{number:02d}",
        purpose="insertion",
        patient_ref="P-1042",
        operator="Dr A",
        origin="simulated",
        complete=True,
        opened_utc=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=number),
        opened_ns=number,
        folded_utc=datetime(2026, 3, 2, tzinfo=UTC),
        site=site,
        fdi="16-15" if site == "maxilla-buccal" else None,
        screw="infinitas-1.5x9-short",
        serial="SIM-0007",
        software="test",
        samples=0,
        missing_samples=0,
        duration_s=0.0,
        description={},
    )


def sites_of(store: Store, text: str) -> set[str | None]:
    return {found.site for found in search(store, text)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("site", SITES)
def test_a_site_is_found_as_it_is_shown_in_every_language(
    store: Store, site: str, language: str
) -> None:
    speak(language)
    name = say_site(site, "")
    for text in (name, name.upper(), name.lower(), name.replace(",", ""), f"P-1042 · {name}"):
        assert sites_of(store, text) == {site}, text


@pytest.mark.parametrize(
    ("text", "sites"),
    [
        ("Oberkiefer", {"maxilla-buccal", "maxilla-anterior"}),
        ("oberkiefer p-1042", {"maxilla-buccal", "maxilla-anterior"}),
        ("maxilla", {"maxilla-buccal", "maxilla-anterior"}),
        ("mandible-buccal", {"mandible-buccal"}),
        ("Maxilla, buccal 16-15", {"maxilla-buccal"}),
        ("Oberkiefer P-9", set()),
        ("Oberkiefer Gaumen", set()),
        (",", set(SITES)),
    ],
)
def test_words_of_a_site_narrow_a_search_like_any_other(
    store: Store, text: str, sites: set[str]
) -> None:
    assert sites_of(store, text) == sites


def test_a_site_that_was_amended_is_found_by_its_name_of_today(tmp_path: Path) -> None:
    store = Store(tmp_path / "record.db", clock=ManualClock())
    row = insertion(1, "midpalate")
    with store.write() as session:
        store.append(session, "insertion", [row], row.id)
    Remarks(store).amend(row.id, "site", "maxilla-buccal", "mistyped", "Dr A")
    assert sites_of(store, "Oberkiefer, bukkal") == {"maxilla-buccal"}
    assert sites_of(store, "Gaumenmitte") == set()
    store.close()
