"""`evaluate` on a small labelled set, from files to table and pictures."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import pytest

from hw_sim import dataset
from torquemon.cohort.command import add_evaluate
from torquemon.cohort.evaluate import write_picture
from torquemon.cohort.score import Case, Score, Truth, add_case, quantile, score
from torquemon.model import Alert, AlertCode, Priority, Reading, Validity, VerdictKind, Window

WINDOW = Window(5.0, 15.0, "w", "test")


def evaluate(*args: str) -> int:
    parser = argparse.ArgumentParser()
    add_evaluate(parser.add_subparsers())
    options = parser.parse_args(["evaluate", *args])
    code = options.run(options)
    assert isinstance(code, int)
    return code


@pytest.fixture(scope="module")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("set")
    assert dataset.main([str(out), "-n", "4", "--seed", "5"]) == 0
    return out


def test_a_set_is_the_same_for_the_same_seed(small_set: Path, tmp_path: Path) -> None:
    dataset.write_dataset(tmp_path, 2, 5, "core")
    for name in ("core-00000.csv", "core-00001.csv"):
        assert (tmp_path / name).read_bytes() == (small_set / name).read_bytes()


def test_the_table_and_the_pictures(
    small_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(str(small_set / "manifest.csv"), "--plot", str(tmp_path / "plots")) == 0
    out = capsys.readouterr().out
    for figure in ("hard contact alerted", "false excess", "verdict right", "error of the maximum"):
        assert figure in out
    assert evaluate(str(small_set / "manifest.csv"), "--no-angle") == 0


def test_a_set_that_cannot_be_used_is_refused(
    small_set: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text("file,contact,max_torque_ncm\ncore-00000.csv,maybe,3\n", encoding="utf-8")
    assert evaluate(str(small_set / "manifest.csv"), "--truth", str(truth)) == 2
    assert "maybe" in capsys.readouterr().err
    assert evaluate(str(tmp_path / "none.csv")) == 2
    assert dataset.main([str(tmp_path), "-n", "0"]) == 2


def alert(code: AlertCode, time_s: float) -> Alert:
    return Alert(code, Priority.ALARM, 0, time_s, 9.0, 100.0, "because")


def case(contact: str, contact_s: float | None, *alerts: Alert) -> Case:
    truth = Truth("f", "core", contact, contact_s, None, 10.0, None)
    return Case(truth, WINDOW, alerts, VerdictKind.WITHIN, 10.2, 90.0, 8.0)


def test_hits_misses_and_false_alarms_are_counted() -> None:
    root = AlertCode.ROOT_CONTACT
    total = score(
        [
            case("hard", 5.0, alert(root, 5.1)),
            case("hard", 5.0, alert(root, 6.5)),
            case("glancing", 5.0, alert(root, 4.0), alert(root, 5.5)),
            case("none", None, alert(root, 4.0)),
            case("none", None, alert(AlertCode.EXCESS_TORQUE, 4.0)),
        ]
    )
    assert total.hits == {"hard": 1, "glancing": 1}
    assert total.contacts == {"hard": 2, "glancing": 1}
    assert total.false_contacts == 2
    assert total.false_excess == 1
    assert total.verdicts_right == total.verdicts == 5
    assert total.delay_s["hard"] == [pytest.approx(0.1)]


def test_an_excess_alert_long_before_the_crossing_is_no_answer_to_it() -> None:
    def crossing(*times_s: float) -> Case:
        truth = Truth("f", "core", "none", None, None, 17.0, 6.0)
        alerts = tuple(alert(AlertCode.EXCESS_TORQUE, time_s) for time_s in times_s)
        return Case(truth, WINDOW, alerts, VerdictKind.ABOVE, 17.0, None, None)

    total = score([crossing(6.02), crossing(4.0), crossing(4.0, 6.03), crossing()])
    assert total.crossings == 4
    assert total.early_excess == 2
    assert total.false_excess == 0
    assert total.missed_crossings == 2
    assert total.excess_delay_s == [pytest.approx(0.02), pytest.approx(0.03)]


def test_each_miss_and_each_false_alarm_has_a_name_for_its_picture() -> None:
    root, excess = AlertCode.ROOT_CONTACT, AlertCode.EXCESS_TORQUE

    def wrong(one: Case) -> list[str]:
        return add_case(Score(), one, with_angle=True)

    assert wrong(case("hard", 5.0, alert(root, 5.1))) == []
    assert wrong(case("hard", 5.0)) == ["miss"]
    assert wrong(case("hard", 5.0, alert(root, 3.0))) == ["false alarm", "miss"]
    assert wrong(case("none", None, alert(root, 3.0))) == ["false alarm"]
    assert wrong(case("none", None, alert(excess, 3.0))) == ["false excess"]
    truth = Truth("f", "core", "none", None, None, 17.0, 6.0)
    crossing = Case(truth, WINDOW, (), VerdictKind.ABOVE, 17.0, None, None)
    assert wrong(crossing) == ["missed crossing"]
    early = replace(crossing, alerts=(alert(excess, 4.0), alert(excess, 6.0)))
    assert wrong(early) == ["early excess"]


def test_a_picture_is_written_for_what_went_wrong(tmp_path: Path) -> None:
    curve = [Reading(i, i * 10_000, 0, 0.1 * i, float(i), None, Validity.VALID) for i in range(100)]
    write_picture(tmp_path, case("hard", 0.5), curve, "missed crossing")
    (path,) = tmp_path.iterdir()
    assert path.name == "missed-crossing-f.svg"
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert "f: missed crossing" in text


def test_a_quantile_is_one_of_the_values() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([1.0, 2.0, 3.0], 0.95) == 3.0
