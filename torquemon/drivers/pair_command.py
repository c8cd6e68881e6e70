"""The subcommand `pair`: the keys of this chair's handpieces. A key is never an argument.

What is on a command line stands in the list of processes and in the history of the shell; the key
comes from a prompt that does not show it, from a scanner, or from a file on standard input.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from torquemon.drivers.key_store import KeyStore

EXIT_OK: Final = 0
EXIT_UNKNOWN: Final = 1
EXIT_REFUSED: Final = 2


def add_pair(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `pair`: enter, list and forget keys."""
    parser = subparsers.add_parser(
        "pair",
        help="enter the key of a wireless handpiece",
        description=(
            "Enter the key of a wireless handpiece, from its label or from the code printed there. "
            "Without it the handpiece is only listened to: no stop is armed over the air. The "
            "Bluetooth pairing itself is done in the settings of the operating system."
        ),
        epilog=(
            "The key is asked for, or read from standard input when that is no terminal; it is "
            "never an argument. Exit code: 0 done, 1 not known here, 2 refused."
        ),
    )
    parser.add_argument(
        "words", nargs="*", metavar="SERIAL", help="serial number; not needed for a scanned code"
    )
    parser.add_argument("--key", help=argparse.SUPPRESS)  # refused in words of ours
    parser.add_argument(
        "--store", choices=("keyring", "file"), help="where to keep it; default: the keyring if any"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="list the handpieces of this chair")
    what.add_argument("--forget", action="store_true", help="forget the key of this serial number")
    parser.set_defaults(run=run_pair)


def run_pair(args: argparse.Namespace) -> int:
    """Run `pair`; return the exit code."""
    from torquemon import paths
    from torquemon.drivers.key_store import KeyStore, KeyStoreError
    from torquemon.drivers.key_text import KeyTextError, looks_like_key

    args.serial = args.words[0] if args.words else ""
    if len(args.words) > 1 or args.key is not None or looks_like_key(args.serial):
        return _refuse(
            "a key does not belong on the command line, where others can read it: say the serial "
            "number alone, the key is asked for"
        )
    try:
        store = KeyStore(paths.keys_path())
        if args.list:
            return _list(store)
        if args.forget:
            return _forget(store, args.serial)
        return _enter(store, args)
    except (KeyStoreError, KeyTextError, paths.HomeError) as error:
        return _refuse(str(error))


def _enter(store: KeyStore, args: argparse.Namespace) -> int:
    from torquemon.drivers.key_store import Place
    from torquemon.drivers.key_text import read_key

    entered = read_key(_ask(args.serial), args.serial)
    place = store.keep(entered, Place(args.store) if args.store else None)
    sys.stdout.write(
        f"the key of handpiece {entered.serial} is kept in the {place}; a monitor that runs takes "
        "it when it is started anew\n"
    )
    return EXIT_OK


def _list(store: KeyStore) -> int:
    places = store.places()
    for serial, place in sorted(places.items()):
        sys.stdout.write(f"{serial}  key in the {place}\n")
    trouble = store.load().trouble
    if trouble:
        return _refuse(trouble)
    if not places:
        sys.stdout.write("no handpiece is paired with this chair\n")
    return EXIT_OK


def _forget(store: KeyStore, serial: str) -> int:
    from torquemon.text import clean

    if not serial:
        return _refuse("say which handpiece: `torquemon pair --forget SERIAL-NUMBER`")
    if not store.forget(serial):
        sys.stdout.write(f"handpiece {clean(serial)} is not known here\n")
        return EXIT_UNKNOWN
    sys.stdout.write(f"the key of handpiece {clean(serial)} is forgotten\n")
    return EXIT_OK


def _ask(serial: str) -> str:
    """Return what was typed or scanned; not shown on a terminal."""
    from torquemon.drivers.key_text import MAX_SCANNED_CHARS
    from torquemon.text import clean

    if not sys.stdin.isatty():
        return sys.stdin.readline(MAX_SCANNED_CHARS + 2)
    import getpass

    whose = f"handpiece {clean(serial)}" if serial else "the handpiece (scan its code)"
    try:
        return getpass.getpass(f"Key of {whose}, not shown: ")
    except EOFError:
        return ""


def _refuse(why: str) -> int:
    sys.stderr.write(f"torquemon pair: {why}\n")
    return EXIT_REFUSED
