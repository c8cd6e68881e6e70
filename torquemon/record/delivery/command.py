"""`torquemon outbox`: what waits for which destination, and what can be done about it.

Exit code 0: all is well; 1: something waits or does not answer; 2: nothing was done.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from torquemon.record.delivery.config import Destination
    from torquemon.record.delivery.status import Line
    from torquemon.record.store import Store

_Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse gives it no public name
_Act = Callable[[argparse.Namespace], int]
EXIT_OK: Final = 0
EXIT_WAITS: Final = 1
EXIT_NOTHING_DONE: Final = 2
_SHOWN: Final = 200


def add_outbox(subparsers: _Subparsers[argparse.ArgumentParser]) -> None:
    """Add `outbox` with its subcommands."""
    outbox = subparsers.add_parser(
        "outbox",
        help="what waits for folder, FHIR, DICOM; send, retry",
        description="Show where finished insertions go (destinations.toml) and how that stands.",
    )
    outbox.set_defaults(run=lambda args: _with_sentences(_list, args))
    kinds = outbox.add_subparsers(metavar="WHAT")
    _sub(kinds, "list", "how the destinations stand (the default)", _list)
    _sub(kinds, "check", "ask the destinations whether they answer; nothing is sent", _check, "to")
    _sub(kinds, "send", "send now what waits, once", _send, "to")
    _sub(kinds, "retry", "try again now, what was set aside too", _retry, "to")
    _sub(kinds, "resend", "send one insertion again", _resend, "id", "to")
    _sub(kinds, "forget", "give up a destination that is no longer set up", _forget, "name")
    watch = _sub(kinds, "watch", "send by itself until stopped (`run` does this)", _watch)
    watch.add_argument("--until-input-ends", action="store_true", help=argparse.SUPPRESS)


def _sub(
    kinds: _Subparsers[argparse.ArgumentParser], name: str, words: str, act: _Act, *arguments: str
) -> argparse.ArgumentParser:
    parser = kinds.add_parser(name, help=words)
    for argument in arguments:
        if argument == "to":
            parser.add_argument("--to", metavar="NAME", help="only this destination")
        else:
            parser.add_argument(argument, metavar=argument.upper())
    parser.set_defaults(run=lambda args: _with_sentences(act, args))
    return parser


def _with_sentences(act: _Act, args: argparse.Namespace) -> int:
    from torquemon.chair_lock import LockError
    from torquemon.journal import JournalError
    from torquemon.paths import HomeError
    from torquemon.record.errors import RecordError
    from torquemon.record.insertions import NoInsertionError

    try:
        return act(args)
    except (RecordError, HomeError, LockError, JournalError, NoInsertionError) as error:
        sys.stderr.write(f"torquemon: {error}\n")
        return EXIT_NOTHING_DONE


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _destinations(wanted: str | None) -> tuple[list[Destination], int]:
    """Return what is set up, or the one that is meant, and the exit code if all goes well.

    A mistake in the file is said, leaves out one destination, and is an exit code of its own.
    """
    from torquemon.record.delivery.config import ConfigError, config_path, load_checked
    from torquemon.text import clean

    loaded = load_checked()
    for problem in loaded.problems:
        sys.stderr.write(f"torquemon: {problem}\n")
    found = [each for each in loaded.destinations if wanted in (None, each.name)]
    if wanted is not None and not found:
        names = ", ".join(each.name for each in loaded.destinations) or "none"
        raise ConfigError(f"there is no destination {clean(wanted, 40)!r}; set up are: {names}")
    if not found and loaded.problems:
        raise ConfigError(f"no destination can be used: mend {config_path()}")
    if not found:
        raise ConfigError(
            f"no destination is set up: write {config_path()} (docs/integration.md shows how)"
        )
    return found, EXIT_WAITS if loaded.problems and wanted is None else EXIT_OK


def _open() -> Store:
    from torquemon import paths
    from torquemon.record.begun import require_recorded
    from torquemon.record.opening import open_store

    require_recorded(paths.record_path())
    return open_store()


def _list(_: argparse.Namespace) -> int:
    from torquemon.record.delivery.config import load_checked
    from torquemon.record.delivery.status import lines

    loaded = load_checked()
    if not loaded.destinations and not loaded.problems:
        _destinations(None)
    for problem in loaded.problems:
        sys.stderr.write(f"torquemon: {problem}\n")
    store = _open()
    try:
        found = [line for line in lines(store) if line.kind]
    finally:
        store.close()
    for line in found:
        _say(_text(line))
    waits = any(line.waiting or line.set_aside for line in found)
    return EXIT_WAITS if waits or loaded.problems else EXIT_OK


def _text(line: Line) -> str:
    parts = [f"{line.sent} sent", f"{line.waiting} waiting"]
    if line.unsigned:
        parts.append(f"{line.unsigned} not signed yet")
    if line.set_aside:
        parts.append(f"{line.set_aside} set aside")
    if line.next_try_utc is not None:
        parts.append(f"next try {line.next_try_utc.isoformat()[:19].replace('T', ' ')} UTC")
    if line.since is not None and not line.sent:
        begins = line.since.isoformat()[:19].replace("T", " ")
        parts.append(f"gets what is signed since {begins} UTC (`resend ID` sends older ones)")
    kind = f" ({line.kind})" if line.kind else ""
    problem = f"\n    {line.problem}" if line.problem else ""
    return f"{line.name}{kind}: {', '.join(parts)}{problem}"


def _check(args: argparse.Namespace) -> int:
    from torquemon import paths
    from torquemon.record.delivery.exporter import DestinationError

    found, code = _destinations(args.to)
    if paths.record_path().exists():
        _open().close()  # what is signed from now on goes there
    for destination in found:
        exporter = destination.open()
        try:
            _say(f"{destination.name}: {exporter.check()}")
        except DestinationError as error:
            _say(f"{destination.name}: {error}")
            code = EXIT_WAITS
        finally:
            exporter.close()
    return code


def _send(args: argparse.Namespace) -> int:
    """Send once. Beside a process that sends by itself, this one only wakes it."""
    from torquemon.chair_lock import ChairLock
    from torquemon.record.delivery.engine import Courier
    from torquemon.record.delivery.watching import lock_path
    from torquemon.record.process import close_all_due

    found, code = _destinations(args.to)
    lock = ChairLock(lock_path())
    if not lock.acquire():
        _say("a running TorqueMon sends by itself: `torquemon outbox` shows how it stands")
        return EXIT_OK
    try:
        from torquemon.clock import SystemClock

        close_all_due(SystemClock())
        store = _open()
        try:
            for destination in found:
                exporter = destination.open()
                try:
                    courier = Courier(store, destination, exporter)
                    swept = courier.sweep()
                finally:
                    exporter.close()
                waits = swept.waiting + swept.set_aside
                said = f"; {swept.problem}" if swept.problem else ""
                _say(f"{destination.name}: {swept.sent} sent, {waits} wait{said}")
                code = EXIT_WAITS if waits else code
        finally:
            store.close()
    finally:
        lock.release()
    return code


def _retry(args: argparse.Namespace) -> int:
    from torquemon.record.delivery.ledger import Ledger

    store = _open()
    try:
        for destination in _destinations(args.to)[0]:
            Ledger(store, destination.name).retry()
    finally:
        store.close()
    return _send(args)


def _resend(args: argparse.Namespace) -> int:
    from torquemon.record.delivery.holding import why_held
    from torquemon.record.delivery.ledger import Ledger
    from torquemon.record.delivery.queue import Queue
    from torquemon.record.history import whole
    from torquemon.record.insertions import Archive

    code = EXIT_OK
    store = _open()
    try:
        insertion_id = Archive(None, store).get(args.id).row.id
        chair_id = whole(store, insertion_id).insertion.chair_id
        for destination in _destinations(args.to)[0]:
            queue = Queue(store, destination.name, destination.kind, names=destination.names)
            queue.resend(chair_id, insertion_id)
            Ledger(store, destination.name).retry(insertion_id)
            held = why_held(queue, destination, insertion_id)
            if held:
                _say(f"{destination.name}: {held}")
                code = EXIT_WAITS
    finally:
        store.close()
    return max(code, _send(args))


def _forget(args: argparse.Namespace) -> int:
    from torquemon.record.delivery.config import ConfigError, load
    from torquemon.record.delivery.ledger import forget
    from torquemon.text import clean

    name = clean(args.name, 60)
    if any(each.name == name for each in load().destinations):
        raise ConfigError(f"{name} is set up in destinations.toml: take it out there first")
    store = _open()
    try:
        if not forget(store, name):
            raise ConfigError(f"no destination {name!r} is known here: `torquemon outbox`")
    finally:
        store.close()
    _say(f"{name} is forgotten; what was sent there stays there")
    return EXIT_OK


def _watch(args: argparse.Namespace) -> int:
    import signal

    from torquemon.record.delivery.watching import end_with_input, watch

    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    if args.until_input_ends:
        end_with_input(sys.stdin, ending)

    def say(line: str) -> None:
        sys.stderr.write(f"torquemon outbox: {line[:_SHOWN]}\n")

    if not watch(say, ending):
        sys.stderr.write("torquemon: another process of this chair sends already\n")
        return EXIT_NOTHING_DONE
    return EXIT_OK
