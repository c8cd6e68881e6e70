"""Real processes: what would be heard at a chair, to the sample; and who misses a dead recorder."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.processes import python, simulator, wait_for
from torquemon import paths
from torquemon.journal import EntryKind, Journal
from torquemon.local.client import MonitorClient
from torquemon.local.door import read_door
from torquemon.local.messages import OrderName, Role
from torquemon.local.view import SoundPhase, View
from torquemon.model import AlertCode, Priority
from torquemon.sound.clips import CHECK_CLIP, Clip, samples
from torquemon.sound.tones import RATE_HZ, SAMPLE_BYTES

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the simulator's pty needs POSIX"),
    pytest.mark.requirement("REQ-ALM-5"),
]

T = TypeVar("T")
BUSY_S = 1.0
"""What a busy machine may add to a figure that is measured in real time (see bench)."""
LATEST_S = 0.15
"""From the alarm in the journal to the first sample of its burst at the device."""
HEAD_BYTES = RATE_HZ // 10 * SAMPLE_BYTES
"""The first tenth of a second tells one burst from another."""
ALARM = samples(Clip(AlertCode.NOT_ARMED, Priority.ALARM))


def asked(act: Callable[[MonitorClient], Coroutine[Any, Any, T]], role: Role) -> T:
    """Do something as a client of the monitor."""

    async def visit() -> T:
        client = await MonitorClient.connect(read_door(paths.door_path()), role)
        try:
            return await act(client)
        finally:
            await client.close()

    return asyncio.run(visit())


def view_now() -> View:
    async def fetch(client: MonitorClient) -> View:
        view, _ = await client.fetch(0, None, 1 << 40)
        return view

    return asked(fetch, Role.VIEW)


def ordered(*names: OrderName) -> None:
    async def order(client: MonitorClient) -> None:
        for name in names:
            await client.order(name)

    asked(order, Role.CONTROL)


class Heard:
    """The file into which a recorder's sound goes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def data(self) -> bytes:
        if not self.path.exists() or self.path.stat().st_size < 100:
            return b""
        with wave.open(str(self.path)) as file:
            frames: bytes = file.readframes(file.getnframes())
            return frames

    def count(self, clip: bytes) -> int:
        return self.data().count(clip[:HEAD_BYTES])

    def silent_since(self, data: bytes) -> bool:
        return not any(self.data()[len(data) :])

    def monotonic_s(self, offset: int) -> float:
        """When a sample went to the device: the last write of the file dates its last sample."""
        data = self.data()
        written_s = self.path.stat().st_mtime - time.time() + time.monotonic()
        return written_s - (len(data) - offset) / SAMPLE_BYTES / RATE_HZ


def raised_s(what: str) -> float:
    """When the monitor raised an alarm, from its journal."""
    journal = Journal(paths.journal_path(), read_only=True)
    try:
        (row,) = journal.insertions()
        for entry in journal.entries(row.id, EntryKind.EVENT):
            fields = json.loads(entry.data)
            if fields["what"] == "alarm" and fields["code"] == what:
                return entry.host_ns / 1e9
    finally:
        journal.close()
    raise AssertionError(f"{what} was not raised")


def heard_pause(heard: Heard) -> bool:
    """Pause the sound for four seconds; whether they were silent.

    They need not be: on a busy machine something new may happen, which ends the pause, as it must.
    """
    ordered(OrderName.PAUSE_SOUND)
    begun = len(heard.data())
    four = 4 * RATE_HZ * SAMPLE_BYTES
    wait_for(lambda: len(heard.data()) > begun + four, 20, "more than the gap between two bursts")
    if not view_now().sound_paused_s:
        return False
    later = heard.data()[begun + four // 8 : begun + four]
    assert not any(later), "the pause is silent"
    return True


def test_what_is_heard_at_a_chair_from_its_first_tone_to_its_dead_monitor(tmp_path: Path) -> None:
    heard = Heard(tmp_path / "heard.wav")
    with (
        simulator("--scenario", "nominal", "--seed", "7") as (_, port),
        python("torquemon", "recorder", f"--sound={heard.path}") as recorder,
    ):
        wait_for(lambda: heard.count(samples(CHECK_CLIP)), 20, "the test of the device")
        with python(
            "torquemon", "monitor", "--record", f"--port={port}", out=subprocess.DEVNULL
        ) as monitor:
            # Nobody is at a dashboard: the stop cannot be armed, and that is an alarm.
            wait_for(lambda: heard.count(ALARM), 20, "the alarm")
            data = heard.data()
            began = data.index(ALARM[:HEAD_BYTES])
            assert heard.count(samples(CHECK_CLIP)) == 2, "the recording began with the tone"
            assert data.rindex(samples(CHECK_CLIP)) < began
            late_s = heard.monotonic_s(began) - raised_s("not_armed")
            assert -0.05 < late_s < LATEST_S + BUSY_S, f"{late_s:.3f} s"

            assert view_now().sound is SoundPhase.NONE
            assert "nobody hears" in view_now().sound_why, "a file is no loudspeaker"

            wait_for(lambda: ALARM in heard.data(), 10, "the whole burst")
            assert any(heard_pause(heard) for _ in range(3)), "a pause of four seconds is silent"

            os.kill(monitor.pid, signal.SIGKILL)
            monitor.wait(10)
            data = heard.data()
            lost = samples(Clip(AlertCode.STALE_DATA, Priority.ALARM))
            wait_for(lambda: lost in heard.data()[len(data) - HEAD_BYTES :], 10, "the dead monitor")
        recorder.terminate()
        _, errors = recorder.communicate(timeout=15)
    assert errors == ""
    assert recorder.returncode == 0


def test_a_recorder_that_dies_is_missed_on_every_screen() -> None:
    with (
        simulator("--scenario", "nominal", "--seed", "7") as (_, port),
        python("torquemon", "monitor", f"--port={port}", out=subprocess.DEVNULL),
        python("torquemon", "recorder", "--sound=null") as recorder,
    ):
        wait_for(paths.door_path().exists, 20, "the monitor listens")
        wait_for(lambda: "nobody hears" in view_now().sound_why, 20, "the recorder's word")
        os.kill(recorder.pid, signal.SIGKILL)
        killed_s = time.monotonic()
        wait_for(lambda: "has not been heard" in view_now().sound_why, 10, "it is missed")
        assert view_now().sound is SoundPhase.NONE
        assert time.monotonic() - killed_s > 3, "not before it could have spoken"
        assert view_now().operator_present is False
