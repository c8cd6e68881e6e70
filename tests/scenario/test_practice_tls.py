"""The practice's server over the network: a real handshake with a real PostgreSQL on loopback.

`hostaddr` says where the server is, `host` under which name it is asked for, so that this machine
stands for another one and its certificate is checked as over any network.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.authority import Authority
from tests.postgres import Cluster, cluster
from tests.practice_chairs import chair_store, fill
from torquemon.record import outbox
from torquemon.record.practice import Practice, PracticeAwayError, PracticeError

NAME: Final = "db.practice.test"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "practice")


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[Cluster]:
    with cluster() as running:
        running.serve_tls(*authority.server(NAME))
        yield running


def address(server: Cluster, authority: Authority, host: str = NAME, more: str = "") -> str:
    return (
        f"host={host} hostaddr=127.0.0.1 port={server.port} dbname=torquemon user=owner "
        f"sslrootcert={authority.file} {more}"
    )


def test_practice_over_tls_is_accepted_with_its_own_authority(
    server: Cluster, authority: Authority, tmp_path: Path
) -> None:
    practice = Practice(address(server, authority))
    practice.prepare()
    store = chair_store(tmp_path)
    fill(store, 2)
    assert outbox.deliver(store, practice) == outbox.Delivered(3, 0)
    store.close()
    with practice.read() as session:
        found = session.connection().exec_driver_sql(
            "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        )
        assert found.all() == [(True, "TLSv1.3")]
    practice.close()


def test_practice_of_another_authority_is_refused(
    server: Cluster, authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "stranger")
    for file, told in ((other.file, str(other.file)), ("system", "this system's own list")):
        wrong = address(server, authority).replace(str(authority.file), str(file))
        with pytest.raises(PracticeError, match="is not signed by an authority") as raised:
            Practice(wrong).check()
        assert told in str(raised.value)
        assert not isinstance(raised.value, PracticeAwayError), "waiting does not mend it"


def test_practice_under_another_name_is_refused(server: Cluster, authority: Authority) -> None:
    with pytest.raises(PracticeError, match="made out to another name") as raised:
        Practice(address(server, authority, host="db.other.test")).check()
    assert not isinstance(raised.value, PracticeAwayError)


def test_practice_without_its_authority_file_is_refused(
    server: Cluster, authority: Authority, tmp_path: Path
) -> None:
    wrong = address(server, authority).replace(str(authority.file), str(tmp_path / "none.pem"))
    with pytest.raises(PracticeError, match=r"none\.pem cannot be read"):
        Practice(wrong).check()


def test_practice_without_tls_is_not_spoken_to(authority: Authority) -> None:
    """A server that offers no encryption gets no word of ours beyond the question for it."""
    with cluster() as plain:
        plain.serve_tls(None, None)
        with pytest.raises(PracticeError, match="offers no encryption") as raised:
            Practice(address(plain, authority)).check()
        assert not isinstance(raised.value, PracticeAwayError)


def test_practice_whose_port_is_closed_is_away(authority: Authority) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        where = f"host={NAME} hostaddr=127.0.0.1 port={closed.getsockname()[1]} dbname=t user=u"
        with pytest.raises(PracticeAwayError, match="waits in the outbox"):
            Practice(f"{where} sslrootcert={authority.file}").check()
