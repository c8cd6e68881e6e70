"""`destinations.toml`: a mistake costs one destination and is said; nothing ends in a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon.record.delivery.config import MAX_DESTINATIONS, MAX_FILE_BYTES, load

GOOD = '[inbox]\nkind = "folder"\npath = "/srv/inbox"\n'


def loaded(tmp_path: Path, text: str) -> tuple[list[str], list[str]]:
    path = tmp_path / "destinations.toml"
    path.write_text(text)
    found = load(path)
    return [each.name for each in found.destinations], list(found.problems)


def test_no_file_means_no_destination(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml")[:2] == ((), ())


def test_what_is_usual(tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text(GOOD)
    (only,) = load(tmp_path / "d.toml").destinations
    assert (only.when, only.names, only.not_real, only.language) == ("signed", False, False, "en")
    assert only.settings == {"path": "/srv/inbox"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a]\n", "[a]: kind must be one of folder, gdt, fhir, dicom"),
        ('[a]\nkind = "ftp"\n', "kind must be one of"),
        ('[a]\nkind = "folder"\nwhen = "now"\n', "when must be one of signed, closed"),
        ('[a]\nkind = "folder"\nnames = "yes"\n', "names must be true or false"),
        ('[a]\nkind = "folder"\nlanguage = "fr"\n', "language must be one of en, de"),
        ('[practice]\nkind = "folder"\n', "a name is a-z"),
        ('["../x"]\nkind = "folder"\n', "a name is a-z"),
        ("a = 1\n", "a table is needed"),
    ],
)
def test_a_mistake_is_said_and_the_others_work_on(tmp_path: Path, text: str, said: str) -> None:
    names, problems = loaded(tmp_path, text + ("" if text.startswith("a =") else GOOD))
    assert names == ([] if text.startswith("a =") else ["inbox"])
    assert len(problems) == 1
    assert said in problems[0]


@pytest.mark.parametrize("text", ["[a\n", "\x00", "a" * (MAX_FILE_BYTES + 1), "a = 1\na = 2\n"])
def test_a_file_that_cannot_be_read_sends_nothing_and_says_so(tmp_path: Path, text: str) -> None:
    names, problems = loaded(tmp_path, text)
    assert not names
    assert len(problems) == 1
    assert "read" in problems[0]


def test_too_many_destinations(tmp_path: Path) -> None:
    text = "".join(f'[d{n}]\nkind = "folder"\n' for n in range(MAX_DESTINATIONS + 1))
    names, problems = loaded(tmp_path, text)
    assert len(names) == MAX_DESTINATIONS
    assert len(problems) == 1


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_stands_in_it(raw: bytes) -> None:
    path = Path(_FOLDER) / "destinations.toml"
    path.write_bytes(raw)
    for problem in load(path).problems:
        assert problem.isprintable()


@pytest.fixture(autouse=True, scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    global _FOLDER  # noqa: PLW0603 - one folder for all examples
    _FOLDER = str(tmp_path_factory.mktemp("config"))


_FOLDER = ""
