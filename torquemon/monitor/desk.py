"""The desk where clients are served: views out, orders in, one controlling dashboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from torquemon.clock import Clock
from torquemon.local.messages import Answer, Fetch, Order, OrderName, Role
from torquemon.local.view import CurveBlock, SoundPhase
from torquemon.monitor.arming import OPERATOR_NS
from torquemon.monitor.plan import changed_plan
from torquemon.monitor.session import Session
from torquemon.monitor.viewing import Viewer
from torquemon.profiles import Catalogue, ProfileError
from torquemon.text import clean

_SPOKEN_MAX: Final = 400
_VIEWER_MAY: Final = frozenset({OrderName.STOP})
"""Anyone may stop a motor."""


class Desk:
    """Answers the requests of all clients. `wants_quit` is set by the order to end the monitor."""

    def __init__(self, session: Session, catalogue: Catalogue, clock: Clock) -> None:
        self.wants_quit = False
        self._session = session
        self._catalogue = catalogue
        self._clock = clock
        self._viewer = Viewer(session)
        self._controller: int | None = None
        self._controller_seen_ns = 0
        self._drawn = 0
        orders: dict[OrderName, Callable[[], str]] = {
            OrderName.START: session.start,
            OrderName.FINISH: session.finish,
            OrderName.ACKNOWLEDGE: session.acknowledge,
            OrderName.PAUSE_SOUND: session.pause_sound,
            OrderName.ARM: session.arming.arm,
            OrderName.TARE: session.tare,
            OrderName.QUIT: self._quit,
        }
        self._orders: Mapping[OrderName, Callable[[], str]] = orders

    def answer(self, client: int, role: Role, request: Fetch | Order) -> Answer:
        """Answer one request."""
        if role is Role.CONTROL:
            self._consider_controller(client)
        controlling = role is Role.CONTROL and client == self._controller
        if isinstance(request, Fetch):
            return self._fetch(request, controlling=controlling)
        if role is Role.WATCH:
            return Answer(ok=False, error="this screen only watches: press STOP at the chair")
        if request.name is OrderName.SOUND_STATE:
            return self._sound_state(role, request.fields)
        return self._order(request, controlling=controlling)

    def gone(self, client: int) -> None:
        """A client has left."""
        if client == self._controller:
            self._controller = None

    def _consider_controller(self, client: int) -> None:
        """The first dashboard controls; another takes over only once it has fallen silent."""
        now_ns = self._clock.monotonic_ns()
        silent = now_ns - self._controller_seen_ns > OPERATOR_NS
        if self._controller is None or (client != self._controller and silent):
            self._controller = client
            self._controller_seen_ns = now_ns
            self._drawn = 0

    def _fetch(self, fetch: Fetch, *, controlling: bool) -> Answer:
        if controlling and fetch.drawn > self._drawn:
            self._drawn = fetch.drawn
            self._controller_seen_ns = self._clock.monotonic_ns()
            self._session.arming.operator_seen()
        view = self._viewer.view(self._clock.monotonic_ns(), controlling=controlling)
        return Answer(ok=True, view=view, curve=self._curve(fetch))

    def _curve(self, fetch: Fetch) -> CurveBlock | None:
        chronicle = self._session.chronicle
        recording = chronicle.recording or chronicle.closed
        if recording is None:
            return None
        return recording.block(fetch.curve_from if fetch.insertion_id == recording.id else 0)

    def _order(self, order: Order, *, controlling: bool) -> Answer:
        name = order.name
        if not controlling and name not in _VIEWER_MAY:
            return Answer(ok=False, error="only the controlling dashboard may do this")
        if name is OrderName.STOP:
            who = "the controlling dashboard" if controlling else "a viewer"
            return self._said(self._session.stop_motor(f"stop pressed on {who}"))
        if name is OrderName.PREPARE:
            return self._prepare(order.fields)
        if name is OrderName.CONFIRM:
            return self._confirm(order.fields)
        return self._said(self._orders[name]())

    def _sound_state(self, role: Role, fields: Mapping[str, str]) -> Answer:
        """Take the word of the one who makes the sound, and of nobody else."""
        if role is not Role.RECORDER:
            return Answer(ok=False, error="only the recorder says how the sound fares")
        try:
            phase = SoundPhase(fields.get("state", ""))
        except ValueError:
            return Answer(ok=False, error="the state of the sound is ok, none or failed")
        why = clean(fields.get("why", ""), _SPOKEN_MAX)
        self._session.chronicle.sound.reported(phase, why)
        return Answer(ok=True)

    def _said(self, text: str) -> Answer:
        self._session.side.notice = text
        return Answer(ok=True, text=text)

    def _prepare(self, fields: Mapping[str, str]) -> Answer:
        if self._session.chronicle.recording is not None:
            return Answer(ok=False, error="a recording is running: finish it first")
        try:
            self._session.plan = changed_plan(self._catalogue, self._session.plan, fields)
        except ProfileError as error:
            return Answer(ok=False, error=str(error))
        # it is in the record; left on the screen it would show the last patient over the next one
        self._session.chronicle.closed = None
        return self._said("prepared")

    def _confirm(self, shown: Mapping[str, str]) -> Answer:
        """Take a confirmation only of what is set: the screen may have shown something older."""
        differs = self._session.plan.differs_from(shown)
        if differs:
            differs = differs.removesuffix("_ncm")
            return Answer(
                ok=False, error=f"the {differs} on the screen is not the one set: look again"
            )
        return self._said(self._session.confirm())

    def _quit(self) -> str:
        self.wants_quit = True
        return self._session.finish()
