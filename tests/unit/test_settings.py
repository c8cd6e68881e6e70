"""The settings file: whatever is in it, a screen starts, and STOP keeps its keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon import paths
from torquemon.key_names import STOP_KEYS, key_name, shown_key, why_not_key
from torquemon.settings import (
    CHOICES,
    KEY_IDS,
    Settings,
    SettingsError,
    load,
    save,
)


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_settings_that_are_not_there_are_the_usual_ones(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml") == (Settings(), ())


def test_settings_stand_in_the_folder_of_the_chair(chair_folder: Path) -> None:
    save(Settings(language="de"))
    assert paths.settings_path().parent == chair_folder
    assert load().settings.language == "de"


@given(
    st.builds(
        Settings,
        **{name: st.sampled_from(values) for name, values in CHOICES.items()},
        operator=st.text("Dr. Ä'\"\\", max_size=20).map(str.strip).filter(lambda t: "  " not in t),
        print_command=st.sampled_from(["", "lp", "lp -d 'room 2'"]),
        keys=st.dictionaries(
            st.sampled_from(KEY_IDS),
            st.tuples(st.sampled_from(["k", "ctrl+a", "f10", "minus", "B"])),
            max_size=1,
        ),
    )
)
def test_settings_are_read_as_they_were_stored(settings: Settings) -> None:
    path = paths.home() / "round.toml"
    save(settings, path)
    loaded = load(path)
    assert loaded.problems == ()
    assert loaded.settings == settings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('language = "fr"', "language is not used: must be one of en, de"),
        ("theme = 7", "theme is not used"),
        ('langage = "de"', "no setting langage; there are language"),
        ("= broken", "cannot be read, the usual ones hold"),
        ('[keys]\nfly = ["x"]', "fly: no key can be chosen for this"),
        ('[keys]\nrecord = ["f12"]', "record: f12 stops the motor and nothing else"),
        ('[keys]\nhelp = ["s"]', "help: s stops the motor and nothing else"),
        ('[keys]\nstop = ["x"]', "stop: no key can be chosen for this"),
        ('[keys]\nhelp = ["\\u001b[2J"]', "is no name of a key"),
        ("[keys]\nhelp = []", "help: one to 4 keys are needed"),
        ('[keys]\nhelp = ["k"]\nquit = ["k"]', "help: k is the key of quit already"),
        ('[keys]\nacknowledge = ["q"]', "acknowledge: q is the key of quit already"),
        ('[keys]\nacknowledge = ["m"]', "acknowledge: m is the key of pause-sound already"),
        ('[keys]\nlog = ["1"]', "log: 1 is needed by the screens themselves"),
        ('[keys]\nlog = ["escape"]', "log: escape is needed by the screens themselves"),
        ('[keys]\nlog = ["nosuchkey"]', "log: nosuchkey is no name of a key"),
    ],
)
def test_settings_that_cannot_be_used_say_so_and_the_rest_holds(
    tmp_path: Path, text: str, words: str
) -> None:
    loaded = load(written(tmp_path, text))
    assert words in " ".join(loaded.problems)
    assert loaded.settings.language == "en"
    assert all(problem.isprintable() for problem in loaded.problems)


def test_settings_of_one_bad_key_leave_the_others(tmp_path: Path) -> None:
    text = 'theme = "light"\n[keys]\nhelp = ["h"]\nrecord = ["f12"]\nquit = ["k"]'
    settings, problems = load(written(tmp_path, text))
    assert settings.theme == "light"
    assert settings.keymap() == {"help": "h", "quit": "k"}
    assert len(problems) == 1


@given(st.binary(max_size=400))
def test_settings_of_any_bytes_never_raise(data: bytes) -> None:
    path = paths.home() / "any.toml"
    path.write_bytes(data)
    settings, problems = load(path)
    assert all(problem.isprintable() for problem in problems)
    assert not any(key in STOP_KEYS for keys in settings.keys.values() for key in keys)


def test_settings_that_cannot_be_stored_say_what_holds(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="hold until this screen ends"):
        save(Settings(), tmp_path / "missing" / "settings.toml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('print_command = "lp \'x"', "the print command cannot be read"),
        ("operator = 7", "a text is needed"),
        ('site = "a\\nb"', "a text of one line"),
        (f'screw = "{"x" * 300}"', "a text of one line"),
        ('volume = "off"', "must be one of full, half"),
    ],
)
def test_a_default_that_cannot_be_is_said_and_left_out(
    tmp_path: Path, text: str, words: str
) -> None:
    loaded = load(written(tmp_path, text + '\ntheme = "dark"\n'))
    assert loaded.settings == Settings(theme="dark")
    (problem,) = loaded.problems
    assert words in problem


def test_two_actions_may_change_their_keys_with_each_other() -> None:
    settings = Settings(keys={"acknowledge": ("m",), "pause-sound": ("a",)})
    assert settings.keymap() == {"acknowledge": "m", "pause-sound": "a"}


def test_actions_of_different_screens_may_have_the_same_key() -> None:
    assert Settings(keys={"note": ("k",), "mark": ("k",)}).keys["mark"] == ("k",)


@pytest.mark.parametrize(
    ("typed", "name"),
    [("?", "question_mark"), ("-", "minus"), ("F10", "f10"), ("B", "B"), ("b", "b"), ("ü", "ü")],
)
def test_a_key_is_named_as_it_is_typed_and_shown_as_it_was(typed: str, name: str) -> None:
    assert key_name(typed) == name
    assert shown_key(name) == typed
    assert not why_not_key(name)


@given(st.text(max_size=30))
def test_no_text_as_a_key_raises(typed: str) -> None:
    assert isinstance(why_not_key(key_name(typed)), str)
    assert isinstance(shown_key(typed), str)
