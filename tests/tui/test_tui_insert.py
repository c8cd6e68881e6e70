"""The insert screen, played by a scripted monitor at three sizes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from tests.tui.tui_views import PACE, SIZES, ScriptedLink, alarm, block, verdict, view
from torquemon import DISCLAIMER
from torquemon.local.client import LocalError
from torquemon.local.messages import OrderName
from torquemon.local.view import ArmPhase, Band, CurveBlock, LinkPhase, SessionPhase, View
from torquemon.model import AlertCode, Origin, Priority, VerdictKind
from torquemon.tui.app import DashboardApp
from torquemon.tui.pump import Pace
from torquemon.tui.widgets.digits import TorqueNumber
from torquemon.tui.widgets.keys import StopButton

BLOCKS = set("▀▄█")


@asynccontextmanager
async def dashboard(
    shown: View,
    size: tuple[int, int] = (120, 40),
    *,
    curve: CurveBlock | None = None,
    pace: Pace = PACE,
    start_recording: bool = False,
) -> AsyncIterator[tuple[Pilot[int], ScriptedLink]]:
    link = ScriptedLink()
    app = DashboardApp(link, start_recording=start_recording, pace=pace)
    async with app.run_test(size=size) as pilot:
        link.put(shown, curve)
        await link.until_drawn(shown.sequence)
        await pilot.pause()
        yield pilot, link


def rows(pilot: Pilot[int]) -> list[str]:
    """Return the screen as text, from what the compositor would send to the terminal."""
    compositor = pilot.app.screen._compositor
    return [strip.text for strip in compositor.render_strips()]


def text(pilot: Pilot[int]) -> str:
    return "\n".join(rows(pilot))


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(test(), timeout=30)

    asyncio.run(bounded())


def number_rows(pilot: Pilot[int]) -> int:
    region = pilot.app.screen.query_one(TorqueNumber).region
    drawn = [
        row[region.x : region.right]
        for row in rows(pilot)[region.y : region.bottom]
        if BLOCKS & set(row[region.x : region.right])
    ]
    return len(drawn)


@pytest.mark.requirement("REQ-NUM-3", "REQ-SHOW-4", "REQ-ORG-2")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("band", list(Band))
def test_tui_every_state_shows_number_word_and_watermark(band: Band, size: tuple[int, int]) -> None:
    async def scenario() -> None:
        torque = None if band is Band.NO_DATA else 12.3
        async with dashboard(view(band=band, torque_ncm=torque), size) as (pilot, _):
            screen = text(pilot)
            assert "SIMULATED" in screen
            assert "N·cm" in screen
            assert "ARMED 12.0 N·cm" in screen
            assert number_rows(pilot) >= (9 if size[1] >= 40 else 6)
            words = {
                Band.CONTACT: "possible root contact",
                Band.IDLE: "not judged now",
                Band.NEAR_LIMIT: "near the limit",
            }
            assert words.get(band, band.value.replace("_", " ")) in screen

    run(scenario)


@pytest.mark.requirement("REQ-SHOW-8")
def test_tui_number_keeps_its_height_when_data_is_gone() -> None:
    async def scenario() -> None:
        async with dashboard(view()) as (pilot, link):
            with_number = number_rows(pilot)
            link.put(view(sequence=2, torque_ncm=None, band=Band.NO_DATA))
            await link.until_drawn(2)
            await pilot.pause()
            assert number_rows(pilot) == with_number >= 9
            assert "8.4" not in text(pilot)

    run(scenario)


@pytest.mark.requirement("REQ-SHOW-8")
@pytest.mark.parametrize("size", SIZES)
def test_tui_number_gets_its_room_before_the_plot(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        async with dashboard(view(), size) as (pilot, _):
            before = number_rows(pilot)
            await pilot.resize_terminal(size[0], 18)
            await pilot.pause()
            assert number_rows(pilot) >= 6
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert number_rows(pilot) == before

    run(scenario)


@pytest.mark.requirement("REQ-ORG-2")
@pytest.mark.parametrize(
    ("origin", "word"), [(Origin.SIMULATED, "SIMULATED"), (Origin.REPLAYED, "REPLAYED")]
)
def test_tui_watermark_survives_every_panel_and_a_lost_monitor(origin: Origin, word: str) -> None:
    async def scenario() -> None:
        async with dashboard(view(origin=origin, phase=SessionPhase.CLOSED)) as (pilot, link):
            for key in ("question_mark", "escape", "p", "escape"):
                await pilot.press(key)
                await pilot.pause()
                assert word in text(pilot)
            link.fail(LocalError("gone"))
            link.put(view(sequence=2, origin=Origin.REAL))
            await link.until_drawn(2)
            await pilot.pause()
            assert word in text(pilot)

    run(scenario)


@pytest.mark.requirement("REQ-ORG-2")
def test_tui_real_data_has_no_watermark() -> None:
    async def scenario() -> None:
        async with dashboard(view(origin=Origin.REAL)) as (pilot, _):
            assert "SIMULATED" not in text(pilot)
            assert "REPLAYED" not in text(pilot)

    run(scenario)


@pytest.mark.requirement("REQ-SHOW-6")
@pytest.mark.parametrize("size", SIZES)
def test_tui_first_screen_carries_the_disclaimer(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        shown = view(phase=SessionPhase.PREPARE, band=Band.IDLE)
        async with dashboard(shown, size) as (pilot, _):
            assert "Not a medical device" in text(pilot)
            words = " ".join(text(pilot).split())
            assert all(word in words for word in DISCLAIMER.split())

    run(scenario)


@pytest.mark.parametrize(
    ("key", "order"),
    [
        ("s", OrderName.STOP),
        ("f12", OrderName.STOP),
        ("a", OrderName.ACKNOWLEDGE),
        ("r", OrderName.ARM),
        ("t", OrderName.TARE),
        ("space", OrderName.FINISH),
    ],
)
def test_tui_keys_send_orders(key: str, order: OrderName) -> None:
    async def scenario() -> None:
        async with dashboard(view()) as (pilot, link):
            await pilot.press(key)
            await pilot.pause()
            assert link.orders == [(order, {})]
            assert f"Done: {order.value}." in text(pilot)

    run(scenario)


def test_tui_space_starts_where_nothing_is_recorded() -> None:
    async def scenario() -> None:
        async with dashboard(view(phase=SessionPhase.PREPARE)) as (pilot, link):
            await pilot.press("space")
            await pilot.pause()
            assert link.orders == [(OrderName.START, {})]

    run(scenario)


@pytest.mark.requirement("REQ-STOP-8", "REQ-LEASE-4")
def test_tui_viewer_may_stop_and_nothing_else() -> None:
    async def scenario() -> None:
        async with dashboard(view(controlling=False)) as (pilot, link):
            await pilot.press("space", "a", "r", "t", "p")
            await pilot.pause()
            assert link.orders == []
            footer = "".join(rows(pilot)[-3:])
            assert "VIEW ONLY" in footer
            assert "Arm again" in footer
            assert "only views" in text(pilot)
            await pilot.press("s")
            await pilot.pause()
            assert link.orders == [(OrderName.STOP, {})]

    run(scenario)


@pytest.mark.requirement("REQ-STOP-8")
@pytest.mark.parametrize("size", SIZES)
def test_tui_stop_is_a_large_touch_target(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        async with dashboard(view(), size) as (pilot, link):
            region = pilot.app.screen.query_one(StopButton).region
            assert region.height >= 3
            assert region.width >= 12
            await pilot.click(StopButton)
            await pilot.pause()
            assert link.orders == [(OrderName.STOP, {})]

    run(scenario)


@pytest.mark.parametrize("size", [(80, 20), (79, 24)])
def test_tui_all_keys_fit_into_one_line_where_there_is_no_room_for_targets(
    size: tuple[int, int],
) -> None:
    async def scenario() -> None:
        async with dashboard(view(), size) as (pilot, _):
            for word in ("Finish", "STOP", "Ack", "Mute", "Re-arm", "Axis", "Log", "Help", "Quit"):
                assert word in rows(pilot)[-1]
        async with dashboard(view(phase=SessionPhase.PREPARE), size) as (pilot, _):
            for word in ("Start", "STOP", "Ack", "Mute", "Tare", "Prepare", "Log", "Help", "Quit"):
                assert word in rows(pilot)[-1]

    run(scenario)


@pytest.mark.parametrize("size", SIZES[1:])
def test_tui_all_keys_are_targets_on_a_large_terminal(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        always = ("STOP", "Acknowledge", "Mute", "Alarm log", "Help", "Quit")
        async with dashboard(view(), size) as (pilot, _):
            for word in (*always, "Finish", "Arm again", "Time/angle"):
                assert word in rows(pilot)[-2]
        async with dashboard(view(phase=SessionPhase.PREPARE), size) as (pilot, _):
            for word in (*always, "Start", "Zero", "Prepare", "Review"):
                assert word in rows(pilot)[-2]

    run(scenario)


def test_tui_help_shows_all_its_keys_at_80x24() -> None:
    async def scenario() -> None:
        async with dashboard(view(phase=SessionPhase.CLOSED), (80, 24)) as (pilot, _):
            await pilot.press("question_mark")
            await pilot.pause()
            for key in ("space", "acknowledge", "arm again", "zero", "quit", "closes this"):
                assert key in text(pilot)

    run(scenario)


@pytest.mark.parametrize("size", [(80, 12), (50, 20), (40, 10)])
def test_tui_very_small_terminal_keeps_number_state_and_heartbeat(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        async with dashboard(view(), size) as (pilot, _):
            assert number_rows(pilot) >= 3
            assert "WITHIN" in text(pilot).upper()
            assert "SIMULATED" in text(pilot)

    run(scenario)


def test_tui_refused_order_says_why() -> None:
    async def scenario() -> None:
        async with dashboard(view()) as (pilot, link):
            link.refusal = LocalError("The screw is engaged already.")
            await pilot.press("t")
            await pilot.pause()
            assert "Tare FAILED: The screw is engaged already." in text(pilot)

    run(scenario)


def test_tui_prepare_waits_for_the_end_of_a_recording() -> None:
    async def scenario() -> None:
        async with dashboard(view()) as (pilot, link):
            await pilot.press("p")
            await pilot.pause()
            assert link.orders == []
            assert "Finish the recording before" in text(pilot)

    run(scenario)


def test_tui_start_recording_waits_for_the_device_and_asks_once() -> None:
    async def scenario() -> None:
        idle = view(phase=SessionPhase.PREPARE, device=None)
        async with dashboard(idle, start_recording=True) as (pilot, link):
            assert link.orders == []
            for sequence in (2, 3):
                link.put(view(sequence=sequence, phase=SessionPhase.PREPARE))
                await link.until_drawn(sequence)
            await pilot.pause()
            assert link.orders == [(OrderName.START, {})]

    run(scenario)


@pytest.mark.requirement("REQ-SHOW-7")
def test_tui_quit_asks_while_recording_and_finishes_first() -> None:
    async def scenario() -> None:
        async with dashboard(view()) as (pilot, link):
            await pilot.press("q")
            await pilot.pause()
            assert "Quit while recording?" in text(pilot)
            await pilot.press("n", "q", "y")
            await pilot.pause()
            assert link.orders == [(OrderName.FINISH, {})]
            assert pilot.app.return_value == 0

    run(scenario)


@pytest.mark.requirement("REQ-SHOW-7")
@pytest.mark.parametrize("key", ["ctrl+q", "ctrl+c"])
def test_tui_no_key_ends_a_recording_unasked(key: str) -> None:
    async def scenario() -> None:
        async with dashboard(view()) as (pilot, _):
            await pilot.press(key)
            await pilot.pause()
            assert "Quit while recording?" in text(pilot)
            assert pilot.app.return_value is None

    run(scenario)


def test_tui_quit_that_cannot_finish_says_so_and_may_be_repeated() -> None:
    async def scenario() -> None:
        async with dashboard(view()) as (pilot, link):
            link.refusal = LocalError("disk full")
            await pilot.press("q", "y")
            await pilot.pause()
            assert "could not be finished" in text(pilot)
            assert pilot.app.return_value is None
            await pilot.press("q")
            assert pilot.app.return_value == 0

    run(scenario)


@pytest.mark.requirement("REQ-SHOW-2")
def test_tui_lost_monitor_takes_the_whole_screen_and_comes_back() -> None:
    async def scenario() -> None:
        async with dashboard(view(), pace=Pace(0.0, 5.0, 30.0)) as (pilot, link):
            link.fail(OSError("Connection reset by peer"))
            await until(pilot, "Connection reset by peer")
            screen = text(pilot)
            assert "halts by itself" in screen
            assert "SIMULATED" in screen
            assert "ARMED" not in screen
            assert not pilot.app.screen.query_one(TorqueNumber).region
            await pilot.press("q")
            assert pilot.app.return_value == 1

    run(scenario)


@pytest.mark.requirement("REQ-SHOW-2")
def test_tui_silent_monitor_is_lost_until_it_answers() -> None:
    async def scenario() -> None:
        async with dashboard(view(), pace=Pace(0.0, 0.3, 0.0)) as (pilot, link):
            await until(pilot, "has not answered")
            link.put(view(sequence=2))
            await link.until_drawn(2)
            await pilot.pause()
            assert "ARMED 12.0 N·cm" in text(pilot)

    run(scenario)


async def until(pilot: Pilot[int], words: str) -> None:
    while words not in text(pilot):
        await pilot.pause()


@pytest.mark.requirement("REQ-SHOW-3")
def test_tui_sequence_is_reported_only_after_it_was_painted() -> None:
    async def scenario() -> None:
        link = ScriptedLink()
        app = DashboardApp(link, pace=PACE)
        async with app.run_test() as pilot:
            link.put(view(sequence=41))
            await link.until_drawn(41)
            assert link.drawn == [0, 41]
            with app.batch_update():
                link.put(view(sequence=42))
                for _ in range(5):
                    await pilot.pause()
                assert link.drawn[-1] == 41
            await link.until_drawn(42)

    run(scenario)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", list(VerdictKind))
def test_tui_verdict_stands_with_both_torques_and_the_why(
    kind: VerdictKind, size: tuple[int, int]
) -> None:
    async def scenario() -> None:
        shown = view(phase=SessionPhase.CLOSED, verdict=verdict(kind))
        async with dashboard(shown, size) as (pilot, _):
            screen = text(pilot)
            for words in (kind.value.upper(), "maximum 11.9 N·cm", "final 11.4 N·cm", "Cousley"):
                assert words in screen
            assert number_rows(pilot) >= 6

    run(scenario)


@pytest.mark.requirement("REQ-ALM-3")
def test_tui_alarms_carry_reason_and_marks() -> None:
    async def scenario() -> None:
        seen = alarm(
            2, code=AlertCode.NEAR_LIMIT, priority=Priority.WARNING, acknowledged=True, active=False
        )
        async with dashboard(view(alarms=(seen, alarm(1)))) as (pilot, _):
            lines = rows(pilot)
            first = next(y for y, row in enumerate(lines) if "NEW, holds" in row)
            second = next(y for y, row in enumerate(lines) if "seen, over" in row)
            assert first < second
            assert "possible root contact" in lines[first]
            assert "Torque rose 14.2 N·cm in a tenth" in text(pilot)

    run(scenario)


@pytest.mark.requirement("REQ-ALM-3")
def test_tui_many_alarms_say_how_many_are_not_shown() -> None:
    async def scenario() -> None:
        alarms = tuple(alarm(number) for number in range(1, 21))
        async with dashboard(view(alarms=alarms), (80, 24)) as (pilot, _):
            assert " more" in text(pilot)
            assert "NEW, holds: Torque" in text(pilot)

    run(scenario)


@pytest.mark.requirement("REQ-ARM-9", "REQ-ARM-5")
@pytest.mark.parametrize(
    ("arm", "words"),
    [
        ({"phase": ArmPhase.NOT_ARMED, "held_ncm": None}, ("NOT ARMED", "Top of the window")),
        ({"phase": ArmPhase.ARMED, "held_ncm": None}, ("NOT ARMED",)),
        ({"phase": ArmPhase.ARMING, "held_ncm": None}, ("not confirmed",)),
        (
            {"phase": ArmPhase.WARN_ONLY, "held_ncm": None, "reasons": ()},
            ("WARN ONLY", "cannot be stopped"),
        ),
        (
            {"phase": ArmPhase.WARN_ONLY, "held_ncm": None, "reasons": ("its key is unknown",)},
            ("WARN ONLY", "key is unknown"),
        ),
        ({"phase": ArmPhase.HALTED}, ("HALTED, limit 12.0 N·cm",)),
        ({}, ("ARMED 12.0 N·cm", "Read back")),
    ],
)
def test_tui_threshold_is_only_what_was_read_back(
    arm: dict[str, object], words: tuple[str, ...]
) -> None:
    async def scenario() -> None:
        async with dashboard(view(arm=arm)) as (pilot, _):
            for word in words:
                assert word in text(pilot)

    run(scenario)


@pytest.mark.requirement("REQ-SHOW-3")
def test_tui_liveness_moves_with_samples_only() -> None:
    async def scenario() -> None:
        async with dashboard(view(link={"samples": 100})) as (pilot, link):
            seen = []
            for sequence, samples in ((2, 150), (3, 200), (4, 200)):
                link.put(view(sequence=sequence, link={"samples": samples}))
                await link.until_drawn(sequence)
                await pilot.pause()
                seen.append(next(row for row in rows(pilot) if "LINK" in row))
            assert seen[0] != seen[1]
            assert "no samples" in seen[2]

    run(scenario)


def test_tui_unchanged_view_repaints_only_the_proof_of_life() -> None:
    async def scenario() -> None:
        async with dashboard(view(), curve=block([1.0, 2.0])) as (pilot, link):
            number = pilot.app.screen.query_one(TorqueNumber)
            before = number._lines
            link.put(view(sequence=2))
            await link.until_drawn(2)
            assert number._lines is before

    run(scenario)


@pytest.mark.requirement("REQ-LINK-2", "REQ-REC-3")
def test_tui_lost_samples_storage_and_link_are_said() -> None:
    async def scenario() -> None:
        shown = view(
            storage="The disk is full.",
            operator_present=False,
            link={
                "phase": LinkPhase.LOST,
                "text": "Unplugged: plug the cable in again.",
                "lost_samples": 37,
                "bad_frames": 2,
            },
        )
        async with dashboard(shown) as (pilot, _):
            screen = text(pilot)
            for words in ("LINK LOST", "Unplugged", "37 lost", "2 bad frames", "NOT STORED"):
                assert words in screen

    run(scenario)
