"""STOW-RS against web servers that store, refuse, misbehave or hang; redirects, secrets and TLS."""

from __future__ import annotations

import io
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread

from tests.authority import Authority
from tests.dicom_cases import HERE, Site, instance_of, send, site, web, wire
from tests.folder_cases import make_case
from torquemon.clock import ManualClock
from torquemon.record.delivery.exporter import AwayError, DestinationError, RejectedError
from torquemon.record.dicom import stow
from torquemon.record.dicom.exporter import Archive
from torquemon.record.dicom.settings import Web, read
from torquemon.record.dicom.web_session import Answer

UID = str(instance_of().SOPInstanceUID)


def stored(uid: str = UID, **more: int) -> bytes:
    """The answer of an archive that stored an instance."""
    item: dict[str, Any] = {"00081155": {"vr": "UI", "Value": [uid]}}
    if "warning" in more:
        item["00081196"] = {"vr": "US", "Value": [more["warning"]]}
    return json.dumps({"00081199": {"vr": "SQ", "Value": [item]}}).encode()


def failed(reason: object, uid: str = UID) -> bytes:
    item = {"00081155": {"vr": "UI", "Value": [uid]}, "00081197": {"vr": "US", "Value": [reason]}}
    return json.dumps({"00081198": {"vr": "SQ", "Value": [item]}}).encode()


@pytest.fixture
def there() -> Iterator[Site]:
    with site() as found:
        yield found


def test_a_stored_report_is_asked_for_as_the_standard_says(there: Site) -> None:
    there.says(200, stored())
    send(web(there.port), make_case(), times=2)
    method, path, headers, body = there.asked[0]
    assert (method, path) == ("POST", "/dicom-web/studies")
    assert headers["Host"] == f"{HERE}:{there.port}"
    assert headers["Accept"] == "application/dicom+json"
    assert int(headers["Content-Length"]) == len(body)
    assert headers["Content-Type"].startswith('multipart/related; type="application/dicom"')
    part = body.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
    assert dcmread(io.BytesIO(part)) == instance_of()
    assert there.asked[1][3] == body


@pytest.mark.parametrize("kind", ["application/dicom+json; charset=utf-8", "application/json"])
def test_a_list_of_data_sets_counts_as_well(there: Site, kind: str) -> None:
    there.says(202, b"[" + stored(warning=0xB000) + b"]", kind)
    receipt = send(web(there.port), make_case())
    assert "0xB000" in receipt.references["said"]


@pytest.mark.parametrize(
    ("status", "body", "error", "says"),
    [
        (200, failed(0xA700), AwayError, "0xA700"),
        (202, failed(0xC000), RejectedError, "0xC000"),
        (409, failed(0xA900), RejectedError, "0xA900"),
        (409, failed("nonsense"), RejectedError, "0xC000"),
        (409, failed(99999999), RejectedError, "0xC000"),
        (409, b"", RejectedError, "refuses this report .409"),
        (400, b"", RejectedError, "refuses this report .400"),
        (413, b"", RejectedError, "too large"),
        (415, b"", RejectedError, "refuses this report"),
        (401, b"", AwayError, "user, password or token"),
        (403, b"", AwayError, "user, password or token"),
        (404, b"", AwayError, "no DICOMweb there"),
        (429, b"", AwayError, "cannot take anything now"),
        (500, b"", AwayError, "cannot take anything now"),
        (503, stored(), AwayError, "cannot take anything now"),
        (507, b"", AwayError, "cannot take anything now"),
        (200, b"", AwayError, "did not say that it stored"),
        (200, b"{}", AwayError, "did not say that it stored"),
        (200, b"not json", AwayError, "did not say that it stored"),
        (200, b"[" * 100_000, AwayError, "did not say that it stored"),
        (200, stored("1.2.3"), AwayError, "did not say that it stored"),
        (204, b"", AwayError, "did not say that it stored"),
    ],
)
def test_an_answer_that_is_no_yes_is_a_sentence(
    there: Site, status: int, body: bytes, error: type[DestinationError], says: str
) -> None:
    there.says(status, body)
    with pytest.raises(error, match=says) as raised:
        web(there.port).deliver(make_case())
    assert str(raised.value).isprintable()
    assert "P-1024" not in str(raised.value)
    assert len(there.asked) == 1  # when to try again is the outbox's business


