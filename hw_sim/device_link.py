"""The device's end of the wire: frames in and out, sessions, remembered request ids.

Sans-I/O. Silent until the first hello of a connection. It knows nothing of torque or motors: what
a command does is decided by the function it is given. With a key (`trust`) a command without a
valid tag is refused before anything else is asked, and forgotten; a stop needs none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from hw_sim.device_trust import DeviceTrust
from hw_sim.firmware import Command
from torquemon.drivers.codec import Result
from torquemon.drivers.device_messages import Ack, DeviceState, Hello
from torquemon.drivers.errors import MessageError
from torquemon.drivers.frame import Frame, Framer, encode_frame
from torquemon.drivers.host_messages import (
    ArmRequest,
    AuthRequest,
    DisarmRequest,
    HelloRequest,
    RenewRequest,
    StatusRequest,
    StopRequest,
    TareRequest,
)
from torquemon.drivers.messages import DeviceMessage, HostCommand, from_frame, to_frame

REMEMBERED_IDS: Final = 16
MAX_WAITING_FRAMES: Final = 1024
"""About ten seconds of readings; beyond that the oldest whole frames are dropped and counted."""
_COMMANDS: Final = (
    ArmRequest,
    RenewRequest,
    StopRequest,
    DisarmRequest,
    TareRequest,
    StatusRequest,
)
_FOR_ANYBODY: Final = (StopRequest, StatusRequest)
"""What is carried out whoever asks: it can only make things stand still, or tell."""


class DeviceLink:
    """Frames, session and memory of answers.

    `execute` carries out a command, `state` gives the read-back, `hello` the introduction for a
    request. `dropped_frames` counts what nobody fetched, `bad_messages` what made no sense.
    """

    def __init__(
        self,
        execute: Callable[[Command], Result],
        state: Callable[[], DeviceState],
        hello: Callable[[HelloRequest], Hello],
    ) -> None:
        self._execute = execute
        self._state = state
        self._hello = hello
        self._framer = Framer()
        self._counter = 0
        self._answers: dict[tuple[int, int], Result] = {}
        self._waiting: deque[bytes] = deque()
        self.trust: DeviceTrust | None = None
        self._introduced: Hello | None = None
        self.in_session = False
        self.dropped_frames = 0
        self.bad_messages = 0

    @property
    def bad_frames(self) -> int:
        """Frames from the host that did not hold."""
        return self._framer.bad_frames

    def receive(self, data: bytes, *, trusted: bool = True) -> None:
        """Take bytes from the host. Of what came together in a session a stop goes first.

        What came over a wire that anybody may write to is not `trusted`: whole frames, of which
        only a hello, a question and a stop are heeded.
        """
        commands: list[HostCommand] = []
        for frame in self._framer.feed(data):
            message = self._read(frame)
            if isinstance(message, _COMMANDS):
                if self._may_command(frame, message, trusted=trusted):
                    commands.append(message)
            elif message is not None:
                self._answer_all(commands)
                commands.clear()
                if isinstance(message, HelloRequest):
                    self._start_session(message)
                elif trusted:
                    self._prove(frame)
        self._answer_all(commands)

    def _may_command(self, frame: Frame, command: HostCommand, *, trusted: bool) -> bool:
        """Whether this command may be looked at; refused ones are answered here, not remembered.

        Once a session is proved a refusal carries no id: a stranger who guesses the id of a command
        under way must not be able to have it called refused.
        """
        trust = self.trust
        if isinstance(command, _FOR_ANYBODY):
            return True
        if trusted and (trust is None or trust.obeys(frame)):
            return True
        request_id = 0 if trust is not None and trust.is_open else command.request_id
        self.send(Ack(request_id, command.TYPE, Result.NOT_AUTHENTICATED, self._state()))
        return False

    def _prove(self, frame: Frame) -> None:
        """Answer a challenge; without a key or a session in silence."""
        if self.trust is not None and self._introduced is not None and self.in_session:
            self.send(self.trust.challenged(frame, self._counter, self._introduced))

    def send(self, message: DeviceMessage) -> None:
        """Queue a message; without a session it goes nowhere."""
        if not self.in_session:
            return
        if len(self._waiting) >= MAX_WAITING_FRAMES:
            self._waiting.popleft()
            self.dropped_frames += 1
        frame = to_frame(message, self._counter)
        if self.trust is not None:
            frame = self.trust.seal(frame)
        self._waiting.append(encode_frame(frame))
        self._counter = (self._counter + 1) & 0xFFFF

    def take_frames(self) -> list[bytes]:
        """Return the whole frames that wait, oldest first, and forget them."""
        frames = list(self._waiting)
        self._waiting.clear()
        return frames

    def disconnect(self) -> None:
        """The connection is gone: silence until the next hello. Arming and lease stay."""
        self.in_session = False
        self._forget_proof()
        self._framer.reset()
        self._waiting.clear()
        self._answers.clear()

    def _forget_proof(self) -> None:
        if self.trust is not None:
            self.trust.forget()

    def _read(self, frame: Frame) -> HelloRequest | AuthRequest | HostCommand | None:
        try:
            message = from_frame(frame)
        except MessageError:
            self.bad_messages += 1
            return None
        # A device message on this side of the wire is an echo and means nothing.
        return message if isinstance(message, (HelloRequest, AuthRequest, *_COMMANDS)) else None

    def _start_session(self, request: HelloRequest) -> None:
        self.in_session = True
        self._answers.clear()
        self._counter = 0
        self._forget_proof()
        self._introduced = self._hello(request)
        self.send(self._introduced)

    def _answer_all(self, commands: list[HostCommand]) -> None:
        for command in sorted(commands, key=lambda each: not isinstance(each, StopRequest)):
            self._answer(command)

    def _answer(self, request: HostCommand) -> None:
        if not self.in_session and not isinstance(request, StopRequest):
            return  # what cannot be answered is not carried out; a stop always is
        key = (request.request_id, request.TYPE)
        result = self._answers.get(key)
        if result is None or isinstance(request, StopRequest):
            result = self._execute(request)
        if request.request_id:
            self._answers[key] = result
            while len(self._answers) > REMEMBERED_IDS:
                del self._answers[next(iter(self._answers))]
        self.send(Ack(request.request_id, request.TYPE, result, self._state()))
