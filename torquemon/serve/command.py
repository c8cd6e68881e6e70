"""The subcommand `serve`. Heavy imports wait until it is run."""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
from typing import Final

from torquemon.serve.guard import (
    Guard,
    OriginError,
    is_loopback,
    loopback_origins,
    read_origin,
)
from torquemon.settings import load

EXIT_OK: Final = 0
EXIT_NOTHING_DONE: Final = 2
DEFAULT_PORT: Final = 8471
_LARGEST_PORT: Final = 65_535


def add_serve(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `serve`."""
    parser = subparsers.add_parser(
        "serve",
        help="show the dashboard in a browser, watching only",
        description=(
            "Show the dashboard of the running monitor as a web page. The page only watches: no "
            "key and no touch in it reaches the chair. A link on the terminal lets one browser in."
        ),
        epilog="Exit code: 0 ended in order, 2 not started.",
    )
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help=f"default: {DEFAULT_PORT}; 0: any"
    )
    parser.add_argument(
        "--listen",
        metavar="ADDRESS",
        default="127.0.0.1",
        help="default: 127.0.0.1, this machine only; another one needs --beyond-this-machine",
    )
    parser.add_argument(
        "--beyond-this-machine",
        action="store_true",
        help="obey a --listen address that other machines can reach",
    )
    parser.add_argument(
        "--allow-origin",
        metavar="URL",
        action="append",
        default=[],
        help="under which the page is reached beside loopback, for example https://chair1.example",
    )
    parser.set_defaults(run=run_serve)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"not a port: a number from 0 to {_LARGEST_PORT}")
    return int(text)


def run_serve(args: argparse.Namespace) -> int:
    """Run `serve`; return the exit code."""
    beyond = not is_loopback(args.listen)
    if beyond and not args.beyond_this_machine:
        return _refuse(
            f"{args.listen} can be reached from other machines: add --beyond-this-machine if that "
            "is meant, and read docs/second-screen.md first"
        )
    try:
        from torquemon.serve.server import WebServer, serve
    except ImportError:
        return _refuse("the web page is not installed: pip install 'torquemon[serve]'")
    try:
        allowed = frozenset(read_origin(text) for text in args.allow_origin)
        listener = socket.create_server((args.listen, args.port), family=_family(args.listen))
    except OriginError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"cannot listen on {args.listen}, port {args.port}: {error.strerror}")
    port = listener.getsockname()[1]
    if beyond:
        _say(
            f"WARNING: other machines can reach this page on {args.listen}. It shows the patient "
            "reference and the curve, unencrypted: put it behind a proxy with TLS."
        )
    guard = Guard(loopback_origins(port) | allowed)
    base = min(allowed) if allowed else f"http://127.0.0.1:{port}"

    async def until_told() -> None:
        ending = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(ending.set))
        await serve(WebServer(guard, base, _say, load().settings.language), listener, ending)

    asyncio.run(until_told())
    return EXIT_OK


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _refuse(why: str) -> int:
    sys.stderr.write(f"torquemon serve: {why}\n")
    return EXIT_NOTHING_DONE