def test_a_duplicate_is_what_was_wanted(there: Site) -> None:
    there.says(409, failed(0x0111))
    assert send(web(there.port), make_case()).references["instance"] == UID


def test_a_web_page_is_no_yes(there: Site) -> None:
    there.says(200, b"<html>Welcome</html>", "text/html")
    with pytest.raises(AwayError, match="a web page"):
        web(there.port).deliver(make_case())


@pytest.mark.parametrize(
    ("said", "expected"), [("7", 7.0), ("999999999", 3600.0), ("-1", None), ("soon", None)]
)
def test_when_to_come_again_is_kept_within_bounds(
    there: Site, said: str, expected: float | None
) -> None:
    there.says(503, Retry_After=said)
    with pytest.raises(AwayError) as raised:
        web(there.port).deliver(make_case())
    assert raised.value.retry_after_s == expected


def test_a_moment_may_be_asked_for_as_well(there: Site) -> None:
    clock = ManualClock()
    then = clock.utc_now() + timedelta(seconds=120)
    there.says(503, Retry_After=format_datetime(then, usegmt=True))
    url = f"http://{HERE}:{there.port}/dicom-web"
    with pytest.raises(AwayError) as raised:
        Archive(read("archive", {"url": url}), clock).deliver(make_case())
    assert raised.value.retry_after_s == 120.0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_report_goes_where_a_redirect_points(there: Site, status: int) -> None:
    with site() as other:
        other.says(200, stored())
        there.says(status, Location=f"http://{HERE}:{other.port}/dicom-web/studies")
        with pytest.raises(AwayError, match="sends us on to"):
            web(there.port).deliver(make_case())
        assert other.asked == []


def test_no_proxy_and_no_password_of_the_machine_is_used(
    there: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text(f"machine {HERE} login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    there.says(200, stored())
    send(web(there.port), make_case())
    assert "Authorization" not in there.asked[0][2]


@pytest.mark.parametrize(
    ("settings", "header"), [({}, "Bearer word"), ({"user": "me"}, "Basic bWU6d29yZA==")]
)
def test_a_secret_is_sent_as_token_or_password(
    there: Site, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], header: str
) -> None:
    monkeypatch.setenv("TORQUEMON_DICOM_SECRET_ARCHIVE", "word")
    there.says(200, stored())
    send(web(there.port, **settings), make_case())
    assert there.asked[0][2]["Authorization"] == header


def test_a_secret_never_crosses_a_network_unencrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORQUEMON_DICOM_SECRET_ARCHIVE", "word")
    far = web(1, url="http://archive.example/dicom-web", tls=False)
    with pytest.raises(AwayError, match="not sent over a network unencrypted"):
        far.deliver(make_case())


def test_a_secret_that_no_header_can_carry_is_a_sentence(
    there: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORQUEMON_DICOM_SECRET_ARCHIVE", "a\r\nb")
    with pytest.raises(AwayError, match="no header can carry") as raised:
        web(there.port).deliver(make_case())
    assert "a\r\nb" not in str(raised.value)


# --- the check -----------------------------------------------------------------------------------


def test_check_asks_for_nothing_and_says_that_nothing_is_encrypted(there: Site) -> None:
    for status, body in ((200, b"[]"), (204, b"")):
        there.says(status, body)
        assert web(there.port).check().endswith("answers a DICOMweb search; NOT ENCRYPTED")
    method, path, _, _ = there.asked[0]
    assert method == "GET"
    assert path.startswith("/dicom-web/studies?")
    assert "limit=1" in path
    assert "StudyInstanceUID=2.25." in path


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (404, b""), (500, b"[]")])
def test_check_is_not_content_with_anything(there: Site, status: int, body: bytes) -> None:
    there.says(status, body)
    with pytest.raises(AwayError):
        web(there.port).check()


# --- servers that misbehave ----------------------------------------------------------------------

Answering = Callable[[BaseHTTPRequestHandler, bytes], None]


