"""The subcommands that keep the record: verify, erase, backup, restore, archive, key, prune.

Heavy imports wait until one is run. Exit code 0: done and nothing found; 1: verify found something;
2: not done.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from torquemon.record.command_tools import EXIT_FOUND, EXIT_OK, say, with_sentences, with_store
from torquemon.record.key_command import add_key
from torquemon.text import counted

if TYPE_CHECKING:
    from torquemon.record.store import Store

_Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse gives it no public name


def add_maintain_commands(subparsers: _Subparsers[argparse.ArgumentParser]) -> None:
    """Add the subcommands."""
    _add_verify(subparsers)
    _add_erase(subparsers)
    _add_copies(subparsers)
    add_key(subparsers)


# --- verify ---------------------------------------------------------------------------------------


def _add_verify(subparsers: _Subparsers[argparse.ArgumentParser]) -> None:
    verify = subparsers.add_parser(
        "verify",
        help="whether the record is what was written",
        description=(
            "Check every row, link and signature of the record. That the newest entries were cut "
            "off shows only against a witness: a report or its chain head."
        ),
        epilog="Exit code: 0 nothing found, 1 something found, 2 not done.",
    )
    verify.add_argument(
        "--report", type=Path, action="append", default=[], metavar="FILE", help="a printed report"
    )
    verify.add_argument(
        "--head", action="append", default=[], metavar="TEXT", help="a chain head from a report"
    )
    verify.set_defaults(run=lambda args: with_store(lambda store: _verify(store, args)))


def _verify(store: Store, args: argparse.Namespace) -> int:
    from torquemon.record.chain import heads_in
    from torquemon.record.errors import RecordError
    from torquemon.record.verify import heads_of_report, verify_store

    heads = [head for path in args.report for head in heads_of_report(path)]
    for text in args.head:
        named = heads_in(text) or heads_in(f"torquemon-head {text}")
        if not named:
            raise RecordError("this is no chain head: it reads torquemon-head CHAIR:NUMBER:HASH")
        heads += named
    found = verify_store(store, heads)
    for chain in found:
        verdict = "nothing found"
        if chain.problems:
            verdict = counted(len(chain.problems), "PROBLEM", "PROBLEMS")
        entries = counted(chain.entries, "entry", "entries")
        say(f"chair {chain.chair_id}: {entries}, {chain.erased} erased: {verdict}")
        say(*(f"  {problem}" for problem in chain.problems))
        say(*(f"  note: {note}" for note in chain.notes))
        if chain.head is not None:
            say(f"  {chain.head}")
    if not heads:
        say("without --report or --head nobody can tell whether the newest entries were cut off")
    return EXIT_FOUND if any(chain.problems for chain in found) else EXIT_OK


# --- erase ----------------------------------------------------------------------------------------


def _add_erase(subparsers: _Subparsers[argparse.ArgumentParser]) -> None:
    erase = subparsers.add_parser(
        "erase",
        help="delete insertions on request, for ever",
        description=(
            "Delete the content of insertions for ever. The chain keeps that something was erased, "
            "when, by whom and why, and still verifies. Backups and copies elsewhere are not "
            "reached. Without --yes it only says what would be erased."
        ),
    )
    what = erase.add_mutually_exclusive_group(required=True)
    what.add_argument("--insertion", metavar="ID", help="one insertion")
    what.add_argument("--patient", metavar="REFERENCE", help="all of a patient, with the name")
    what.add_argument("--older-than-years", type=float, metavar="N", help="retention: all older")
    erase.add_argument("--why", default="", help="the reason, for the chain: no name in it")
    erase.add_argument("--operator", default="", help="who erases")
    erase.add_argument("--yes", action="store_true", help="do it")
    erase.set_defaults(run=lambda args: with_store(lambda store: _erase(store, args)))


def _erase(store: Store, args: argparse.Namespace) -> int:
    from torquemon.record import erasing
    from torquemon.record.errors import RecordError
    from torquemon.record.pruning import forget
    from torquemon.record.report_job import forget_reports

    erasing.check_reason(args.why, args.operator)
    ids = _to_erase(store, args)
    if not ids and args.patient is None:
        raise RecordError("there is nothing to erase")
    if not args.yes:
        many = counted(len(ids), "insertion")
        say(*ids, f"{many} would be erased for ever: say --yes to do it")
        return EXIT_OK
    forget(store, ids)
    forget_reports(ids)
    count = erasing.erase_insertions(store, ids, args.why, args.operator) if ids else 0
    if args.patient is not None:
        count += erasing.erase_person(store, args.patient, args.why, args.operator)
        _forget_waiting(args.patient)
    if not count:
        raise RecordError("there is nothing to erase")
    entries = counted(count, "entry", "entries")
    say(f"{counted(len(ids), 'insertion')} erased, {entries} without content now")
    say(str(store.head()))
    return EXIT_OK


def _forget_waiting(reference: str) -> None:
    """Let an erased patient no longer wait: the file holds the name. Raises RecordError."""
    from torquemon.record.gdt.waiting import forget, last_taken

    said = last_taken()
    if said is not None and said.reference == reference:
        forget()


def _to_erase(store: Store, args: argparse.Namespace) -> list[str]:
    from datetime import timedelta

    from torquemon.record import erasing
    from torquemon.record.errors import RefusedError
    from torquemon.record.insertions import NoInsertionError, parse_id

    if args.insertion is not None:
        try:
            return [parse_id(args.insertion)]
        except NoInsertionError as error:
            raise RefusedError(str(error)) from None
    with store.read() as session:
        if args.patient is not None:
            return erasing.insertions_of_patient(session, args.patient)
        if not 0 < args.older_than_years < 200:  # noqa: PLR2004 - refuses NaN and infinity
            raise RefusedError("retention is a number of years above zero")
        before = store.clock.utc_now() - timedelta(days=365.25 * args.older_than_years)
        return erasing.insertions_before(session, store.chair_id, before)


# --- copies ---------------------------------------------------------------------------------------


def _add_copies(subparsers: _Subparsers[argparse.ArgumentParser]) -> None:
    backup = subparsers.add_parser(
        "backup",
        help="copy the record while it is in use",
        description="Copy the record into one file while it is in use, and verify the copy.",
    )
    backup.add_argument("file", type=Path, metavar="FILE")
    backup.set_defaults(run=lambda args: with_sentences(lambda: _backup(args.file)))
    restore = subparsers.add_parser(
        "restore",
        help="put a backup in the place of the record",
        description=(
            "Verify a backup and put it in the place of the record, which is kept beside it. What "
            "was recorded after the backup is then only in that kept file."
        ),
    )
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.add_argument(
        "--key-file", type=Path, metavar="KEY", help="an earlier key, which the backup has"
    )
    restore.add_argument(
        "--unencrypted",
        action="store_true",
        help="take a backup that was made before the record had a key; it is encrypted",
    )
    restore.set_defaults(run=lambda args: with_sentences(lambda: _restore(args)))
    archive = subparsers.add_parser("archive", help="the whole record as one ZIP, out and in")
    ways = archive.add_subparsers(metavar="out|in", required=True)
    out = ways.add_parser("out", help="write every chain, readable without this program")
    out.add_argument("file", type=Path, metavar="FILE.zip")
    out.set_defaults(run=lambda args: with_store(lambda store: _archive_out(store, args.file)))
    take = ways.add_parser("in", help="take other chairs' chains in, beside the own one")
    take.add_argument("file", type=Path, metavar="FILE.zip")
    take.set_defaults(run=lambda args: with_sentences(lambda: _archive_in(args.file)))
    prune = subparsers.add_parser(
        "prune", help="take out of the journal what the record holds and gives back"
    )
    prune.set_defaults(run=lambda _: with_store(_prune))


def _backup(target: Path) -> int:
    from torquemon import paths
    from torquemon.record.backup import back_up
    from torquemon.record.begun import refuse_gone
    from torquemon.record.errors import RecordError
    from torquemon.record.opens_with import key_of

    record = paths.record_path()
    refuse_gone(record)
    if not record.exists():
        raise RecordError("nothing was recorded yet: there is nothing to back up")
    head = back_up(record, key_of(record), target)
    say(f"the record is copied into {target} and the copy verifies", str(head))
    return EXIT_OK


def _restore(args: argparse.Namespace) -> int:
    from torquemon import paths
    from torquemon.record.backup import restore
    from torquemon.record.errors import RecordError
    from torquemon.record.keys import key_in_file
    from torquemon.record.opens_with import earlier_keys, key_in_force

    record, source = paths.record_path(), args.file
    others = earlier_keys(record)
    if args.key_file is not None:
        try:
            others.append(key_in_file(args.key_file))
        except OSError as error:
            raise RecordError(f"{args.key_file} cannot be read ({error.strerror})") from None
    key = key_in_force(record)
    head, kept = restore(record, key, source, others=others, unencrypted=args.unencrypted)
    say(f"the record is restored from {source}", str(head))
    if kept is not None:
        say(f"what stood in its place is kept as {kept}")
    return EXIT_OK


def _archive_out(store: Store, target: Path) -> int:
    from torquemon.record.archive_file import write_archive

    entries = counted(write_archive(store, target), "entry", "entries")
    say(f"{entries} in {target}; it is NOT encrypted")
    return EXIT_OK


def _archive_in(source: Path) -> int:
    from torquemon.record.archive_file import read_archive
    from torquemon.record.opening import open_store

    store = open_store()
    try:
        entries = counted(read_archive(store, source), "new entry", "new entries")
        say(f"{entries} from {source}")
    finally:
        store.close()
    return EXIT_OK


def _prune(store: Store) -> int:
    from torquemon.record.pruning import prune

    say(f"{counted(prune(store), 'insertion')} taken out of the journal")
    return EXIT_OK
