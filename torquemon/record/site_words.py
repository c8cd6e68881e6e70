"""Sites by the words that people see: a list shows names in two languages, a record keeps ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from torquemon.local.sentences import templates
from torquemon.profiles.catalogue import builtin

LANGUAGES: Final = ("de",)
"""Those that a name may have beside the record's own, English."""
_SIGNS: Final = ",·"
"""What stands between the words of a list, and is none of them."""


def words_of(text: str) -> list[str]:
    """Return the words of a search, without the signs that stand between what is shown."""
    return [word for word in (said.strip(_SIGNS) for said in text.split()) if word]


def names_of(site_id: str | None) -> str:
    """Return the names of a site in every language, for comparing; empty for an unknown one."""
    return _names().get(site_id or "", "")


def sites_called(word: str) -> list[str]:
    """Return the ids of the sites with `word` in a name, in either case."""
    wanted = word.casefold()
    return [site_id for site_id, names in _names().items() if wanted in names]


@cache
def _names() -> Mapping[str, str]:
    return {
        site_id: "\n".join(_every(site.name)).casefold()
        for site_id, site in builtin().sites.items()
    }


def _every(name: str) -> Iterator[str]:
    yield name
    for language in LANGUAGES:
        yield templates(language).get(name, name)