def endless(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
    handler.wfile.write(b"Content-Length: 2147483648\r\n\r\n")
    for _chunk in range(200):
        handler.wfile.write(b" " * 65536)


def squeezed(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    import gzip

    body = gzip.compress(b" " * 50_000_000)
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n")
    handler.wfile.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)


def half(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    whole = stored()
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\n")
    handler.wfile.write(b"Content-Length: %d\r\n\r\n" % len(whole) + whole[:20])


def no_http(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.wfile.write(b"\x00\x01\x02 this is no HTTP\r\n\r\n")


def many_headers(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\n")


def long_header(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n")


@pytest.mark.parametrize("answer", [endless, squeezed, half, no_http, many_headers, long_header])
def test_whatever_the_server_does_the_report_waits(there: Site, answer: Answering) -> None:
    there.answer = answer
    with pytest.raises(AwayError) as raised:
        web(there.port).deliver(make_case())
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 250


def test_a_body_of_2_gb_is_left_early(there: Site) -> None:
    there.answer = endless
    with pytest.raises(AwayError, match="answers without end"):
        web(there.port).deliver(make_case())


def test_nobody_there() -> None:
    with wire(lambda _: None) as port:
        pass
    with pytest.raises(AwayError, match="Connection refused"):
        web(port).deliver(make_case())


def hurried(port: int, **times: float) -> Web:
    reached = web(port)._settings.reached
    assert isinstance(reached, Web)
    return replace(reached, **times)  # type: ignore[arg-type] # times are numbers


def test_a_server_that_says_nothing_is_left_in_time(there: Site) -> None:
    ended = threading.Event()

    def says_nothing(*_: object) -> None:
        ended.wait(20)

    there.answer = says_nothing
    began = monotonic()
    with pytest.raises(AwayError, match="time ran out"):
        stow.store(hurried(there.port, timeout_s=1.0), instance_of(), ManualClock())
    ended.set()
    assert monotonic() - began < 10


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_a_server_that_drips_is_left_at_the_deadline(there: Site, start: bytes) -> None:
    ended = threading.Event()

    def drips(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.wfile.write(start)
        while not ended.wait(0.05):
            handler.wfile.write(b"y")

    there.answer = drips
    began = monotonic()
    with pytest.raises(AwayError, match="took longer than 1 s"):
        stow.store(hurried(there.port, timeout_s=30.0, visit_s=1.0), instance_of(), ManualClock())
    ended.set()
    assert monotonic() - began < 10


# --- TLS -----------------------------------------------------------------------------------------


def test_tls_checks_the_server_and_shows_our_certificate(tmp_path: Path) -> None:
    ours, other = Authority(tmp_path, "Practice"), Authority(tmp_path, "Stranger")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*ours.server("localhost"))
    context.load_verify_locations(ours.file)
    context.verify_mode = ssl.CERT_REQUIRED
    mine = dict(zip(("certificate", "key"), map(str, ours.server("chair1")), strict=True))
    with site(context) as there:
        there.says(200, stored())
        address = {"url": f"https://localhost:{there.port}/dicom-web"}
        wrong_name = {"url": f"https://127.0.0.1:{there.port}/dicom-web"}
        good = web(there.port, **address, **mine, ca=str(ours.file))
        send(good, make_case())
        assert len(there.asked) == 1
        there.says(204)
        assert not good.check().endswith("NOT ENCRYPTED")
        for settings in (
            {**address, **mine, "ca": str(other.file)},
            {**address, **mine},
            {**wrong_name, **mine, "ca": str(ours.file)},
        ):
            with pytest.raises(AwayError, match="certificate or TLS is not accepted"):
                web(there.port, **settings).deliver(make_case())
        with pytest.raises(AwayError, match="does not answer"):
            web(there.port, **address, ca=str(ours.file)).deliver(make_case())
        assert len(there.asked) == 2


# --- any answer at all ---------------------------------------------------------------------------

shapes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(UID),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["00081198", "00081199", "00081155", "00081196", "00081197", "Value"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.integers(100, 599), shapes, st.sampled_from(["", "text/html", "application/dicom+json"]))
def test_any_answer_is_a_yes_or_a_sentence(status: int, told: object, kind: str) -> None:
    answer = Answer(status, kind, "", json.dumps(told).encode())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stow, "_ask", lambda *_: answer)
        reached = hurried(1)
        try:
            said = stow.store(reached, instance_of(), ManualClock())
        except (AwayError, RejectedError):
            return
    assert isinstance(said, str)
    assert UID in json.dumps(told) or status == 409 or "00081198" in json.dumps(told)
    assert kind == "application/dicom+json"
