"""The subcommand `remark`: what people add to an insertion. Heavy imports wait until it is run."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from torquemon.record.command_tools import EXIT_OK, say, with_store

if TYPE_CHECKING:
    from torquemon.record.remarks import Remarks
    from torquemon.record.store import Store

_Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse gives it no public name


def add_remark(subparsers: _Subparsers[argparse.ArgumentParser]) -> None:
    """Add `remark` with one subcommand a kind."""
    remark = subparsers.add_parser(
        "remark",
        help="add to a record: note, finding, outcome, signature, correction, withdrawal …",
        description="Add to a record. Nothing is changed: each remark is a new entry.",
    )
    kinds = remark.add_subparsers(metavar="KIND", required=True)
    _add(kinds, "note", "free text", ("id", "text"), _note)
    _add(kinds, "finding", "a circumstance: NAME VALUE", ("id", "name", "value"), _finding)
    outcome = _add(
        kinds, "outcome", "stable, mobile or removed, on a day", ("id", "state", "date"), _outcome
    )
    outcome.add_argument("--text", default="", help="in words")
    _add(kinds, "link", "removal_of, replacement_of …", ("id", "relation", "other"), _link)
    _add(kinds, "sign", "stand for what was recorded", ("id",), _sign)
    amend = _add(kinds, "amend", "correct a field", ("id", "field", "value"), _amend)
    amend.add_argument("--why", required=True, help="the reason")
    withdraw = _add(kinds, "withdraw", "it should never have been there", ("id",), _withdraw)
    withdraw.add_argument("--why", required=True, help="the reason")
    person = _add(kinds, "person", "who a patient reference is", ("reference", "name"), _person)
    person.add_argument("--birth-date", metavar="YYYY-MM-DD")


def _add(
    kinds: _Subparsers[argparse.ArgumentParser],
    name: str,
    words: str,
    arguments: tuple[str, ...],
    act: Callable[[Remarks, argparse.Namespace], str],
) -> argparse.ArgumentParser:
    parser = kinds.add_parser(name, help=words)
    for argument in arguments:
        parser.add_argument(argument, metavar=argument.upper())
    parser.add_argument("--operator", required=True, help="who says so")
    if name in ("note", "finding", "outcome", "person"):
        parser.add_argument("--replaces", metavar="ID", help="the remark that this one corrects")
    parser.set_defaults(run=lambda args: with_store(lambda store: _run(store, args, act)))
    return parser


def _run(
    store: Store, args: argparse.Namespace, act: Callable[[Remarks, argparse.Namespace], str]
) -> int:
    from torquemon.record.errors import RefusedError
    from torquemon.record.insertions import NoInsertionError
    from torquemon.record.remarks import Remarks

    try:
        for name in ("id", "other"):
            if hasattr(args, name):
                setattr(args, name, _named(store, getattr(args, name)))
    except NoInsertionError as error:
        raise RefusedError(str(error)) from None
    say(f"stored as {act(Remarks(store), args)}", str(store.head()))
    return EXIT_OK


def _named(store: Store, text: str) -> str:
    """Return the insertion that is meant; `last` is the newest that is closed."""
    from torquemon.record.insertions import LAST, NoInsertionError, parse_id

    if text != LAST:
        return parse_id(text)
    newest = max((found for found in store.insertion_ids() if found), default=None)
    if newest is None:
        raise NoInsertionError("no insertion is in the record yet: `torquemon list`")
    return newest


def _note(remarks: Remarks, args: argparse.Namespace) -> str:
    return remarks.note(args.id, args.text, args.operator, args.replaces)


def _finding(remarks: Remarks, args: argparse.Namespace) -> str:
    return remarks.finding(args.id, args.name, args.value, args.operator, args.replaces)


def _outcome(remarks: Remarks, args: argparse.Namespace) -> str:
    from torquemon.record.remark_text import parse_date

    day = parse_date(args.date)
    return remarks.outcome(args.id, args.state, day, args.operator, args.text, args.replaces)


def _link(remarks: Remarks, args: argparse.Namespace) -> str:
    return remarks.link(args.id, args.relation, args.other, args.operator)


def _sign(remarks: Remarks, args: argparse.Namespace) -> str:
    return remarks.sign(args.id, args.operator)


def _amend(remarks: Remarks, args: argparse.Namespace) -> str:
    return remarks.amend(args.id, args.field, args.value, args.why, args.operator)


def _withdraw(remarks: Remarks, args: argparse.Namespace) -> str:
    from torquemon.record.withdrawal import withdraw

    return withdraw(remarks.store, args.id, args.why, args.operator)


def _person(remarks: Remarks, args: argparse.Namespace) -> str:
    from torquemon.record.remark_text import parse_date

    born = parse_date(args.birth_date) if args.birth_date else None
    return remarks.person(args.reference, args.name, born, args.operator, args.replaces)
