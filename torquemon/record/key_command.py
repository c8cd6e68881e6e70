"""The subcommand `key`: encrypt the record, change its key, check it. Heavy imports wait."""

from __future__ import annotations

import argparse
from pathlib import Path

from torquemon.record.command_tools import EXIT_OK, say, with_sentences

_Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse gives it no public name


def add_key(subparsers: _Subparsers[argparse.ArgumentParser]) -> None:
    """Add `key`."""
    key = subparsers.add_parser("key", help="encrypt the record, change its key, check it")
    ways = key.add_subparsers(metavar="init|rotate|check", required=True)
    init = ways.add_parser("init", help="encrypt the record with a new key")
    init.add_argument(
        "--file",
        type=Path,
        metavar="FOLDER",
        help="keep the key in a user-only file there; default: the keyring of the system",
    )
    init.set_defaults(run=lambda args: with_sentences(lambda: _key_init(args.file)))
    rotate = ways.add_parser("rotate", help="encrypt the record with another key, then back it up")
    rotate.set_defaults(run=lambda _: with_sentences(_key_rotate))
    check = ways.add_parser("check", help="say whether the key opens the record")
    check.set_defaults(run=lambda _: with_sentences(_key_check))


def _key_init(folder: Path | None) -> int:
    from torquemon import paths
    from torquemon.record.begun import is_empty
    from torquemon.record.rekeying import set_key

    record = paths.record_path()
    check = set_key(record, folder)
    done = "a key is set" if is_empty(record) else "the record is encrypted"
    say(
        f"{done}; check value of its key: {check}",
        "keep a copy of the key elsewhere: without it nobody can open the record",
        "backups made before are not encrypted, and `torquemon restore --unencrypted` is needed "
        "for them: make a new one now (`torquemon backup FILE`)",
        "the journal is not encrypted: what is in the record leaves it when no monitor runs",
    )
    return EXIT_OK


def _key_rotate() -> int:
    from torquemon import paths
    from torquemon.record.rekeying import change_key

    check, before = change_key(paths.record_path())
    say(
        f"the record has a new key; its check value: {check}",
        f"backups made before have the key of before; it stays in {before.place.name}, and "
        "`torquemon restore` finds it there",
        "make a new backup now (`torquemon backup FILE`), and keep a copy of the new key elsewhere",
    )
    return EXIT_OK


def _key_check() -> int:
    from torquemon import paths
    from torquemon.record.rekeying import describe_key

    say(describe_key(paths.record_path()))
    return EXIT_OK
