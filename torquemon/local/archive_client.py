"""A client of the recorder: looks into the archive and adds to it. For dashboards."""

from __future__ import annotations

from typing import Final, TypeVar

from torquemon.local.archive import (
    Act,
    ActName,
    ArchiveAnswer,
    ArchiveRequest,
    AskDevices,
    AskPatient,
    AskState,
    Curve,
    CurvePage,
    FoundPage,
    InsertionView,
    Load,
    PatientView,
    PortLine,
    RecorderState,
    Search,
)
from torquemon.local.client import Connection, LocalLostError
from torquemon.local.door import Door
from torquemon.local.messages import Hello, Role

_T = TypeVar("_T")
NO_RECORDER: Final = "no recorder runs at this chair: start one with `torquemon run`"


class ArchiveAsker:
    """The questions to a recorder, over an `ask` of whoever derives from this.

    All raise LocalError with the recorder's sentence, LocalLostError where there is none.
    """

    async def ask(self, request: ArchiveRequest) -> ArchiveAnswer:
        """Ask anything."""
        raise NotImplementedError

    async def search(self, search: Search) -> FoundPage:
        """Return a page of insertions, newest first."""
        return _given((await self.ask(search)).found)

    async def load(self, insertion_id: str) -> InsertionView:
        """Return one insertion without its curve."""
        return _given((await self.ask(Load(id=insertion_id))).insertion)

    async def curve(self, insertion_id: str, first: int = 0, *, reduced: bool = False) -> CurvePage:
        """Return a page of the curve, or all of it reduced."""
        asked = Curve(id=insertion_id, first=first, reduced=reduced)
        return _given((await self.ask(asked)).curve)

    async def act(
        self, name: ActName, insertion_id: str, *, who: str = "", choice: str = "", text: str = ""
    ) -> str:
        """Add something to the record; return the recorder's sentence."""
        act = Act(name=name, id=insertion_id, who=who, choice=choice, text=text)
        return (await self.ask(act)).text

    async def state(self) -> RecorderState:
        """Return how the recorder fares."""
        return _given((await self.ask(AskState())).state)

    async def patient(self, reference: str) -> PatientView:
        """Return what is known of a patient reference."""
        return _given((await self.ask(AskPatient(reference=reference))).patient)

    async def ports(self, *, scan: bool = False) -> tuple[PortLine, ...]:
        """Return what is on which port."""
        return _given((await self.ask(AskDevices(scan=scan))).ports)


class ArchiveClient(ArchiveAsker):
    """One connection to the recorder."""

    def __init__(self, connection: Connection[ArchiveAnswer]) -> None:
        self._connection = connection

    @classmethod
    async def connect(cls, door: Door, role: Role) -> ArchiveClient:
        """Connect and say hello. Raises LocalError."""
        connection = await Connection.open(door, ArchiveAnswer, "recorder")
        try:
            await connection.ask(Hello(token=door.token, role=role))
        except BaseException:
            await connection.close()
            raise
        return cls(connection)

    async def ask(self, request: ArchiveRequest) -> ArchiveAnswer:
        """See `ArchiveAsker`."""
        return await self._connection.ask(request)

    async def close(self) -> None:
        """Leave."""
        await self._connection.close()


def _given(part: _T | None) -> _T:
    """Return what an answer must hold."""
    if part is None:
        raise LocalLostError("the recorder answered something else than was asked")
    return part
