"""The practice's PostgreSQL: the chains of all chairs in one database, with the chair's own models.

A chair never needs it: everything is recorded at the chair first and carried here later. Passwords
come from where libpq looks for them (PGPASSWORD, a password file) or from the keyring, never from a
command line; over a network the connection is encrypted and the server's name is checked, or it is
not made. psycopg is imported only here, and only when a practice is asked for.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from torquemon.record.errors import RecordError
from torquemon.record.guarding import refuse_truncate
from torquemon.record.schema import NEWEST, found_revision, upgrade
from torquemon.text import clean

CONNECT_S: Final = 10
STATEMENT_MS: Final = 60_000
"""A server that hangs must not hold the outbox for ever."""
KEYRING_SERVICE: Final = "torquemon-practice"
_STRONG: Final = "verify-full"
_SCHEMA_LOCK: Final = 0x746F7271
_NAME: Final = Path("the practice's database")


class PracticeError(RecordError):
    """The practice's server does not answer or refuses; the message says what to do."""


class PracticeAwayError(PracticeError):
    """The server cannot be reached now: try later, everything waits in the outbox."""


def parse_address(address: str) -> dict[str, str]:
    """Read `host=… dbname=… user=…` or a postgresql:// address. Raises PracticeError.

    Refuses a password in it, and a connection over a network that is not encrypted and checked.
    """
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        # libpq would stop reading at a null
        told = conninfo_to_dict(address) if address.isprintable() else {"": None}
    except ProgrammingError:
        told = {"": None}
    if "" in told:
        raise PracticeError(
            "the practice's address cannot be read: write it like "
            "'host=server.example dbname=torquemon user=chair1 sslrootcert=/path/ca.pem'"
        )
    found = {key: str(value) for key, value in told.items() if value is not None}
    if "password" in found:
        raise PracticeError(
            "a password in the practice's address is seen by others: put it into a password file "
            "(~/.pgpass), PGPASSWORD or the keyring (docs/practice.md)"
        )
    if not found.get("dbname"):
        raise PracticeError("the practice's address names no database: add dbname=torquemon")
    _check_wire(found)
    return found


def _check_wire(found: dict[str, str]) -> None:
    """Insist on a checked and encrypted connection unless it stays on this machine."""
    hosts = [host.strip() for host in found.get("host", "").split(",")]
    if all(_stays_here(host) for host in hosts) and "hostaddr" not in found:
        return
    mode = found.setdefault("sslmode", _STRONG)
    if mode != _STRONG:
        raise PracticeError(
            f"sslmode={clean(mode, 20)} would carry patients' records over the network unchecked: "
            "use sslmode=verify-full with sslrootcert=/path/of/the/practice's/ca.pem"
        )
    found.setdefault("sslrootcert", "system")


def _stays_here(host: str) -> bool:
    """Whether a host is a Unix socket or this machine itself."""
    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _password(found: Mapping[str, str]) -> str | None:
    """Return the keyring's password; None where libpq is to look for it itself."""
    if os.environ.get("PGPASSWORD") or found.get("passfile"):
        return None
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        who = f"{found.get('user', '')}@{found.get('host', '')}/{found['dbname']}"
        return keyring.get_password(KEYRING_SERVICE, who)
    except KeyringError:
        return None  # a locked keyring: libpq's own ways are left


