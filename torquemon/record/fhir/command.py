"""`torquemon fhir`: look at an insertion as FHIR, send it again, ask a server whether it answers.

Sending goes through the outbox, so the order for each patient holds and what was sent is written
down. Exit code 0: done; 1: it waits, or the server does not answer; 2: nothing was done.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from torquemon.record.delivery.config import Destination
    from torquemon.record.store import Store

_Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse gives it no public name
EXIT_OK: Final = 0
EXIT_WAITS: Final = 1
EXIT_NOTHING_DONE: Final = 2
_KIND: Final = "fhir"
NO_PAGE: Final = (
    "the PDF is part of what is sent, and the part that makes it is missing: "
    "pip install 'torquemon[report]'"
)
_NOBODY: Final = "https://server.invalid/fhir"
"""Stands for a server where none is set up: a preview needs none. RFC 2606."""


def add_fhir(subparsers: _Subparsers[argparse.ArgumentParser]) -> None:
    """Add `fhir` with its subcommands."""
    fhir = subparsers.add_parser("fhir", help="an insertion as FHIR R4: look at it, send it, check")
    kinds = fhir.add_subparsers(metavar="WHAT", required=True)
    preview = kinds.add_parser("preview", help="print what would be sent; sends nothing")
    preview.add_argument("id", help="insertion id, or `last`")
    preview.add_argument("--whole", action="store_true", help="with the page and all of the curve")
    preview.set_defaults(run=lambda args: _with_sentences(_preview, args))
    send = kinds.add_parser("send", help="send one insertion now, again if it was sent before")
    send.add_argument("id", help="insertion id, or `last`")
    send.set_defaults(run=lambda args: _with_sentences(_send, args))
    check = kinds.add_parser("check", help="ask whether the servers answer; sends nothing")
    check.set_defaults(run=lambda args: _with_sentences(_check, args))
    for parser in (preview, send, check):
        parser.add_argument("--to", metavar="NAME", help="only this destination")


def _with_sentences(act: Any, args: argparse.Namespace) -> int:  # noqa: ANN401 - one of those below
    from torquemon.chair_lock import LockError
    from torquemon.journal import JournalError
    from torquemon.paths import HomeError
    from torquemon.record.delivery.config import SaidError
    from torquemon.record.errors import RecordError
    from torquemon.record.insertions import NoInsertionError
    from torquemon.record.report_data import ReportError
    from torquemon.record.report_typst import NoTypstError

    try:
        code: int = act(args)
    except SaidError:
        return EXIT_NOTHING_DONE
    except NoTypstError:
        sys.stderr.write(f"torquemon: {NO_PAGE}\n")
        return EXIT_NOTHING_DONE
    except (
        *(RecordError, HomeError, LockError, JournalError, NoInsertionError, ReportError),
    ) as error:
        sys.stderr.write(f"torquemon: {error}\n")
        return EXIT_NOTHING_DONE
    return code


def _destinations(wanted: str | None) -> list[Destination]:
    """Return the FHIR servers that are set up; mistakes in the file are said."""
    from torquemon.record.delivery.config import ConfigError, SaidError, load_checked
    from torquemon.text import clean

    loaded = load_checked()
    for problem in loaded.problems:
        sys.stderr.write(f"torquemon: {problem}\n")
    servers = [each for each in loaded.destinations if each.kind == _KIND]
    if wanted is None:
        return servers
    found = [each for each in servers if each.name == wanted]
    if not found and wanted in loaded.left_out:
        raise SaidError
    if not found:
        names = ", ".join(each.name for each in servers) or "none"
        raise ConfigError(f"there is no FHIR server {clean(wanted, 40)!r}; set up are: {names}")
    return found


def _servers(wanted: str | None) -> list[Destination]:
    from torquemon.record.delivery.config import ConfigError, SaidError, load

    found = _destinations(wanted)
    if not found and any(each.kind == _KIND for each in load().destinations):
        raise SaidError
    if not found:
        raise ConfigError(
            "no FHIR server is set up: write one into destinations.toml (docs/integration.md)"
        )
    return found


def _whole_id(store: Store, wanted: str) -> str:
    from torquemon.record.delivery.config import ConfigError
    from torquemon.record.insertions import Archive

    found = Archive(None, store).get(wanted)
    if found.whole is None:
        raise ConfigError("this insertion is still being recorded: finish it, then ask again")
    return found.row.id


def _preview(args: argparse.Namespace) -> int:
    import json

    from torquemon.record.delivery.building import build_case
    from torquemon.record.fhir.bundle import bundle, plan
    from torquemon.record.fhir.checks import problems
    from torquemon.record.fhir.scope import Scope
    from torquemon.record.fhir.settings import parse

    destination = next(iter(_destinations(args.to)), None)
    settings = parse(destination.settings if destination else {"url": _NOBODY})
    from torquemon.record.fhir.lookup import identified
    from torquemon.record.insertions import open_archive

    with open_archive() as archive:
        case = build_case(
            archive.store,
            _whole_id(archive.store, args.id),
            names=destination.names if destination else False,
            language=destination.language if destination else "en",
        )
    by_id = settings.ids == "client"
    scope = Scope(
        case,
        identified(case, settings.patient_system),
        by_id,
        settings.tooth_system,
        settings.curve_points,
    )
    made = plan(scope)
    transaction = bundle(made.with_page(case.documents.pdf()), settings.url, by_id=by_id)
    found = problems(transaction)
    shown = transaction if args.whole else _short(transaction)
    sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=2) + "\n")
    for problem in found:
        sys.stderr.write(f"torquemon: {problem}\n")
    return EXIT_WAITS if found else EXIT_OK


def _short(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return the same with long data cut: for eyes."""
    if isinstance(value, dict):
        return {
            name: _cut(inner) if name == "data" and isinstance(inner, str) else _short(inner)
            for name, inner in value.items()
        }
    return [_short(each) for each in value] if isinstance(value, list) else value


