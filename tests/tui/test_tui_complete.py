"""Every sentence that the product's code can put on a screen has one in each language.

The sentences are taken from the code itself: every text of several words in the modules that speak
to a screen, with numbers or names in its places. What never reaches one is named here, and why.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

import torquemon
from torquemon.local.view import View
from torquemon.tui.words import LANGUAGES, catalogue, speak, told

ROOT = Path(torquemon.__file__).parent
OTHERS = [language for language in LANGUAGES if language != "en"]
SPEAKING = (
    "monitor/*.py",
    "local/*.py",
    "sound/*.py",
    "limits.py",
    "settings.py",
    "paths.py",
    "profiles/arch.py",
    "profiles/catalogue.py",
    "signal/words.py",
    "signal/verdict.py",
    "drivers/ble.py",
    "drivers/ble_scan.py",
    "drivers/ble_session.py",
    "drivers/ble_words.py",
    "drivers/device.py",
    "drivers/handpiece.py",
    "drivers/lease.py",
    "drivers/link.py",
    "drivers/serial_port.py",
    "drivers/trust.py",
    "record/door.py",
    "record/errors.py",
    "record/event_words.py",
    "record/gdt/codec.py",
    "record/gdt/inbox.py",
    "record/gdt/patient.py",
    "record/gdt/patients.py",
    "record/gdt/waiting.py",
    "record/keys.py",
    "record/ports.py",
    "record/print_job.py",
    "record/remarks.py",
    "record/report_job.py",
    "record/signing.py",
    "record/store.py",
)
"""The modules whose sentences come onto a screen."""
NEVER_SHOWN = frozenset({"monitor/command.py", "monitor/headless.py", "sound/command.py"})
"""They speak on a command line."""
COMMAND_LINE = re.compile(r"^torquemon( \w+)?: ")
ELSEWHERE = frozenset(
    {
        # looked for in what a system says
        "no such file",
        "could not find",
        "access is denied",
        "name or service",
        "no bluetooth adapter",
        "was not provided by any",
        "disk is full",
        "file is not a database",
        "unable to open",
        # begin or end of a sentence that is told whole, see test_tui_sentences
        "at {} mm nominal depth",
        "{} {}, about the expected seat at {} mm",
        "{}; without an angle the depth cannot say what it is",
        ", reached in about {} degrees at the present slope",
        "torque {} N·cm nears {} of {} N·cm{}",
        "that {}: from here the depth is unknown",
        " of noise (accuracy not stated)",
        "maximum {} N·cm, uncertain by {} N·cm{}",
        "no measurement for more than {} ms{}",
        "the controlling dashboard",
        (
            "{} by Bluetooth: is it on, awake, near, and not connected to another computer? "
            "`torquemon devices --ble` lists what is in reach"
        ),
        "{} does not answer",
        "no handpiece answers",
        "the {} on the screen is not the one set: look again",
        "the measurement is {}",
        "{} handpieces {}: {}; give the address or the serial number",
        # of the monitor or the recorder
        "the {} does not answer: is it still running?",
        "the {} does not answer any more",
        # a fault of the program, a command line, or kept and not shown
        "a recording is closed once, and with a verdict",
        "a key has {} bytes and a nonce {}",
        "there is no relation {}; known: {}",
        "an insertion cannot be linked to itself",
        "{} cannot be amended; these can: {}",
        "this cannot be a birth date: give it as YYYY-MM-DD",
        "the first key of this chair",
        "the key before it was not there",
        "not a key's name",
        (
            "another monitor already runs at this chair: end it first, or give this one its own "
            "folder with {}"
        ),
    }
)
WORDS = re.compile(r"\b(the|that|from|with|while|is|was|at|not|no|cannot|of|to|for|by|and|or)\b")
PLACE = "{}"
MOST_PLACES = 4


def texts(path: Path) -> Iterator[str]:
    """Give the texts of a module that look like a part of a sentence, `{}` for each place."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inner.add(id(node.value))  # a docstring
        if isinstance(node, ast.JoinedStr):
            inner |= {id(part) for part in node.values}
    for node in ast.walk(tree):
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            text = re.sub(r"\{\w+\}", PLACE, node.value)
        elif isinstance(node, ast.JoinedStr):
            text = "".join(
                str(part.value) if isinstance(part, ast.Constant) else PLACE for part in node.values
            )
        if len(text.split()) >= 3 and "\n" not in text and WORDS.search(text):
            yield text


def told_whole(text: str) -> bool:
    """Whether a text with something in its places is told without an English word left."""
    places = text.count(PLACE)
    for values in product(("7", "X9", "Y"), repeat=min(places, MOST_PLACES)):
        said = text
        for value in values:
            said = said.replace(PLACE, value, 1)
        found = told(said)
        if found != said and not WORDS.search(found):
            return True
    return False


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_the_code_is_told_in_the_language(language: str) -> None:
    speak(language)
    missing = []
    for pattern in SPEAKING:
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            if name in NEVER_SHOWN:
                continue
            for text in texts(path):
                if text in ELSEWHERE or COMMAND_LINE.match(text) or told_whole(text):
                    continue
                missing.append(f"{name}: {text}")
    assert missing == []


def test_what_is_said_never_to_be_shown_is_still_in_the_code() -> None:
    paths = [path for pattern in SPEAKING for path in ROOT.glob(pattern)]
    said = {text for path in paths for text in texts(path)}
    assert sorted(ELSEWHERE - said) == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_of_the_catalogue_was_left_in_english(language: str) -> None:
    speak(language)
    names = re.compile(r"\b(or|at|to|no|by|was)\b")  # words of both languages, or of names
    left = {
        key: text for key, text in catalogue(language).items() if WORDS.search(names.sub("", text))
    }
    assert left == {}


def test_a_view_has_no_text_that_this_file_forgot() -> None:
    """A new text in the view must be thought of here: is it told, or a name?"""
    told_or_names = {
        "patient", "site", "site_name", "screw", "screw_name", "window_source", "window_choice",
        "insertion_phase", "storage", "notice", "operator", "fdi", "sound_why",
    }  # fmt: skip
    fields = {name for name, field in View.model_fields.items() if field.annotation is str}
    assert fields == told_or_names