class Practice:
    """An open practice. `read` and `write` give a session, as those of a chair's store do."""

    def __init__(self, address: str) -> None:
        """Check the address; connect only when it is used. Raises PracticeError."""
        try:
            import psycopg  # noqa: F401 - asked for here, so that its absence is a sentence
        except ImportError:
            raise PracticeError(
                "a practice's server needs one more part: pip install 'torquemon[practice]'"
            ) from None
        # what psycopg says of a lost connection is said by us, once and as a sentence
        logging.getLogger("psycopg").addHandler(logging.NullHandler())
        found = parse_address(address)
        self.label = f"{found['dbname']} on {found.get('host') or 'this machine'}"
        self._trusts = clean(found.get("sslrootcert", "system"), 200)
        self._engine = _engine(found)

    def prepare(self) -> None:
        """Make or upgrade the tables; needs the right to. Raises PracticeError."""
        with self._begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SCHEMA_LOCK})
            found = found_revision(connection, _NAME)
            if found != NEWEST:
                upgrade(connection, found)
            refuse_truncate(connection)

    def check(self) -> None:
        """Raise PracticeError unless the tables are there and of this version."""
        with self._begin() as connection:
            found = found_revision(connection, _NAME)
        if found is None:
            raise PracticeError(
                f"{self.label} is empty: its owner runs `torquemon sync --prepare` once"
            )
        if found != NEWEST:
            raise PracticeError(
                f"{self.label} is of an older version: its owner runs `torquemon sync --prepare`"
            )

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session on one consistent state. Raises PracticeError."""
        with self._session(readonly=True) as session:
            yield session

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session whose changes are kept together, or not at all. Raises PracticeError."""
        with self._session(readonly=False) as session:
            yield session

    @contextlib.contextmanager
    def _session(self, *, readonly: bool) -> Iterator[Session]:
        with (
            self._begin(readonly=readonly) as connection,
            Session(connection, expire_on_commit=False, autoflush=False) as session,
        ):
            yield session
            session.flush()
            session.expunge_all()

    @contextlib.contextmanager
    def _begin(self, *, readonly: bool = False) -> Iterator[Connection]:
        # a reader sees one state; a writer must see what was committed while it waited for its lock
        level = "REPEATABLE READ" if readonly else "READ COMMITTED"
        try:
            engine = self._engine.execution_options(
                isolation_level=level, postgresql_readonly=readonly
            )
            with engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise _sentence(self.label, self._trusts, error) from None
        except SQLAlchemyError as error:
            raise PracticeError(f"{self.label} refuses ({type(error).__name__})") from None

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _engine(found: Mapping[str, str]) -> Engine:
    def connect() -> Any:  # noqa: ANN401 - psycopg's own
        import psycopg
        from psycopg.conninfo import make_conninfo

        words = {"connect_timeout": str(CONNECT_S), "application_name": "torquemon", **found}
        words["options"] = f"-c statement_timeout={STATEMENT_MS} -c timezone=UTC"
        password = _password(found)
        if password is not None:
            words["password"] = password
        return psycopg.connect(make_conninfo("", **words))

    # a connection that was idle for days is dead: each unit of work makes its own
    return create_engine(
        "postgresql+psycopg://", creator=connect, poolclass=NullPool, hide_parameters=True
    )


_AWAY_STATES: Final = ("08", "57P")
"""Classes of SQLSTATE: connection lost; the server is shutting down or starting."""


_HANDSHAKE: Final = (
    (
        "certificate verify failed",
        (
            "the certificate of {label} is not signed by an authority in {trusts}, or is out of "
            "date: nothing was sent; give sslrootcert=/path/of/the/practice's/ca.pem"
        ),
    ),
    (
        "does not match host name",
        (
            "the certificate of {label} is made out to another name: nothing was sent; give the "
            "server's own name as host=, or have the certificate made anew"
        ),
    ),
    ("root certificate file", "{trusts} cannot be read: nothing was sent; see sslrootcert="),
    (
        "does not support SSL",
        "{label} offers no encryption: nothing was sent; its owner sets ssl = on and a certificate",
    ),
)
"""What libpq says of a handshake that fails, and what is told: waiting does not mend these."""


def _sentence(label: str, trusts: str, error: DBAPIError) -> PracticeError:
    """Return what the server says as a sentence; values never appear in it."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    said = str(error.orig)
    for sign, words in _HANDSHAKE if not state else ():
        if sign in said:
            where = "this system's own list" if trusts == "system" else trusts
            return PracticeError(words.format(label=label, trusts=where))
    if not state or state.startswith(_AWAY_STATES) or error.connection_invalidated:
        why = clean(said.splitlines()[0] if said else "no answer", 160)
        return PracticeAwayError(f"{label} does not answer ({why}); everything waits in the outbox")
    if state.startswith("28"):
        return PracticeError(f"{label} refuses this user or password: see docs/practice.md")
    if state == "42501":
        return PracticeError(f"{label}: this user lacks a right there: see docs/practice.md")
    if state.startswith("53"):
        return PracticeError(f"{label} has no room left ({state}): its owner makes some")
    primary = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    reason = "the record is append-only" if primary and "append-only" in primary else state
    return PracticeError(f"{label} refuses ({reason})")
