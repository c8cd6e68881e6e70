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
    rotate = ways.add_parser("rotate", help="encrypt the record with another key")
    rotate.set_defaults(run=lambda _: with_sentences(_key_rotate))
    check = ways.add_parser("check", help="say whether the key opens the record")
    check.set_defaults(run=lambda _: with_sentences(_key_check))


def _key_init(folder: Path | None) -> int:
    from torquemon import paths
    from torquemon.record.rekeying import set_key

    check = set_key(paths.record_path(), folder)
    say(
        f"the record is encrypted; check value of its key: {check}",
        "keep a copy of the key elsewhere: without it nobody can open the record",
        "the journal is not encrypted: what is in the record leaves it when no monitor runs",
    )
    return EXIT_OK


def _key_rotate() -> int:
    from torquemon import paths
    from torquemon.record.rekeying import change_key

    check = change_key(paths.record_path())
    say(
        f"the record has a new key; its check value: {check}",
        "copies of the record that were made before keep the old key",
    )
    return EXIT_OK


def _key_check() -> int:
    from torquemon import paths
    from torquemon.record.rekeying import describe_key

    say(describe_key(paths.record_path()))
    return EXIT_OK
