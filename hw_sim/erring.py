"""A handpiece that errs: reboots, answers late or never, says what is not so, loses its sensor.

Each error begins by name and lasts a while. Two things never err, as long as the motor's brake
works: the rules of the firmware, and its lease timer, which does not hang on the clock that it
stamps samples with. `truths` keeps what every sample really was when it left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, Final

from hw_sim.chance import seeded
from hw_sim.device import HandpieceParams, firmware_config
from hw_sim.device_link import DeviceLink
from hw_sim.erring_parts import ErringLink, Fact, StuckSensor, TruthStream
from hw_sim.faults import Fault
from hw_sim.firmware import Command, Firmware, Latch
from hw_sim.handpiece import Handpiece
from hw_sim.motor import Motor
from torquemon.drivers.codec import Result
from torquemon.drivers.device_messages import DeviceState, Hello
from torquemon.drivers.host_messages import (
    ArmRequest,
    HelloRequest,
    StatusRequest,
    StopRequest,
)
from torquemon.model import ArmState, MotorState, StopReason
from torquemon.units import TorqueUnit

_MICRO: Final = 1_000_000
_NEVER_US: Final = 1 << 62
_HALF: Final = 0.5


class ErringHandpiece(Handpiece):
    """A handpiece whose errors begin by `err`.

    `elapsed_us` is time that no reboot sets back. `lies_until_us`: until then its read-backs may
    say what is not so; `runs_on`: its brake does not bite, `obeys_since_us` since when it does
    again; `boots` counts its starts; `truths` are the samples of each start, by boot id and number.
    """

    LINK: ClassVar[type[DeviceLink]] = ErringLink

    def __init__(self, params: HandpieceParams, seed: int) -> None:
        super().__init__(params, seed)
        self._rng = seeded("errors", seed)
        self._good_sensor = self.sensor
        self._stream: TruthStream = TruthStream(self)
        self.truths: dict[int, dict[int, list[Fact]]] = {}
        self._write_down()
        self.elapsed_us = 0
        self.obeys_since_us = 0
        self._period_us = _MICRO / self.control_hz
        self._owed_us = 0.0
        self.boots = 1
        self.lies_until_us = 0
        self.runs_on = False
        self._off_until_us = 0
        self._swallows = False
        self._lies = False
        self._claimed: Command | None = None
        self._read_back_off = 0
        self._unit = TorqueUnit.NCM
        self._ends: list[tuple[int, Callable[[], None]]] = []
        self._next_end_us = _NEVER_US
        self._begin: dict[Fault, Callable[[], None]] = {
            Fault.REBOOTED: self._reboot,
            Fault.ANSWERS_LATE: self._answer_late,
            Fault.ANSWERS_NEVER: self._answer_never,
            Fault.ACKS_WITHOUT_DOING: self._swallow,
            Fault.READS_BACK_OTHER: self._read_back_other,
            Fault.WRONG_UNIT: self._wrong_unit,
            Fault.CLOCK_JUMPED: self._jump_clock,
            Fault.SEQUENCE_WRAPPED: self._leap,
            Fault.SENSOR_STUCK: self._stick,
            Fault.SENSOR_INVALID: self._garble,
            Fault.SENSOR_SILENT: self._fall_silent,
        }

    def _write_down(self) -> None:
        self.truths[self.params.device.boot_id] = self._stream.truth

    # -- what is so --------------------------------------------------------------------------

    @property
    def is_off(self) -> bool:
        """Whether it is between power-off and start."""
        return self._off_until_us > 0

    @property
    def unit(self) -> TorqueUnit:
        """The unit that its next Hello states."""
        return self._unit

    @property
    def lease_end_us(self) -> int | None:
        """When the lease runs out, on the firmware's timer; None unless armed."""
        if self.firmware.arm_state is not ArmState.ARMED:
            return None
        return self.firmware._lease_end_us  # noqa: SLF001 - the truth that a host must not see

    @property
    def lies(self) -> bool:
        """Whether what it reads back may not be so."""
        return self.elapsed_us < self.lies_until_us

    # -- time --------------------------------------------------------------------------------

    def err(self, fault: Fault) -> None:
        """Let an error of the device begin now."""
        self._begin[fault]()

    def advance(self, seconds: float) -> bytes:
        """Let a few milliseconds pass and return what was sent. Errors begin and end in between."""
        self._owed_us += seconds * _MICRO
        count = int(self._owed_us / self._period_us + 1e-6)
        self._owed_us -= count * self._period_us
        now_us = self.elapsed_us = self.elapsed_us + round(count * self._period_us)
        while now_us >= self._next_end_us:
            self._end_one()
        link = self.link
        if isinstance(link, ErringLink):
            link.now_us = now_us
            if link.late:
                link.release()
        if self._off_until_us:
            if now_us < self._off_until_us:
                return b""
            self._off_until_us = 0
        tick = self.tick
        for _ in range(count):
            tick()
        return self.transmit()

    def receive(self, data: bytes, *, trusted: bool = True) -> None:
        """Take bytes from the host; without power they are lost."""
        if not self._off_until_us:
            super().receive(data, trusted=trusted)

    def _for(self, low_ms: int, high_ms: int, end: Callable[[], None]) -> int:
        """Let an error last; returns its end."""
        until_us = self.elapsed_us + self._rng.randint(low_ms, high_ms) * 1000
        self._ends.append((until_us, end))
        self._ends.sort(key=lambda each: each[0])
        self._next_end_us = self._ends[0][0]
        return until_us

    def _end_one(self) -> None:
        _, end = self._ends.pop(0)
        self._next_end_us = self._ends[0][0] if self._ends else _NEVER_US
        end()

    # -- errors ------------------------------------------------------------------------------

    def _reboot(self) -> None:
        """Lose power for a moment: everything is forgotten, the motor stands, the pedal is dead."""
        self.boots += 1
        device = replace(self.params.device, boot_id=self.params.device.boot_id + 1, first_seq=0)
        self.params = replace(self.params, device=device)
        self.disconnect()
        self.firmware = Firmware(firmware_config(self.params))
        self.motor = Motor(self.params.motor)
        self.pedal = False
        self.angle_deg = 0.0
        self.time_us = 0
        self._ticks = 0
        self._next_status_us = 0
        self._stream = TruthStream(self)
        self._write_down()
        self._claimed = None
        self._off_until_us = self.elapsed_us + self._rng.randint(30, 900) * 1000

    def _answer_late(self) -> None:
        link = self.link
        if isinstance(link, ErringLink):
            link.late_us = self._rng.randint(20, 350) * 1000
            self._for(100, 900, lambda: setattr(link, "late_us", 0))

    def _answer_never(self) -> None:
        link = self.link
        if isinstance(link, ErringLink):
            link.mute = True
            self._for(100, 900, lambda: setattr(link, "mute", False))

    def _swallow(self) -> None:
        """Say done to everything and do nothing; perhaps lie, perhaps run on after a halt."""
        self._obey_again()
        self._swallows = self._rng.random() < _HALF
        self.runs_on = not self._swallows
        self._lies = self._rng.random() < _HALF
        until_us = self._for(200, 1500, self._obey_again)
        if self._lies:
            self.lies_until_us = max(self.lies_until_us, until_us)

    def _obey_again(self) -> None:
        self._swallows = self._lies = self.runs_on = False
        self._claimed = None
        self.obeys_since_us = self.elapsed_us
        if self.firmware.latch is not None:
            self.motor.halt()

    def _read_back_other(self) -> None:
        self._read_back_off = self._rng.choice((-100, -10, 10, 100))
        until_us = self._for(100, 900, lambda: setattr(self, "_read_back_off", 0))
        self.lies_until_us = max(self.lies_until_us, until_us)

    def _wrong_unit(self) -> None:
        self._unit = self._rng.choice([unit for unit in TorqueUnit if unit is not TorqueUnit.NCM])
        self._for(500, 1500, lambda: setattr(self, "_unit", TorqueUnit.NCM))

    def _jump_clock(self) -> None:
        self._stream.flush()
        size_us = 10 ** self._rng.randint(3, 9)
        jumped_us = self._stream.offset_us + self._rng.randint(-size_us, size_us)
        self._stream.offset_us = max(jumped_us, -self.time_us)  # no clock reads less than nothing

    def _leap(self) -> None:
        self._stream.leap()

    def _stick(self) -> None:
        self.sensor = StuckSensor(self._good_sensor.sample(self.torque_ncm, self.time_s))
        self._for(50, 900, self._heal)

    def _fall_silent(self) -> None:
        self.sensor = StuckSensor(None)
        self._stream.silent = True
        self._for(10, 700, self._heal)

    def _heal(self) -> None:
        self.sensor = self._good_sensor
        self._stream.silent = False

    def _garble(self) -> None:
        self._stream.garbled = True
        self._for(10, 500, lambda: setattr(self._stream, "garbled", False))

    # -- what it says and does while it errs -------------------------------------------------

    def state(self) -> DeviceState:
        """The read-back, true or not."""
        state = super().state()
        stream = self._stream
        if stream.offset_us:
            stamp_us = max(state.device_time_us + stream.offset_us, 0)
            state = replace(state, device_time_us=stamp_us)
        if self._read_back_off:
            off = max(0, state.threshold_counts + self._read_back_off)
            state = replace(state, threshold_counts=off)
        return self._claim(state) if self._lies else state

    def _claim(self, state: DeviceState) -> DeviceState:
        claimed = self._claimed
        if self.runs_on and state.arm_state is ArmState.HALTED:
            return replace(state, motor=MotorState.STILL)
        if isinstance(claimed, StopRequest):
            return replace(
                state,
                arm_state=ArmState.HALTED,
                latch_reason=StopReason.HOST_ALERT,
                motor=MotorState.STILL,
                latch_report_id=max(1, state.latch_report_id),
            )
        if isinstance(claimed, ArmRequest):
            return replace(
                state,
                arm_state=ArmState.ARMED,
                threshold_counts=claimed.threshold_counts,
                lease_ms=claimed.lease_ms,
                lease_left_ms=claimed.lease_ms,
                lease_nonce=claimed.nonce,
            )
        return state

    def _execute(self, command: Command) -> Result:
        if not self._swallows or isinstance(command, StatusRequest):
            return super()._execute(command)
        self._claimed = command
        return Result.DONE

    def _halted(self, latch: Latch) -> None:
        super()._halted(latch)
        if self.runs_on:
            self.motor.braking = False

    def _hello(self, request: HelloRequest) -> Hello:
        return replace(super()._hello(request), torque_unit=self._unit)
