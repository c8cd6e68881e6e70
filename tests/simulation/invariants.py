"""What must hold at every step, whatever goes wrong. Each invariant is one method with its rule.

A broken one raises with its name and the moment; the seed replays it. Figures that are added to a
rule are those of the simulation's own grain: one step of ten milliseconds, one beat.
"""

from __future__ import annotations

import json
from typing import Final, NoReturn

from hw_sim.erring import ErringHandpiece
from tests.simulation.chair import Chair
from tests.simulation.host import Host
from tests.simulation.journal_rules import JournalRules
from tests.simulation.reading_rules import ReadingRules
from torquemon.drivers.handpiece import HandpieceEvent
from torquemon.drivers.host_messages import ArmRequest, StopRequest
from torquemon.drivers.link import Connected, Halted, LinkPhase
from torquemon.drivers.messages import Message
from torquemon.local.messages import OrderName
from torquemon.local.view import LinkPhase as ShownLink
from torquemon.local.view import View
from torquemon.model import (
    Alert,
    AlertCode,
    ArmPhase,
    ArmState,
    Reading,
    Stop,
)
from torquemon.monitor.alarms import Raised
from torquemon.monitor.arming import LEASE_MS

_MS: Final = 1_000_000
_ARMED_SHOWN_NS: Final = (LEASE_MS + 200) * _MS
_STAND_US: Final = 50_000
_STOP_CONFIRM_NS: Final = 150 * _MS
_STILL_DEG_S: Final = 6.0
_SEEN_NS: Final = 2_000 * _MS
_ORDER_NS: Final = 2_000 * _MS


class InvariantBrokenError(BaseException):
    """A rule does not hold. No `Exception`: no handler of the product may take it for its own."""

    def __init__(self, name: str, time_s: float, what: str) -> None:
        super().__init__(f"{name} at {time_s:.3f} s: {what}")
        self.name = name


