"""One simulated insertion, signed at the chair, in a folder, on a FHIR server and in Orthanc.

`python -m tests.everywhere FOLDER` is to be run inside a namespace (`tests.net_room`), since
Orthanc listens on every interface. It prints what each place holds, read back from there, after
the signature and after ten more sendings: one JSON object.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydicom import dcmread

from tests.cases import signed_store
from tests.chairside import act, state, wait_for_recorder
from tests.fhir_parts import get, sekmet
from tests.pdf_tools import pdf_attachment
from tests.processes import python, require, wait_for
from torquemon import paths
from torquemon.local.archive import ActName
from torquemon.record.delivery.building import build_case
from torquemon.record.fhir.names import DOCUMENT, ROLES, resource_id

WEB_PORT: Final = 8042
DICOM_PORT: Final = 4242
AGAIN: Final = 10
THERE_S: Final = 120.0
SYSTEM: Final = "urn:uuid:0b1c0f6e-6f8f-4c0e-9f0d-2f6f3f9a7c11"
_NAME: Final = "SIMULATED_P-1_2026-01-01_maxilla-buccal"


@contextlib.contextmanager
def orthanc(folder: Path) -> Iterator[str]:
    """Run Orthanc; give the base of its own interface."""
    program = shutil.which("Orthanc")
    require(program, "Orthanc is missing: apt install orthanc")
    folder.mkdir()
    settings = {
        "StorageDirectory": str(folder / "store"),
        "IndexDirectory": str(folder / "store"),
        "HttpPort": WEB_PORT,
        "RemoteAccessAllowed": False,
        "DicomPort": DICOM_PORT,
        "DicomAet": "ORTHANC",
        "DicomCheckCalledAet": True,
        "OverwriteInstances": False,
        "StorageCompression": False,
    }
    path = folder / "orthanc.json"
    path.write_text(json.dumps(settings))
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [str(program), str(path)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    base = f"http://127.0.0.1:{WEB_PORT}"
    try:
        wait_for(lambda: _answers(f"{base}/system"), 60.0, "Orthanc answers")
        yield base
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        return bool(_fetched(url))
    except OSError:
        return False


def _fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - loopback
        found: bytes = answer.read()
        return found


def set_up(inbox: Path, fhir: str) -> None:
    """Write the three destinations as an IT person would."""
    (paths.home() / "destinations.toml").write_text(
        f"""
[inbox]
kind = "folder"
path = "{inbox}"
time_zone = "UTC"
not_real = true

[server]
kind = "fhir"
url = "{fhir}"
patient_system = "{SYSTEM}"
not_real = true

[archive]
kind = "dicom"
host = "127.0.0.1"
port = {DICOM_PORT}
called_ae = "ORTHANC"
time_zone = "UTC"
not_real = true
"""
    )


def in_folder(inbox: Path) -> dict[str, Any]:
    """Read the folder back."""
    sidecar = json.loads((inbox / f"{_NAME}.json").read_text())
    return {
        "files": sorted(found.name for found in inbox.iterdir()),
        "maximum_ncm": sidecar["values"]["maximum_insertion_torque"]["value"],
        "final_ncm": sidecar["values"]["final_torque"]["value"],
        "curve_csv": (inbox / f"{_NAME}.csv").read_text(),
        "attached_csv": pdf_attachment(inbox / f"{_NAME}.pdf", inbox.parent / "a.csv").decode(),
    }


def at_server(fhir: str, insertion_id: str, revision: int) -> dict[str, Any]:
    """Read the FHIR server back."""

    def role(name: str) -> dict[str, Any]:
        of = resource_id(insertion_id, name, revision if name == DOCUMENT else None)
        return get(f"{fhir}/{ROLES[name]}/{of}")[1]

    curve = role("curve").get("valueSampledData", {})
    tokens = str(curve.get("data", "")).split()
    document = role(DOCUMENT).get("content", [{}])[0].get("attachment", {}).get("data", "")
    return {
        "versions": {name: role(name).get("meta", {}).get("versionId") for name in ROLES},
        "maximum_ncm": role("maximum").get("valueQuantity", {}).get("value"),
        "final_ncm": role("final").get("valueQuantity", {}).get("value"),
        "curve_ncm": [int(each) * curve["factor"] for each in tokens],
        "pdf_bytes": len(base64.b64decode(document)),
    }


def in_archive(base: str, folder: Path) -> dict[str, Any]:
    """Read Orthanc back."""
    ids = json.loads(_fetched(f"{base}/instances"))
    found = [dcmread(io.BytesIO(_fetched(f"{base}/instances/{i}/file"))) for i in ids]
    pdfs = [f.EncapsulatedDocument[: int(f.EncapsulatedDocumentLength)] for f in found]
    (folder / "archive.pdf").write_bytes(pdfs[0] if pdfs else b"")
    return {
        "studies": len(json.loads(_fetched(f"{base}/studies"))),
        "instances": sorted(str(each.SOPInstanceUID) for each in found),
        "title": str(found[0].DocumentTitle) if found else "",
        "attached_csv": pdf_attachment(folder / "archive.pdf", folder / "b.csv").decode(),
        "pdf_bytes": len(pdfs[0]) if pdfs else 0,
    }


def main(folder: Path) -> int:
    """Run it; print what was read back."""
    os.environ["TORQUEMON_HOME"] = str(folder / "home")
    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    store, insertion_id = signed_store(paths.home(), signed=False)
    store.close()
    with sekmet(folder / "fhir") as fhir, orthanc(folder / "orthanc") as archive:
        set_up(inbox, fhir)

        def places() -> dict[str, bool]:
            return {
                "folder": (inbox / f"{_NAME}.pdf").exists(),
                "archive": json.loads(_fetched(f"{archive}/instances")) != [],
                "server": get(f"{fhir}/DiagnosticReport/{resource_id(insertion_id, 'report')}")[0]
                == 200,
                "outbox": all(line.waiting == 0 for line in state().outbox),
            }

        def until_there(what: str) -> None:
            try:
                wait_for(lambda: all(places().values()), THERE_S, what)
            except AssertionError as error:
                raise AssertionError(f"{error}; {places()}; {state().outbox}") from None

        def read_back() -> dict[str, Any]:
            return {
                "folder": in_folder(inbox),
                "fhir": at_server(fhir, insertion_id, revision),
                "dicom": in_archive(archive, folder),
            }

        with python("torquemon", "recorder", "--sound=off"):
            wait_for_recorder()
            act(ActName.SIGN, insertion_id)
            until_there("it is everywhere")
            revision = _revision(insertion_id)
            first = read_back()
            for _ in range(AGAIN):
                act(ActName.SEND, insertion_id)
                until_there("it is sent again")
            last = read_back()
    json.dump({"record": _recorded(insertion_id), "first": first, "last": last}, sys.stdout)
    return 0


def _revision(insertion_id: str) -> int:
    from torquemon.record.opening import open_store

    store = open_store()
    try:
        return build_case(store, insertion_id).revision
    finally:
        store.close()


def _recorded(insertion_id: str) -> dict[str, Any]:
    """Return what the record itself says."""
    from torquemon.record.opening import open_store

    store = open_store()
    try:
        case = build_case(store, insertion_id)
        return {
            "maximum_ncm": case.data.max_ncm,
            "final_ncm": case.data.final_ncm,
            "curve_ncm": [reading.torque_ncm for reading in case.data.readings],
            "curve_csv": case.documents.csv().decode(),
            "pdf_bytes": len(case.documents.pdf()),
        }
    finally:
        store.close()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
