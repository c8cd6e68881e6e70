"""Patients drawn from a seed: the spread that is published, the same one for the same seed."""

from __future__ import annotations

import statistics

from hw_sim.bone import Bone
from hw_sim.landmarks import Contact, InsertionParams
from hw_sim.patients import draw_patient

MEAN = InsertionParams()


def test_peaks_spread_by_thirty_to_forty_percent() -> None:
    peaks = []
    for seed in range(120):
        params = draw_patient(MEAN, seed)
        peaks.append(Bone(params, seed).fresh_ncm(params.seat_deg))
    assert 0.25 < statistics.stdev(peaks) / statistics.mean(peaks) < 0.45


def test_the_same_seed_is_the_same_patient() -> None:
    assert draw_patient(MEAN, 3) == draw_patient(MEAN, 3)
    assert draw_patient(MEAN, 3) != draw_patient(MEAN, 4)


def test_what_was_asked_for_stays() -> None:
    asked = InsertionParams(contact=Contact.hard(), strip_ncm=11.0, tip_fracture_ncm=10.0)
    drawn = draw_patient(asked, 1)
    assert (drawn.contact, drawn.strip_ncm, drawn.tip_fracture_ncm, drawn.screw) == (
        asked.contact,
        11.0,
        10.0,
        asked.screw,
    )
