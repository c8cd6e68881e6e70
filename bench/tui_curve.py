"""What one frame of the curve costs, beside the same curve in textual-plotext.

    python bench/tui_curve.py

An insertion of 30 s at 1 kHz, 20 frames a second, 120x40: each frame brings 50 samples. Both draw
into the same space. Ours is timed from the new samples to the strips for the compositor; theirs,
to its favour, only to the text that Textual still has to cut into strips, and it is fed once with
all samples so far and once with a curve that somebody else has already reduced to its columns.
textual-plotext (with plotext 5) is a dependency of this benchmark only: without it the first
figure stands alone.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from rich.text import Text
from textual.strip import Strip

from torquemon.local.view import (
    ArmPhase,
    ArmView,
    Band,
    CurveBlock,
    LinkPhase,
    LinkView,
    SessionPhase,
    View,
)
from torquemon.model import Origin
from torquemon.tui.widgets.curve import TorqueCurve

WIDTH, HEIGHT = 72, 17
RATE_HZ, FRAMES_PER_S, SECONDS = 1000, 20, 30
PER_FRAME = RATE_HZ // FRAMES_PER_S
WINDOW = (5.0, 15.0)
THRESHOLD_NCM = 12.0
SHELF_FRAMES = 10
"""Of the shelf's frames every tenth is timed: it is slow."""
LINE = "{:<30} median {:7.3f} ms   99 % {:7.3f} ms a frame"


def the_view() -> View:
    """Return a view with a window and a threshold."""
    return View(
        sequence=1,
        phase=SessionPhase.RECORDING,
        origin=Origin.SIMULATED,
        insertion_id="BENCH",
        patient="",
        site="",
        site_name="",
        screw="",
        screw_name="",
        window_low_ncm=WINDOW[0],
        window_high_ncm=WINDOW[1],
        window_source="",
        window_choice="",
        wanted_ncm=None,
        link=LinkView(
            phase=LinkPhase.CONNECTED,
            port="",
            text="",
            round_trip_ms=None,
            samples=0,
            lost_samples=0,
            bad_frames=0,
        ),
        device=None,
        arm=ArmView(
            phase=ArmPhase.ARMED, wanted_ncm=THRESHOLD_NCM, held_ncm=THRESHOLD_NCM, reasons=()
        ),
        torque_ncm=8.0,
        angle_deg=None,
        speed_rpm=None,
        depth_mm=None,
        body_mm=None,
        insertion_phase="",
        max_torque_ncm=None,
        degrees_to_limit=None,
        band=Band.WITHIN,
        worst_band=Band.WITHIN,
        alarms=(),
        stop=None,
        verdict=None,
        elapsed_s=0.0,
        storage="",
        controlling=True,
        operator_present=True,
        notice="",
    )


def curve() -> list[float]:
    """Return 30 s of torque that rises to 11 N·cm, with noise."""
    noise = random.Random(7)  # noqa: S311 - a benchmark needs the same curve each time
    count = RATE_HZ * SECONDS
    return [11.0 * i / count + 0.8 * math.sin(i / 900) + noise.gauss(0, 0.1) for i in range(count)]


def timed(draw: Callable[[int], Any], frames: int) -> list[float]:
    """Return the milliseconds of each frame."""
    out = []
    for frame in range(frames):
        start = time.perf_counter()
        draw(frame)
        out.append((time.perf_counter() - start) * 1e3)
    return out


def ours(torque: list[float]) -> list[float]:
    """Time the curve widget."""
    widget, view = TorqueCurve(), the_view()

    def draw(frame: int) -> None:
        first = frame * PER_FRAME
        part = torque[first : first + PER_FRAME]
        block = CurveBlock.model_construct(
            insertion_id="BENCH",
            first=first,
            next=first + len(part),
            time_s=tuple((first + i) / RATE_HZ for i in range(len(part))),
            torque_ncm=tuple(part),
            angle_deg=(),
        )
        widget.show(view, block)
        for line in widget.paint(WIDTH, HEIGHT):
            Strip(line).adjust_cell_length(WIDTH)

    return timed(draw, len(torque) // PER_FRAME)


def shelf(torque: list[float], stride: int) -> list[float] | None:
    """Time textual-plotext on every `stride`th of the samples so far, up to its renderable."""
    try:
        plot = import_module("textual_plotext").Plot()
    except ImportError:
        return None
    times = [index / RATE_HZ for index in range(len(torque))]

    def draw(frame: int) -> None:
        end = (frame * SHELF_FRAMES + 1) * PER_FRAME
        plot.clear_data()
        plot.clear_figure()
        plot.plotsize(WIDTH, HEIGHT)
        plot.xlim(0, SECONDS)
        plot.ylim(0, 30)
        plot.plot(times[:end:stride], torque[:end:stride], marker="braille")
        plot.hline(THRESHOLD_NCM)
        Text.from_ansi(plot.build())

    return timed(draw, len(torque) // PER_FRAME // SHELF_FRAMES)


def main() -> None:
    """Print all three."""
    torque = curve()
    mine = ours(torque)
    print(LINE.format("torquemon curve", *figures(mine)))
    for name, stride in (("all samples", 1), ("reduced", RATE_HZ * SECONDS // (4 * WIDTH))):
        theirs = shelf(torque, stride)
        if theirs is None:
            print("textual-plotext is not installed: nothing to compare with")
            return
        print(LINE.format(f"textual-plotext, {name}", *figures(theirs)))
        part = statistics.median(mine) / statistics.median(theirs)
        print(f"  ours costs {part:.3f} of it (wanted: at most 0.2)")


def figures(times_ms: list[float]) -> tuple[float, float]:
    """Return median and 99th percentile."""
    return statistics.median(times_ms), statistics.quantiles(times_ms, n=100)[98]


if __name__ == "__main__":
    main()