_SHOWN_CHARS: Final = 80


def _cut(text: str) -> str:
    if len(text) <= _SHOWN_CHARS:
        return text
    return f"{text[:_SHOWN_CHARS]}… ({len(text)} characters; --whole shows them)"


def _check(args: argparse.Namespace) -> int:
    from torquemon.record.delivery.exporter import DestinationError

    code = EXIT_OK
    for destination in _servers(args.to):
        exporter = destination.open()
        try:
            sys.stdout.write(f"{destination.name}: {exporter.check()}\n")
        except DestinationError as error:
            sys.stdout.write(f"{destination.name}: {error}\n")
            code = EXIT_WAITS
        finally:
            exporter.close()
    return code


def _send(args: argparse.Namespace) -> int:
    """Send one insertion, and what of its server waits before it."""
    from torquemon import paths
    from torquemon.chair_lock import ChairLock
    from torquemon.clock import SystemClock
    from torquemon.record.begun import require_recorded
    from torquemon.record.delivery.holding import why_held
    from torquemon.record.delivery.ledger import Ledger
    from torquemon.record.delivery.queue import Queue
    from torquemon.record.delivery.watching import lock_path
    from torquemon.record.opening import open_store
    from torquemon.record.process import close_all_due

    servers = _servers(args.to)
    require_recorded(paths.record_path())
    lock = ChairLock(lock_path())
    alone = lock.acquire()
    code = EXIT_OK
    try:
        if alone:
            close_all_due(SystemClock())
        store = open_store()
        try:
            insertion_id = _whole_id(store, args.id)
            chair_id = _chair_of(store, insertion_id)
            for server in servers:
                queue = Queue(store, server.name, server.kind, names=server.names)
                queue.resend(chair_id, insertion_id)
                Ledger(store, server.name).retry(insertion_id)
                held = why_held(queue, server, insertion_id)
                if held:
                    sys.stdout.write(f"{server.name}: {held}\n")
                    code = EXIT_WAITS
                if alone:
                    code = max(code, _sweep(store, server))
        finally:
            store.close()
    finally:
        if alone:
            lock.release()
    if not alone:
        sys.stdout.write("a running TorqueMon sends it now: `torquemon outbox` shows how it went\n")
    return code


def _chair_of(store: Store, insertion_id: str) -> str:
    from torquemon.record.history import whole

    return whole(store, insertion_id).insertion.chair_id


def _sweep(store: Store, server: Destination) -> int:
    from torquemon.record.delivery.engine import Courier

    exporter = server.open()
    try:
        swept = Courier(store, server, exporter).sweep()
    finally:
        exporter.close()
    waits = swept.waiting + swept.set_aside
    said = f"; {swept.problem}" if swept.problem else ""
    sys.stdout.write(f"{server.name}: {swept.sent} sent, {waits} wait{said}\n")
    return EXIT_WAITS if waits else EXIT_OK
