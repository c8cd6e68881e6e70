"""Round trip from a sample's bytes on a pty to the bytes of the stop, with the dashboard drawing.

One sender plays a handpiece at 1 kHz to the real monitor and, on the same tick, to a bare read and
write loop on another pty; both answer every tenth frame. So both are measured under the same load,
in the same run. Blocks of three kinds are interleaved five times: dashboard drawing, dashboard hung
(SIGSTOP), and beside the dashboard a table of 500 rows opened and closed twice a second. A block in
which the sender itself was late (99th percentile over 0.5 ms) is void.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from bench._screens import InTerminal
from bench._sender import Sender, Wire, open_wire
from torquemon.launcher import child

LATE_LIMIT_MS = 0.5
WARM_UP_S = 4.0
BLOCKS = 5
FAST_HZ = 2000
SHARES = (0.5, 0.99, 0.999)


@dataclass(frozen=True)
class Block:
    """One measured block: quantiles in ms of monitor and echo, and how late the sender was."""

    monitor_ms: tuple[float, ...]
    echo_ms: tuple[float, ...]
    answers: int
    late_ms: float

    @property
    def void(self) -> bool:
        """Whether the sender was too late for the block to count."""
        return self.late_ms > LATE_LIMIT_MS


def quantile_ms(values_ns: list[int], share: float) -> float:
    """Return a quantile in milliseconds."""
    ordered = sorted(values_ns)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1e6


def prefer_sender() -> str:
    """Give this process precedence where the system allows it; say how."""
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
        return "real-time priority"
    with suppress(OSError):
        os.nice(-15)
        return "raised priority"
    return "ordinary priority"


@contextmanager
def drawing(_: InTerminal) -> Iterator[None]:
    """The dashboard as it is."""
    yield


@contextmanager
def hung(screen: InTerminal) -> Iterator[None]:
    """The dashboard stopped dead."""
    screen.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        screen.signal(signal.SIGCONT)


@contextmanager
def table(_: InTerminal) -> Iterator[None]:
    """A heavy screen beside the dashboard."""
    load = InTerminal("table")
    try:
        yield
    finally:
        load.close()


KINDS = {"dashboard drawing": drawing, "dashboard hung": hung, "500-row table": table}


def measure(sender: Sender, wires: tuple[Wire, Wire], seconds: float) -> Block:
    """Measure one block."""
    sender.run(0.5)
    sender.settle()
    sender.forget()
    sender.measuring = True
    sender.run(seconds)
    sender.measuring = False
    monitor, echo = wires
    return Block(
        tuple(quantile_ms(monitor.delays_ns, share) for share in SHARES),
        tuple(quantile_ms(echo.delays_ns, share) for share in SHARES),
        len(monitor.delays_ns),
        quantile_ms(sender.late_ns, 0.99),
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="length of one block")
    args = parser.parse_args()
    blocks: dict[str, list[Block]] = {kind: [] for kind in KINDS}
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        os.environ["TORQUEMON_HOME"] = home
        monitor, monitor_port = open_wire(stack)
        echo, echo_port = open_wire(stack)
        stack.enter_context(child(["bench._bare_echo", echo_port]))
        stack.enter_context(child(["bench._answering_monitor", monitor_port]))
        sender = Sender(monitor, echo)
        sender.greet()
        screen = InTerminal("dashboard")
        stack.callback(screen.close)
        how = prefer_sender()
        sender.run(WARM_UP_S)
        for _ in range(BLOCKS):
            for kind, condition in KINDS.items():
                with condition(screen):
                    blocks[kind].append(measure(sender, (monitor, echo), args.seconds))
        lost = fast_block(sender, args.seconds)
        drawn = screen.close()
    return report(blocks, how=how, lost=lost, drawn_bytes=drawn)


def fast_block(sender: Sender, seconds: float) -> int:
    """Send at 2 kHz and return how many samples were never answered."""
    sender.settle()
    sender.forget()
    sender.run(seconds, FAST_HZ)
    sender.settle(1.0)
    return sender.unanswered()


def report(blocks: dict[str, list[Block]], *, how: str, lost: int, drawn_bytes: int) -> int:
    """Print the figures; 1 where the run is void."""
    print(f"round trip byte -> stop bytes on a pty, 1 kHz, sender with {how}")
    print(
        f"median of {BLOCKS} interleaved blocks a row; {drawn_bytes} bytes drawn by the dashboard"
    )
    print(f"{'':20}{'':10}{'median':>9}{'99th':>9}{'99.9th':>9} ms   sender late 99th")
    void = drawn_bytes == 0
    for kind, measured in blocks.items():
        valid = [block for block in measured if not block.void]
        void = void or not valid
        if not valid:
            print(f"{kind:20}VOID: the sender was late in every block")
            continue
        rows = [
            [statistics.median(values) for values in zip(*of, strict=True)]
            for of in ([b.monitor_ms for b in valid], [b.echo_ms for b in valid])
        ]
        late_ms = max(block.late_ms for block in valid)
        print(f"{kind:20}{'monitor':10}{rows[0][0]:9.3f}{rows[0][1]:9.3f}{rows[0][2]:9.3f}", end="")
        print(f"      {late_ms:.3f} ms, {len(measured) - len(valid)} blocks void")
        print(f"{'':20}{'bare loop':10}{rows[1][0]:9.3f}{rows[1][1]:9.3f}{rows[1][2]:9.3f}")
        ratios = [ours / bare for ours, bare in zip(*rows, strict=True)]
        print(f"{'':20}{'ratio':10}{ratios[0]:9.2f}{ratios[1]:9.2f}{ratios[2]:9.2f}")
    print(f"at {FAST_HZ} Hz: {lost} samples without an answer")
    return 1 if void or lost else 0


if __name__ == "__main__":
    raise SystemExit(main())
