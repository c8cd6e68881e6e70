"""Alarms in any order: nothing unheard ever leaves, nothing that holds is cleared."""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import example, given
from hypothesis import strategies as st

from torquemon.model import AlertCode, Priority
from torquemon.monitor import alarms as alarms_module
from torquemon.monitor.alarms import MAX_SHOWN, Alarms, Raised

CODES = st.sampled_from((AlertCode.STALE_DATA, AlertCode.NOT_ARMED, AlertCode.NEAR_LIMIT))
HELD = AlertCode.STALE_DATA
STEPS = st.one_of(
    st.tuples(st.just("event"), CODES),
    st.tuples(st.just("begins"), CODES),
    st.tuples(st.just("ends"), CODES),
    st.tuples(st.just("acknowledge"), st.just(AlertCode.STALE_DATA)),
)


def raised(code: AlertCode) -> Raised:
    return Raised(code, Priority.ALARM, "why", 0.0, None)


@example([("begins", HELD), ("acknowledge", HELD), ("event", HELD)], 1)
@given(st.lists(STEPS, max_size=60), st.sampled_from((1, 2, 4, MAX_SHOWN)))
def test_what_is_unheard_or_holds_is_on_the_list(
    steps: list[tuple[str, AlertCode]], most: int
) -> None:
    with patch.object(alarms_module, "MAX_SHOWN", most):
        follow(steps, most)


def follow(steps: list[tuple[str, AlertCode]], most: int) -> None:
    alarms = Alarms()
    unheard: set[AlertCode] = set()
    holding: set[AlertCode] = set()
    for kind, code in steps:
        if kind == "event":
            alarms.raise_event(raised(code))
            unheard.add(code)
        elif kind == "begins":
            told = alarms.condition(raised(code), holds=True)
            assert told == (code not in holding)
            if told:
                unheard.add(code)
            holding.add(code)
        elif kind == "ends":
            assert not alarms.condition(raised(code), holds=False)
            holding.discard(code)
        else:
            waiting = sum(not alarm.acknowledged for alarm in alarms.all)
            assert alarms.acknowledge() == waiting
            unheard.clear()
        shown = alarms.all
        assert {a.code for a in shown if a.active} == holding
        assert unheard <= {a.code for a in shown if not a.acknowledged}
        assert len(shown) <= most + len(AlertCode)
        assert len({a.id for a in shown}) == len(shown)
        for code_now in AlertCode:
            assert alarms.is_active(code_now) == (code_now in holding)
            assert alarms.unacknowledged(code_now) or code_now not in unheard


@given(st.lists(st.tuples(CODES, st.sampled_from(Priority)), max_size=60))
def test_the_gravest_unheard_alarm_stands_first(found: list[tuple[AlertCode, Priority]]) -> None:
    alarms = Alarms()
    for code, priority in found:
        alarms.raise_event(Raised(code, priority, "", 0.0, None))
    ranks = [alarm.priority.rank for alarm in alarms.all]
    assert ranks == sorted(ranks, reverse=True)