class Invariants:
    """The witness of one run. `chair` is set before the first step."""

    chair: Chair

    def __init__(self) -> None:
        self.host: Host | None = None
        self.journal = JournalRules(self._broken)
        self.readings = ReadingRules(self._broken)
        self.told: list[str] = []
        self._armed_ns = 0
        self._armed_counts = 0
        self._lied_ns = -_SEEN_NS
        self._stop_ns: int | None = None
        self._obeyed_ns: int | None = None
        self._watched_ns = 0
        self._must_show: set[AlertCode] = set()
        self._order_ns: int | None = None
        self._arm_ids: set[int] = set()
        self._disturbed_ns = -1
        self._was_turning = False
        self._was_latched = False
        self._boots = 1
        self._stops_written = 0
        self._stop_due = False

    def _broken(self, name: str, what: str) -> NoReturn:
        raise InvariantBrokenError(name, self.chair.now_ns / 1e9 - 1.0, what)

    @property
    def _step_ns(self) -> int:
        return self.chair.case.step_ns

    def _note(self, what: str) -> None:
        self.told.append(f"{self.chair.now_ns / 1e9 - 1.0:9.3f} s  {what}\n")

    @property
    def device(self) -> ErringHandpiece:
        """The simulated handpiece."""
        return self.chair.device

    # -- every step --------------------------------------------------------------------------

    def check(self) -> None:
        """Look at everything once."""
        self._follow()
        self.the_motor_stands_when_the_lease_is_over()
        self.only_the_operator_starts_a_rotation()
        self.the_stop_was_written_at_once()
        host = self.host
        if host is None:
            return
        self.armed_is_never_shown_too_long(host)
        now_ns = self.chair.now_ns
        self.readings.no_number_without_data(host.side.measurement(now_ns), now_ns)
        self.a_stop_that_is_not_obeyed_is_said(host)
        self.a_standstill_ends_the_alarm(host)

    def _follow(self) -> None:
        """Keep the truth of device and time."""
        chair, device = self.chair, self.device
        now_ns = chair.now_ns
        if device.boots != self._boots:
            self._boots = device.boots
            self._stop_ns = None
        latched = device.latch is not None
        if latched and not self._was_latched:
            self._note(f"device halts: {device.latch}")
        self._was_latched = latched
        if device.firmware.arm_state is ArmState.ARMED and not device.is_off:
            self._armed_ns = now_ns
            self._armed_counts = device.firmware.threshold_counts
        if device.lies:
            self._lied_ns = now_ns
        if abs(device.motor.speed_deg_s) < _STILL_DEG_S:
            self._stop_ns = None
            self._obeyed_ns = self._obeyed_ns or now_ns
        else:
            self._obeyed_ns = None

    def armed_is_never_shown_too_long(self, host: Host) -> None:
        """The view never says armed longer than lease plus 200 ms after the device ceased to be.

        Nor at another threshold than the one held. A device that lies about it is left out.
        """
        lease = host.handpiece.link.lease
        if lease.phase is not ArmPhase.ARMED:
            return
        now_ns = self.chair.now_ns
        if now_ns - self._lied_ns < _ARMED_SHOWN_NS + self._step_ns:
            return
        if now_ns - self._armed_ns > _ARMED_SHOWN_NS:
            ago_ms = (now_ns - self._armed_ns) // _MS
            self._broken("armed_is_never_shown_too_long", f"not armed for {ago_ms} ms")
        if lease.held_counts != self._armed_counts and self._armed_ns == now_ns:
            what = f"shows {lease.held_counts}, the device holds {self._armed_counts}"
            self._broken("armed_is_never_shown_too_long", what)

    def the_motor_stands_when_the_lease_is_over(self) -> None:
        """The motor of an honest device never turns 50 ms after its lease ran out or it halted."""
        device = self.device
        if not device.motor.turning or device.runs_on or device.is_off:
            return
        if device.elapsed_us - device.obeys_since_us <= _STAND_US + self._step_ns // 1000:
            return
        latch = device.latch
        if latch is not None and not device.motor.braking:
            self._broken("the_motor_stands_when_the_lease_is_over", "the brake is off")
        if latch is not None and device.time_us - latch.time_us > _STAND_US + self._step_ns // 1000:
            self._broken("the_motor_stands_when_the_lease_is_over", f"turns on after {latch}")
        end_us = device.lease_end_us
        if end_us is not None and device.time_us - end_us > _STAND_US:
            self._broken("the_motor_stands_when_the_lease_is_over", "the lease has run out")

    def only_the_operator_starts_a_rotation(self) -> None:
        """A motor that begins to turn has a foot on its pedal."""
        device = self.device
        turning = device.motor.turning
        if turning and not self._was_turning and not device.pedal:
            self._broken("only_the_operator_starts_a_rotation", "the pedal is up")
        self._was_turning = turning

    def a_stop_that_is_not_obeyed_is_said(self, host: Host) -> None:
        """A motor that turns on is shown as `stop_failed` after max(150 ms, 3 round trips) + beat.

        Left out: a device without motion channels whose read-back lies; nobody could know.
        """
        if not self._ready(host):
            self._stop_ns = None  # counted from when the two speak with each other
        since_ns = self._stop_ns
        if since_ns is None:
            return
        info = host.side.device
        now_ns = self.chair.now_ns
        if info is None or not (info.has_angle or info.has_speed) or not info.can_stop:
            return
        round_trip_ns = host.handpiece.link.requests.round_trip_ns or 0.0
        limit_ns = max(_STOP_CONFIRM_NS, 3 * round_trip_ns) + 2 * self._step_ns
        if now_ns - since_ns <= limit_ns:
            return
        if not host.chronicle.alarms.is_active(AlertCode.STOP_FAILED):
            ms = (now_ns - since_ns) // _MS
            self._broken("a_stop_that_is_not_obeyed_is_said", f"turns on {ms} ms after the stop")

    @staticmethod
    def _ready(host: Host) -> bool:
        return host.handpiece.link.phase is LinkPhase.READY

    def a_standstill_ends_the_alarm(self, host: Host) -> None:
        """A motor that has stood still for two seconds, with data flowing, is seen to stand."""
        now_ns = self.chair.now_ns
        still_ns = self._obeyed_ns
        if not host.handpiece.link.stop_watch.active:
            self._watched_ns = now_ns
        if still_ns is None or now_ns - max(still_ns, self._watched_ns) < _SEEN_NS:
            return
        flowing = self.readings.flowed_ns(now_ns) > _SEEN_NS
        if flowing and not self.device.lies and now_ns - self._lied_ns > _SEEN_NS:
            self._broken("a_standstill_ends_the_alarm", "the motor has stood for two seconds")

    # -- what is told ------------------------------------------------------------------------

    def heard(self, event: HandpieceEvent) -> None:
        """See `Witness`."""
        if isinstance(event, Connected):
            self._note(f"connected, rebooted: {event.rebooted}")
        if isinstance(event, Halted) or (isinstance(event, Connected) and event.rebooted):
            self._disturbed_ns = self.chair.now_ns
        self.readings.heard(event, self.device, self.chair.now_ns)

    def judged(self, reading: Reading, stop: Stop | None) -> None:
        """See `Witness`."""
        self.the_stop_was_written_at_once()
        self.journal.judged(reading)
        host = self.host
        info = None if host is None else host.side.device
        if stop is not None and info is not None and info.can_stop:
            self._stop_due = True

    def the_stop_was_written_at_once(self) -> None:
        """The host's stop is on the wire before the next reading is judged, within one beat."""
        if self._stop_due:
            self._broken("the_stop_was_written_at_once", "the judge asked for a stop")

    def host_wrote(self, message: Message) -> None:
        """See `Witness`."""
        if isinstance(message, StopRequest):
            self._stop_due = False
            ready = self.host is not None and self._ready(self.host)
            if self._stop_ns is None and ready and self.device.motor.turning:
                self._stop_ns = self.chair.now_ns
        elif isinstance(message, ArmRequest):
            self.nothing_arms_by_itself(message)

    def nothing_arms_by_itself(self, request: ArmRequest) -> None:
        """Each arming follows an operator's order, and never one from before a halt or a loss.

        A halt or reboot counts from when the host was told of it; until then the device refuses.
        """
        name = "nothing_arms_by_itself"
        if request.request_id in self._arm_ids:
            return  # the same command, repeated
        now_ns = self.chair.now_ns
        order_ns = self._order_ns
        if order_ns is None or now_ns - order_ns > _ORDER_NS:
            self._broken(name, "nobody ordered it")
        if self._disturbed_ns > order_ns and self._disturbed_ns < now_ns - 200 * _MS:
            self._broken(name, "the order is older than a halt, a reboot or a lost wire")
        self._arm_ids.add(request.request_id)
        self._order_ns = None

    def ordered(self, name: OrderName) -> None:
        """See `Witness`."""
        self._note(f"order: {name}")
        if name in (OrderName.START, OrderName.ARM):
            self._order_ns = self.chair.now_ns
        elif name is OrderName.ACKNOWLEDGE:
            self._must_show.clear()

    # -- alarms and views --------------------------------------------------------------------

    def alerted(self, alert: Alert | Raised) -> None:
        """See `Witness`."""
        self._note(f"alert: {alert.code}: {alert.why}")
        self._must_show.add(alert.code)

    def saw(self, view: View) -> None:
        """See `Witness`."""
        host = self.host
        if host is None:
            return
        self.every_alert_latches(view)
        self.the_view_says_what_is_known(view, host)

    def every_alert_latches(self, view: View) -> None:
        """Every alert stands in every view until somebody acknowledges it."""
        waiting = {alarm.code for alarm in view.alarms if not alarm.acknowledged}
        if not self._must_show <= waiting:
            missing = sorted(code.value for code in self._must_show - waiting)
            self._broken("every_alert_latches", f"{missing} left without being acknowledged")

    def the_view_says_what_is_known(self, view: View, host: Host) -> None:
        """Number, arming and link of the view are those that the other invariants look at."""
        name = "the_view_says_what_is_known"
        shown = host.side.measurement(self.chair.now_ns)
        if view.torque_ncm != (None if shown is None else shown.torque_ncm):
            self._broken(name, f"shows {view.torque_ncm}")
        info = host.side.device
        phase = host.handpiece.link.lease.phase
        if info is not None and not info.can_stop:
            phase = ArmPhase.WARN_ONLY
        if view.arm.phase is not phase:
            self._broken(name, f"shows {view.arm.phase}, known is {phase}")
        if view.link.phase is ShownLink.CONNECTED and self.chair.wire is None:
            self._broken(name, "shows a connection without a wire")

    # -- lives and ends ----------------------------------------------------------------------

    def wire_lost(self) -> None:
        """See `Witness`."""
        self._disturbed_ns = self.chair.now_ns
        self._stop_ns = None
        self._stop_due = False

    def monitor_started(self, host: Host) -> None:
        """See `Witness`."""
        self._note("monitor started")
        self.host = host
        self.journal.bind(host)
        self._arm_ids.clear()
        self._order_ns = None

    def monitor_killed(self, host: Host) -> None:
        """See `Witness`."""
        self.journal.killed(host, self.chair.store, self.chair.now_ns)
        self.host = None
        self._must_show.clear()
        self.readings.forget()
        self._stop_ns = None

    def finish(self) -> None:
        """Look at what is left when all is over and nothing has gone wrong for a while."""
        host = self.host
        if host is None:
            self._broken("everything_comes_back", "there is no monitor")
        self.everything_comes_back(host)
        self.journal.ended(host, self.chair.store)

    def everything_comes_back(self, host: Host) -> None:
        """Some seconds after the last fault the link is up and a number is shown."""
        now_ns = self.chair.now_ns
        if self.device.firmware.sensor_saturated and host.side.is_streaming(now_ns):
            return  # turned back hard: the torque is beyond the sensor, and no number is right
        if host.side.measurement(now_ns) is None:
            link = host.handpiece.link
            facts = {
                "link": link.phase.name,
                "repeated": link.sequence.repeated,
                "bad frames": host.handpiece.framer.bad_frames,
                "bad messages": link.bad_messages,
                "wire": self.chair.wire is not None,
            }
            self._broken("everything_comes_back", f"no number is shown: {json.dumps(facts)}")
