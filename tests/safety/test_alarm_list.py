"""The list of alarms: what latches, what leaves, in which order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon.model import AlertCode, Origin, Priority
from torquemon.monitor.alarms import MAX_SHOWN, Alarms, Raised


def raised(code: AlertCode, priority: Priority = Priority.ALARM) -> Raised:
    return Raised(code, priority, f"{code.value} is so", 1.0, 3.0)


codes = st.sampled_from(AlertCode)
acts = st.lists(
    st.one_of(
        st.tuples(st.just("event"), codes, st.sampled_from(Priority)),
        st.tuples(st.just("begins"), codes, st.just(Priority.ALARM)),
        st.tuples(st.just("ends"), codes, st.just(Priority.ALARM)),
        st.tuples(st.just("acknowledge"), codes, st.just(Priority.ALARM)),
    ),
    max_size=150,
)


@pytest.mark.requirement("REQ-ALM-1", "REQ-ALM-2", "REQ-ALM-3")
@given(acts)
def test_nothing_unacknowledged_leaves_and_the_order_holds(
    doings: list[tuple[str, AlertCode, Priority]],
) -> None:
    alarms = Alarms()
    holding: set[AlertCode] = set()
    waiting: set[AlertCode] = set()
    for what, code, priority in doings:
        if what == "event":
            alarms.raise_event(raised(code, priority))
            waiting.add(code)
        elif what == "begins":
            alarms.condition(raised(code), holds=True)
            if code not in holding:
                waiting.add(code)
            holding.add(code)
        elif what == "ends":
            alarms.condition(raised(code), holds=False)
            holding.discard(code)
        else:
            alarms.acknowledge()
            waiting.clear()
        shown = alarms.all
        assert {a.code for a in shown if not a.acknowledged} == waiting
        assert {a.code for a in shown if a.active} == holding
        ranks = [(a.acknowledged, -a.priority.rank, -a.id) for a in shown]
        assert ranks == sorted(ranks)
        assert len(shown) <= MAX_SHOWN + len(AlertCode)


@pytest.mark.requirement("REQ-ALM-2")
def test_repetitions_beyond_the_list_are_counted_and_acknowledged_ones_make_room() -> None:
    alarms = Alarms()
    for _ in range(MAX_SHOWN + 5):
        alarms.raise_event(raised(AlertCode.SIGNAL_QUALITY, Priority.WARNING))
    assert len(alarms.all) == MAX_SHOWN
    assert alarms.uncounted == 5
    alarms.raise_event(raised(AlertCode.ROOT_CONTACT))
    assert alarms.all[0].code is AlertCode.ROOT_CONTACT
    assert alarms.acknowledge() == MAX_SHOWN + 1
    alarms.raise_event(raised(AlertCode.SIGNAL_QUALITY, Priority.WARNING))
    assert not alarms.all[0].acknowledged
    assert len(alarms.all) == MAX_SHOWN + 1


@pytest.mark.requirement("REQ-ORG-1")
@given(st.lists(st.sampled_from(Origin), min_size=1, max_size=6))
def test_what_was_once_invented_is_never_real_again(origins: list[Origin]) -> None:
    found = origins[0]
    for origin in origins[1:]:
        found = found.merged(origin)
    assert (found is Origin.REAL) == all(origin is Origin.REAL for origin in origins)
