"""Hostile text and any curve: the report shows data as data, stays one page, loses no spike."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.pdf_tools import pdf_info, pdf_text
from tests.report_cases import case, recorded
from torquemon.model import Reading, Validity
from torquemon.record.report_curve import Sample, samples, thin, thinned
from torquemon.record.report_data import ReportData
from torquemon.record.report_drawing import Scale, nice_step
from torquemon.record.report_html import html
from torquemon.record.report_page import make_page
from torquemon.record.report_read import from_record
from torquemon.record.report_typst import drawable, pdf
from torquemon.record.report_words import words

CSV = "time_s\n0\n"
MARKUP = (
    '#panic("x") #read("/etc/passwd") [*b*] $x$ `c` <label> @ref \\',
    "</text><script>alert(1)</script><img src=x onerror=alert(1)>&amp;",
    "]]> --> ' \" {{7*7}} ${x} %s {name}",
    "// comment /* block */ = Heading\n- list",
    "\x00\x1b[31m\u202ereversed\u2066\ufeff",
    "مرحبا שלום Ωμέγα Ёж Ångström",
    "Z\u0301\u0302\u0303\u0304algo",
    "x" * 10_000,
    "word " * 2_000,
)
HOSTILE = st.one_of(
    st.sampled_from(MARKUP),
    st.text(max_size=300),
    st.text("#[]*_`$<>@\\\"'{}()=/-~\u202e\u0000 ab", max_size=120),
)
FEW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


def told_by(text: str) -> ReportData:
    """An insertion of whose texts every single one is `text`."""
    content, readings, insertion_id, opened_utc, opened_ns = recorded("no-angle")
    short = readings[::50]
    meta: dict[str, Any] = dict(content["meta"])
    for name in ("patient", "operator", "site", "screw", "fdi", "maker", "model", "serial"):
        meta[name] = text
    meta |= {"firmware": text, "calibrated": text, "threshold_reasons": [text] * 9}
    meta["judge"] = {**meta["judge"], "window": {"low_ncm": 5, "high_ncm": 15, "id": text}}
    hostile = {
        **content,
        "meta": meta,
        "lot": text,
        "software": text,
        "profile_version": text,
        "verdict": {**content["verdict"], "why": text, "rule_version": text},
        "alerts": [{**alert, "why": text} for alert in content["alerts"]] or [],
        "findings": [{"name": text, "value": text}] * 3,
        "signatures": [{"who": text, "utc": text, "meaning": text, "number": 1, "hash": text}] * 4,
        "person": {"name": text, "birth_date": text},
        "events": [{"what": "alarm", "code": text, "why": text, "host_ns": opened_ns}],
    }
    return from_record(insertion_id, opened_utc, opened_ns, hostile, short, witness=text)


@FEW
@given(HOSTILE)
@example(MARKUP[0])
@example(MARKUP[1])
@example(MARKUP[7])
def test_report_shows_hostile_text_as_text_on_one_page(text: str) -> None:
    data = told_by(text)
    made = pdf(make_page(data, words("en")), CSV, data.closed_utc)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.pdf"
        path.write_bytes(made)
        assert pdf_info(path)["Pages"] == "1"
        shown = pdf_text(path).replace(" ", "")
    assert "SIMULATED:notmeasured" in shown
    if data.patient.isascii() and len(data.patient) < 60:
        assert drawable(data.patient)[0].replace(" ", "") in shown


class _Seen(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.text: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given_attrs = dict(attrs)
        self.handlers += [name for name in given_attrs if name.startswith("on")]
        self.addresses += [
            given_attrs[name] or "" for name in ("src", "href") if name in given_attrs
        ]
        if given_attrs.get("http-equiv") == "Content-Security-Policy":
            self.policy = given_attrs["content"] or ""

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
@given(HOSTILE)
def test_report_as_html_runs_nothing_and_loads_nothing(text: str) -> None:
    data = told_by(text)
    seen = _Seen()
    seen.feed(html(make_page(data, words("de")), CSV))
    assert not seen.tags & {"script", "img", "iframe", "object", "link", "form", "input"}
    assert seen.handlers == []
    assert all(address.startswith("data:text/csv;base64,") for address in seen.addresses)
    assert seen.policy.startswith("default-src 'none'")
    shown = " ".join(seen.text)
    assert data.patient in shown
    assert "SIMULATED" in shown
    assert "Kein Medizinprodukt" in shown


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = (
    *("meta", "origin", "verdict", "alerts", "events", "samples", "duration_s", "closed_utc"),
    *("findings", "signatures", "person"),
)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_report_of_a_damaged_record_is_made_all_the_same(content: dict[str, Any]) -> None:
    data = from_record("ID", "never", 0, content, ())
    page = make_page(data, words("en"))
    assert json.dumps(page.fields(), allow_nan=False)
    assert page.mark or content.get("origin") == "real"


TORQUES = st.lists(st.floats(-50, 200), min_size=1, max_size=400)


@given(TORQUES, st.integers(1, 20))
def test_report_curve_keeps_what_stands_out(torque: list[float], stretches: int) -> None:
    piece = [Sample(float(n), None, value) for n, value in enumerate(torque)]
    kept = thinned(piece, stretches)
    assert len(kept) <= 4 * stretches
    assert kept == sorted(kept, key=lambda sample: sample.time_s)
    assert {piece[0], piece[-1]} <= set(kept)
    for number in range(stretches):
        start = len(torque) * number // stretches
        stop = len(torque) * (number + 1) // stretches
        inside = [s.torque_ncm for s in kept if start <= s.time_s < stop]
        if start < stop:
            assert (min(inside), max(inside)) == (min(torque[start:stop]), max(torque[start:stop]))


def test_report_curve_of_an_hour_keeps_one_spike_of_one_sample() -> None:
    readings = [
        Reading(n, n * 1000, n * 10**6, 5.0, None, None, Validity.VALID) for n in range(200_000)
    ]
    readings[123_457] = readings[123_457]._replace(torque_ncm=14.2)
    drawn = [sample for piece in thin(samples(readings, None)) for sample in piece]
    assert len(drawn) <= 3600
    assert [s.time_s for s in drawn if s.torque_ncm == 14.2] == [123.457]


def test_report_curve_is_parted_at_holes_and_draws_no_bad_sample() -> None:
    good = [Reading(n, n * 1000, n, 1.0, None, None, Validity.VALID) for n in range(1000)]
    bad = [r._replace(validity=Validity.INVALID, torque_ncm=99.0) for r in good[400:700]]
    pieces = samples([*good[:400], *bad, *good[700:]], None)
    assert [len(piece) for piece in pieces] == [400, 300]
    assert all(sample.torque_ncm == 1.0 for piece in pieces for sample in piece)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 15))
def test_report_ticks_are_few_and_inside(low: float, span: float, most: int) -> None:
    scale = Scale(low, low + span, 10.0, 170.0)
    ticks = scale.ticks(most)
    assert len(ticks) <= most + 1
    assert all(10.0 <= scale.at(tick) <= 170.0 for tick in ticks)
    assert nice_step(span, most) > 0


@pytest.mark.requirement("REQ-SHOW-6")
def test_report_mark_does_not_go_with_the_patient() -> None:
    data = replace(case("no-angle"), patient="", site="", screw="")
    assert "SIMULATED" in html(make_page(data, words("en")), CSV)
