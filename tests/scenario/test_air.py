"""The handpiece through the simulated air, in simulated time: streams, silence, pairing, stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from bumble.gatt import Characteristic, CharacteristicValue

from tests.air_bench import ADDRESS, AirBench
from tests.radio import PASSKEY, SERIAL, SUPERVISION_S
from tests.simulation.air_stream import Harm, stream
from tests.virtual_loop import VirtualLoop, run_virtually
from torquemon.drivers import ble_names
from torquemon.drivers.ble_known import Known, KnownDevices
from torquemon.drivers.ble_session import MAX_CHUNKS
from torquemon.drivers.errors import TransportError, TransportGoneError
from torquemon.drivers.frame import encode_frame
from torquemon.drivers.handpiece import NO_DATA_NS, WireDown, WireUp
from torquemon.drivers.host_messages import ArmRequest
from torquemon.drivers.link import Connected, Halted, Samples, StopConfirmed
from torquemon.drivers.messages import to_frame
from torquemon.local.view import Band
from torquemon.model import ArmPhase, ArmState, ArmStop, Command, Stop, StopReason
from torquemon.monitor.arming import AIR_LEASE_MS


def in_air(
    act: Callable[[AirBench], Awaitable[None]],
    *,
    paired: bool = True,
    **bench: Any,  # noqa: ANN401 - what a bench takes
) -> None:
    """Let something happen in a room, from switching on to switching off."""
    loop = VirtualLoop()

    async def go() -> None:
        room = AirBench(loop, **bench)
        await room.begin(paired=paired)
        try:
            await act(room)
        finally:
            await room.end()

    run_virtually(go(), loop)


async def connected(room: AirBench) -> None:
    await room.until(lambda: room.of(Connected), 5, "hello")
    await room.run(0.3)


async def armed(room: AirBench) -> None:
    await connected(room)
    room.host.judge_with(lambda _: None)
    await room.until(lambda: room.link.trust.may_arm, 2, "proof")
    room.host.request(ArmStop(12.0, AIR_LEASE_MS))
    await room.until(lambda: room.link.lease.phase is ArmPhase.ARMED, 1, "armed")


# --- streams ------------------------------------------------------------------------------------


def test_a_kilohertz_comes_without_loss() -> None:
    outcome = stream(15)
    assert outcome.holds
    assert outcome.received == outcome.expected >= 15_000
    assert outcome.counted_lost == outcome.counted_repeated == 0
    assert outcome.bad_frames == outcome.bad_messages == outcome.believed_not == 0


@pytest.mark.parametrize("mtu", [247, 23])
def test_every_gap_is_counted(mtu: int) -> None:
    """The whole: python -m tests.simulation.air_stream --lose 0.01 --double 0.01 --late 0.01."""
    outcome = stream(8, mtu=mtu, harm=Harm(lose=0.01, double=0.01, late=0.01, seed=mtu))
    assert outcome.holds
    assert 0 < outcome.counted_lost < outcome.expected // 2
    if mtu == 247:
        assert outcome.bad_frames == 0, "frames that fit are lost whole"
        assert outcome.believed_not > 0, "what came twice or late is not believed"


def test_the_same_run_is_the_same_run() -> None:
    harm = Harm(0.01, 0.01, 0.01)
    first, second = stream(3, harm=harm), stream(3, harm=harm)
    assert first.seqs_hash == second.seqs_hash
    assert first.received == second.received


def test_a_slow_link_is_late_and_shows_it() -> None:
    async def act(room: AirBench) -> None:
        await connected(room)
        assert room.view().link.late_ms < 60
        room.air.link.stall(0.5)
        await room.run(1.0)
        assert room.view().link.late_ms > 300
        assert room.link.sequence.lost == 0
        assert not room.of(WireDown)

    in_air(act, recording=True)


# --- silence ------------------------------------------------------------------------------------


@pytest.mark.requirement("REQ-SHOW-1", "REQ-LINK-11")
def test_a_dead_bluetooth_service_is_no_data_at_once_and_left_alone_soon() -> None:
    async def act(room: AirBench) -> None:
        await connected(room)
        assert room.view().torque_ncm is not None
        room.air.link.go_deaf(5.0, room.handpiece.controller)
        took_s = await room.until(lambda: room.view().band is Band.NO_DATA, 1, "NO DATA")
        assert took_s <= NO_DATA_NS / 1e9 + 0.05
        assert room.view().torque_ncm is None
        client = room.transport._session._client  # type: ignore[union-attr]
        assert client.is_connected, "the system has noticed nothing"
        await room.until(lambda: room.of(WireDown), 3, "given up")
        assert "nothing has come from SIM-0001" in room.of(WireDown)[0].why
        await room.until(lambda: len(room.of(Connected)) > 1, 8, "back")
        assert room.view().link.lost_samples > 500

    in_air(act, recording=True)


def test_a_lapsed_lease_halts_and_nothing_is_armed_by_itself() -> None:
    async def act(room: AirBench) -> None:
        await armed(room)
        room.host.allow_renewals_until(room.now_ns + 2_000_000_000)
        await room.run(1.8)
        twin = room.handpiece.twin.handpiece
        assert twin.arm_state is ArmState.ARMED, "renewed through the air"
        room.air.link.cut()
        await room.until(lambda: twin.arm_state is ArmState.HALTED, AIR_LEASE_MS / 1000, "lapsed")
        await room.until(lambda: len(room.of(Connected)) > 1, 5, "back")
        await room.until(lambda: room.of(Halted), 1, "told")
        assert room.of(Halted)[0].report.reason is StopReason.LEASE_EXPIRED
        await room.run(1)
        assert room.link.lease.phase is ArmPhase.HALTED

    in_air(act)


def test_an_order_from_before_is_not_carried_out_after() -> None:
    async def act(room: AirBench) -> None:
        await armed(room)
        room.air.link.stall(SUPERVISION_S + 1)
        room.host.request(ArmStop(9.0, AIR_LEASE_MS))
        await room.until(lambda: len(room.of(Connected)) > 1, 6, "back")
        await room.run(1)
        twin = room.handpiece.twin.handpiece
        assert twin.firmware.threshold_counts == 1200
        assert twin.arm_state is ArmState.HALTED

    in_air(act)


# --- stops --------------------------------------------------------------------------------------


@pytest.mark.requirement("REQ-STOP-1", "REQ-LINK-10")
def test_a_stop_does_not_wait_for_a_write_that_hangs() -> None:
    async def act(room: AirBench) -> None:
        await armed(room)
        twin = room.handpiece.twin.handpiece
        twin.pedal = True
        await room.run(0.2)
        secure = next(
            attribute
            for attribute in room.handpiece.bluetooth.gatt_server.attributes
            if isinstance(attribute, Characteristic)
            and str(attribute.uuid).lower() == ble_names.SECURE_COMMAND
        )

        async def hangs(_: object, __: bytes) -> None:
            await asyncio.sleep(60)

        secure.value = CharacteristicValue(write=hangs)
        room.host.request(ArmStop(11.0, AIR_LEASE_MS))
        await room.run(0.05)
        room.host.request(Stop())
        took_s = await room.until(lambda: twin.arm_state is ArmState.HALTED, 0.5, "halted")
        assert took_s < 0.07, "two connection intervals"
        assert twin.latch is not None
        assert twin.latch.reason is StopReason.HOST_ALERT
        await room.until(lambda: room.of(StopConfirmed), 1, "seen to stand")

    in_air(act)


# --- pairing ------------------------------------------------------------------------------------


async def _watched_only(room: AirBench, why: str) -> None:
    """Readings come, a question is answered, and no order but a stop is obeyed."""
    await connected(room)
    transport = room.transport
    assert transport is not None
    assert why in transport.bare_why
    assert room.of(Samples)
    twin = room.handpiece.twin.handpiece
    orders: list[Command] = [ArmStop(12.0, AIR_LEASE_MS)]
    for order in orders:
        room.host.request(order)
    await room.run(0.5)
    assert room.link.lease.phase is ArmPhase.NOT_ARMED
    assert why in room.link.lease.why_not
    assert twin.arm_state is ArmState.DISARMED
    room.host.request(Stop())
    await room.until(lambda: twin.arm_state is ArmState.HALTED, 1, "a stop is always obeyed")


def test_a_handpiece_that_is_not_paired_is_only_watched() -> None:
    in_air(lambda room: _watched_only(room, "is not paired with this computer"), paired=False)


def test_a_wrong_passkey_pairs_nothing() -> None:
    async def act(room: AirBench) -> None:
        await connected(room)
        client = room.transport._session._client  # type: ignore[union-attr]
        room.air.typed.passkey = (PASSKEY + 1) % 1_000_000
        with pytest.raises(Exception, match="pairing failed"):
            await client.pair()
        room.air.link.cut()
        await room.until(lambda: len(room.of(Connected)) > 1, 6, "back")
        await _watched_only(room, "is not paired with this computer")

    in_air(act, paired=False)


def test_the_right_passkey_pairs_and_the_next_connection_is_encrypted() -> None:
    async def act(room: AirBench) -> None:
        await connected(room)
        client = room.transport._session._client  # type: ignore[union-attr]
        await client.pair()
        await room.run(0.2)
        room.air.link.cut()
        await room.until(lambda: len(room.of(Connected)) > 1, 6, "back")
        assert room.transport is not None
        assert room.transport.bare_why == ""
        await armed(room)

    in_air(act, paired=False)


def test_a_handpiece_that_forgot_its_pairing_says_what_to_do() -> None:
    async def act(room: AirBench) -> None:
        await connected(room)
        await room.handpiece.bonds.delete_all()
        room.air.link.cut()
        await room.until(
            lambda: any("pair it again" in down.why for down in room.of(WireDown)), 5, "told"
        )

    in_air(act)


def test_even_without_a_key_the_open_way_takes_no_orders() -> None:
    async def act(room: AirBench) -> None:
        await connected(room)
        twin = room.handpiece.twin.handpiece
        twin.link.trust = None
        client = room.transport._session._client  # type: ignore[union-attr]
        wire = encode_frame(to_frame(ArmRequest(7, 1200, AIR_LEASE_MS, 1), 9))
        await client.write_gatt_char(ble_names.COMMAND, wire, response=True)
        await room.run(0.2)
        assert twin.arm_state is ArmState.DISARMED
        await client.write_gatt_char(ble_names.SECURE_COMMAND, wire, response=True)
        await room.run(0.2)
        assert twin.firmware.arm_state is ArmState.ARMED, "the same bytes on the protected way"

    in_air(act)


# --- who is meant -------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["", SERIAL, ADDRESS, ADDRESS.lower()])
def test_it_is_found_by_any_of_its_names(target: str, tmp_path: Path) -> None:
    known = KnownDevices(tmp_path / "known.json")

    async def act(room: AirBench) -> None:
        await connected(room)
        assert room.of(WireUp)[0].name == f"{SERIAL} ({ADDRESS})"
        assert known.all() == [Known(SERIAL, ADDRESS, SERIAL)]

    in_air(act, target=target, known=known)


def test_a_known_address_with_another_serial_number_is_not_taken(tmp_path: Path) -> None:
    known = KnownDevices(tmp_path / "known.json")
    known.remember(Known("SN-77", ADDRESS, "TM-77"))

    async def act(room: AirBench) -> None:
        await room.until(lambda: room.of(WireDown), 5, "refused")
        assert "was SN-77 and now calls itself SIM-0001" in room.of(WireDown)[0].why
        assert not room.of(Connected)

    in_air(act, target="SN-77", known=known)


def test_one_that_nobody_is_says_who_there_is() -> None:
    async def act(room: AirBench) -> None:
        await room.until(lambda: room.of(WireDown), 5, "refused")
        assert room.of(WireDown)[0].why == (
            f"no handpiece in reach is SN-99; there are: {SERIAL} ({ADDRESS})"
        )

    in_air(act, target="SN-99")


# --- bounds -------------------------------------------------------------------------------------


def test_a_reader_that_does_not_read_costs_no_memory_and_is_told_by_the_numbers() -> None:
    async def act(room: AirBench) -> None:
        await connected(room)
        assert room._living is not None
        room._living.cancel()  # the reader thread hangs; the radio goes on
        await asyncio.gather(room._living, return_exceptions=True)
        opened = await room.opener.open()
        transport = room.opener.transport(opened, room.runner)
        room.host.on_open(transport, room.now_ns)
        await room.run(45)
        assert len(opened.chunks) == MAX_CHUNKS
        assert transport.dropped_chunks > 100
        room.host.on_chunk(transport, transport.read(0), room.now_ns)
        await room.run(0.1)
        room.host.on_chunk(transport, transport.read(0), room.now_ns)
        assert room.link.sequence.lost > 1000
        await opened.close()
        with pytest.raises(TransportGoneError):
            transport.read(0)

    in_air(act)


def test_a_device_without_the_profile_is_another_kind_of_device() -> None:
    async def act(room: AirBench) -> None:
        await connected(room)
        session = room.transport._session  # type: ignore[union-attr]
        services = session._client.services
        found = services.get_characteristic(ble_names.COMMAND)
        assert found is not None
        found._uuid = "00000000-0000-0000-0000-000000000000"
        with pytest.raises(TransportError, match="another kind of device"):
            session._check_profile()

    in_air(act)
