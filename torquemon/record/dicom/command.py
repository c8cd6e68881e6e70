"""`torquemon dicom`: look at the instance that an archive gets, send it, ask whether it answers.

Exit code 0: done; 1: something waits or does not answer; 2: nothing was done.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from torquemon.record.whole_file import write_whole
from torquemon.text import clean

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from torquemon.record.delivery.case import Receipt
    from torquemon.record.delivery.config import Destination
    from torquemon.record.models import Delivery
    from torquemon.record.store import Store

_Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse gives it no public name
EXIT_OK: Final = 0
EXIT_WAITS: Final = 1
EXIT_NOTHING_DONE: Final = 2
_KIND: Final = "dicom"
NO_PAGE: Final = (
    "the PDF is what is sent, and the part that makes it is missing: "
    "pip install 'torquemon[report]'"
)
_SHOWN_CHARS: Final = 100


def add_dicom(subparsers: _Subparsers[argparse.ArgumentParser]) -> None:
    """Add `dicom` with its subcommands."""
    dicom = subparsers.add_parser(
        "dicom",
        help="the report as an archive gets it: preview, send, echo",
        description="The report as Encapsulated PDF for an archive (docs/integration.md).",
    )
    what = dicom.add_subparsers(metavar="WHAT", required=True)
    preview = what.add_parser("preview", help="show what would be sent; nothing is sent")
    preview.add_argument("id", metavar="ID", help="insertion id, or `last`")
    preview.add_argument(
        "--to", metavar="NAME", help="as this archive of destinations.toml gets it"
    )
    preview.add_argument("--output", type=Path, metavar="FILE", help="write it as a DICOM file")
    preview.set_defaults(run=lambda args: _with_sentences(_preview, args))
    send = what.add_parser("send", help="send one insertion now, after what waits before it")
    send.add_argument("id", metavar="ID", help="insertion id, or `last`")
    send.add_argument("--to", metavar="NAME", help="only to this archive")
    send.set_defaults(run=lambda args: _with_sentences(_send, args))
    echo = what.add_parser("echo", help="ask the archives whether they answer (C-ECHO)")
    echo.add_argument("to", nargs="?", metavar="NAME", help="only this archive")
    echo.set_defaults(run=lambda args: _with_sentences(_echo, args))


def _with_sentences(act: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    from torquemon.chair_lock import LockError
    from torquemon.journal import JournalError
    from torquemon.paths import HomeError
    from torquemon.record.delivery.config import SaidError
    from torquemon.record.errors import RecordError
    from torquemon.record.insertions import NoInsertionError
    from torquemon.record.report_data import ReportError
    from torquemon.record.report_typst import NoTypstError

    try:
        return act(args)
    except SaidError:
        return EXIT_NOTHING_DONE
    except NoTypstError:
        sys.stderr.write(f"torquemon: {NO_PAGE}\n")
        return EXIT_NOTHING_DONE
    except (
        RecordError,
        ReportError,
        HomeError,
        LockError,
        JournalError,
        NoInsertionError,
    ) as error:
        sys.stderr.write(f"torquemon: {error}\n")
        return EXIT_NOTHING_DONE


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _archives(wanted: str | None) -> list[Destination]:
    """Return the archives that are set up, or the one that is meant. Raises ConfigError."""
    from torquemon.record.delivery.config import ConfigError, SaidError, load_checked

    loaded = load_checked()
    for problem in loaded.problems:
        sys.stderr.write(f"torquemon: {problem}\n")
    all_of_them = [each for each in loaded.destinations if each.kind == _KIND]
    found = [each for each in all_of_them if wanted in (None, each.name)]
    if wanted is not None and not found and wanted in loaded.left_out:
        raise SaidError
    if wanted is not None and not found:
        names = ", ".join(each.name for each in all_of_them) or "none"
        raise ConfigError(f"there is no archive {clean(wanted, 40)!r}; set up are: {names}")
    return found


@contextlib.contextmanager
def _store() -> Iterator[Store]:
    from torquemon import paths
    from torquemon.record.begun import require_recorded
    from torquemon.record.opening import open_store

    require_recorded(paths.record_path())
    store = open_store()
    try:
        yield store
    finally:
        store.close()


def _ids(store: Store, wanted: str) -> tuple[str, str]:
    """Return (chair, insertion) of a closed insertion. Raises NoInsertionError, RecordError."""
    from torquemon.record.errors import RecordError
    from torquemon.record.insertions import Archive

    found = Archive(None, store).get(wanted).whole
    if found is None:
        raise RecordError("this insertion is still being recorded: finish it, then ask again")
    return found.insertion.chair_id, found.insertion.id


def _delivery(store: Store, destination: str, insertion_id: str) -> Delivery | None:
    from torquemon.record.models import Delivery

    with store.read() as session:
        return session.get(Delivery, (destination, insertion_id))


# --- preview -------------------------------------------------------------------------------------


def _preview(args: argparse.Namespace) -> int:
    from torquemon.record.delivery.building import build_case
    from torquemon.record.delivery.config import Destination
    from torquemon.record.dicom.filing import Habits
    from torquemon.record.dicom.instance import report_of, to_bytes
    from torquemon.record.dicom.settings import read

    archives = _archives(args.to)
    _need_pydicom()
    chosen = archives[0] if archives else Destination("archive", _KIND, {})
    habits = read(chosen.name, chosen.settings).habits if archives else Habits()
    with _store() as store:
        _, insertion_id = _ids(store, args.id)
        case = build_case(
            store,
            insertion_id,
            names=chosen.names,
            language=chosen.language,
            previous=_receipt(_delivery(store, chosen.name, insertion_id)),
        )
    instance, _ = report_of(case, habits)
    if args.output is not None:
        return _write(args.output, to_bytes(instance))
    for line in shown(instance):
        _say(line)
    return EXIT_OK


def _need_pydicom() -> None:
    from importlib.util import find_spec

    from torquemon.record.delivery.config import ConfigError

    if find_spec("pydicom") is None:
        raise ConfigError("DICOM needs one more part: pip install 'torquemon[dicom]'")


def _receipt(row: Delivery | None) -> Receipt | None:
    from torquemon.record.delivery.case import Receipt

    if row is None or row.revision is None:
        return None
    return Receipt(row.revision, row.refs or {})


def shown(instance: Dataset, indent: str = "") -> Iterator[str]:
    """Give an instance as lines of text: tag, kind, name, value; the document as its length."""
    for element in instance:
        head = f"{indent}{element.tag} {element.VR} {clean(element.name, 40)}"
        if element.VR == "SQ":
            yield f"{head}: {len(element.value)} item" + ("" if len(element.value) == 1 else "s")
            for item in element.value:
                yield from shown(item, indent + "  ")
        elif isinstance(element.value, bytes):
            yield f"{head}: {len(element.value)} bytes"
        else:
            yield f"{head}: {clean(str(element.value), _SHOWN_CHARS)}"


def _write(path: Path, data: bytes) -> int:
    """Write the file and say where it is; return the exit code."""
    try:
        write_whole(path, data)
    except OSError as error:
        sys.stderr.write(f"torquemon: {path} cannot be written: {error.strerror}\n")
        return EXIT_NOTHING_DONE
    _say(f"DICOM file in {path}")
    return EXIT_OK


# --- send and ask --------------------------------------------------------------------------------


def _send(args: argparse.Namespace) -> int:
    from torquemon.chair_lock import ChairLock
    from torquemon.record.delivery.ledger import Ledger
    from torquemon.record.delivery.queue import Queue
    from torquemon.record.delivery.watching import lock_path

    archives = _some(args.to)
    with _store() as store:
        chair_id, insertion_id = _ids(store, args.id)
        for each in archives:
            Queue(store, each.name, each.kind, names=each.names).resend(chair_id, insertion_id)
            Ledger(store, each.name).retry(insertion_id)
        lock = ChairLock(lock_path())
        if not lock.acquire():
            _say("a running TorqueMon sends it by itself: `torquemon outbox` shows how it stands")
            return EXIT_OK
        try:
            return max([_send_to(store, each, insertion_id) for each in archives])
        finally:
            lock.release()


def _some(wanted: str | None) -> list[Destination]:
    from torquemon.record.delivery.config import ConfigError, SaidError, load

    archives = _archives(wanted)
    if not archives and any(each.kind == _KIND for each in load().destinations):
        raise SaidError
    if not archives:
        raise ConfigError(
            "no archive is set up in destinations.toml (docs/integration.md shows how)"
        )
    return archives


def _send_to(store: Store, archive: Destination, insertion_id: str) -> int:
    from torquemon.record.delivery.engine import Courier
    from torquemon.record.dicom.answers import remark

    exporter: Any = archive.open()
    began_utc = store.clock.utc_now()
    try:
        swept = Courier(store, archive, exporter).sweep()
    finally:
        exporter.close()
    row = _delivery(store, archive.name, insertion_id)
    if row is not None and row.delivered_utc is not None and row.delivered_utc >= began_utc:
        said = remark(str((row.refs or {}).get("said", "")), exporter.label)
        _say(f"{archive.name}: sent to {exporter.label}" + (f"; {said}" if said else ""))
        return EXIT_OK
    why = swept.problem or (row.problem if row is not None else "") or _not_due(archive)
    _say(f"{archive.name}: not sent; {clean(why, 300)}")
    return EXIT_WAITS


def _not_due(archive: Destination) -> str:
    reasons = ["sign it first (`torquemon remark sign`)"] if archive.when == "signed" else []
    reasons += [] if archive.not_real else ["simulated ones need not_real = true"]
    return " or ".join(reasons) or "it waits"


def _echo(args: argparse.Namespace) -> int:
    from torquemon.record.delivery.exporter import DestinationError

    code = EXIT_OK
    for archive in _some(args.to):
        exporter = archive.open()
        try:
            _say(f"{archive.name}: {exporter.check()}")
        except DestinationError as error:
            _say(f"{archive.name}: {error}")
            code = EXIT_WAITS
        finally:
            exporter.close()
    return code
