"""Reports in real archives: Orthanc, its DICOMweb plugin, DCMTK's storescp; and dciodvfy's opinion.

What is run is the program itself: `torquemon dicom` and `torquemon outbox`, inside the namespace
where the archive is. Read back is what the archive has on its disk or hands out.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from tests.authority import Authority
from tests.cases import OPERATOR, signed_store
from tests.net_room import Room, listening, room
from tests.processes import require
from torquemon.record.delivery.building import build_case
from torquemon.record.dicom.instance import document_of
from torquemon.record.remarks import Remarks
from torquemon.record.withdrawal import withdraw

PLUGIN: Final = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
DICOM_PORT: Final = 4242
WEB_PORT: Final = 8042
WEB: Final = f"http://127.0.0.1:{WEB_PORT}"
JUSTIFIED: Final = ("Retired Person Name form",)
"""What dciodvfy may warn of. An operator is written as the practice does ("Dr A"): which part is
the family name is not known, and a guess would be worse than the old form."""
SEND_TEN_TIMES: Final = """
import sys
from torquemon.cli import main
sys.exit(max(main(["dicom", "send", sys.argv[1]]) for _ in range(10)))
"""


@pytest.fixture(scope="module")
def inside() -> Iterator[Room]:
    with room() as found:
        yield found


@pytest.fixture
def orthanc(inside: Room, tmp_path: Path) -> Iterator[Room]:
    """A running Orthanc with DICOMweb and an empty store."""
    require(shutil.which("Orthanc"), "Orthanc is missing: apt install orthanc")
    require(PLUGIN.exists(), "Orthanc's DICOMweb is missing: apt install orthanc-dicomweb")
    settings = {
        "StorageDirectory": str(tmp_path / "orthanc"),
        "IndexDirectory": str(tmp_path / "orthanc"),
        "HttpPort": WEB_PORT,
        "RemoteAccessAllowed": False,
        "DicomPort": DICOM_PORT,
        "DicomAet": "ORTHANC",
        "DicomCheckCalledAet": True,
        "OverwriteInstances": False,
        "StorageCompression": False,
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    path, log = tmp_path / "orthanc.json", tmp_path / "orthanc.log"
    path.write_text(json.dumps(settings))
    with inside.server("Orthanc", str(path), log=log) as process:
        listening(inside, process, DICOM_PORT, WEB_PORT, log=log)
        yield inside


CSTORE: Final = f'host = "127.0.0.1"\nport = {DICOM_PORT}\ncalled_ae = "ORTHANC"\n'
STOW: Final = f'url = "{WEB}/dicom-web"\n'


class Chair:
    """A chair with one signed insertion and one archive set up."""

    def __init__(self, home: Path, inside: Room, archive: str, more: str = "") -> None:
        self.home = home
        self.inside = inside
        self.store, self.insertion_id = signed_store(home)
        (home / "destinations.toml").write_text(
            f'[archive]\nkind = "dicom"\nnot_real = true\ntime_zone = "UTC"\n{archive}{more}'
        )

    def torquemon(self, *words: str) -> str:
        """Run the program inside; return what it says."""
        done = self.inside.run(
            sys.executable, "-m", "torquemon", *words, TORQUEMON_HOME=str(self.home)
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert not done.stderr
        return done.stdout

    def send(self) -> str:
        """Send the insertion."""
        return self.torquemon("dicom", "send", self.insertion_id)


@pytest.fixture(params=[CSTORE, STOW], ids=["c-store", "stow-rs"])
def chair(request: pytest.FixtureRequest, chair_folder: Path, orthanc: Room) -> Iterator[Chair]:
    found = Chair(chair_folder, orthanc, request.param)
    yield found
    found.store.close()


def asked(inside: Room, path: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Ask Orthanc over its own interface."""
    return json.loads(fetched(inside, path))


def fetched(inside: Room, path: str) -> bytes:
    script = (
        "import sys, urllib.request as u; sys.stdout.buffer.write(u.urlopen(sys.argv[1]).read())"
    )
    done = subprocess.run(
        inside.command([sys.executable, "-c", script, WEB + path]),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def instances(inside: Room) -> list[Dataset]:
    """What the archive has, in the order of the instances' numbers."""
    found = [
        dcmread(io.BytesIO(fetched(inside, f"/instances/{each}/file")))
        for each in asked(inside, "/instances")
    ]
    return sorted(found, key=lambda each: int(each.InstanceNumber))


def test_it_answers_and_says_that_it_would_take_a_report(chair: Chair) -> None:
    said = chair.torquemon("dicom", "echo")
    assert "answers" in said
    assert said.endswith("NOT ENCRYPTED\n")
    assert asked(chair.inside, "/instances") == []


def test_ten_sendings_leave_one_identical_instance(chair: Chair, tmp_path: Path) -> None:
    file = tmp_path / "preview.dcm"
    chair.torquemon(
        "dicom", "preview", chair.insertion_id, "--to", "archive", "--output", str(file)
    )
    chair.send()
    done = chair.inside.run(
        sys.executable,
        "-c",
        SEND_TEN_TIMES,
        chair.insertion_id,
        within_s=300.0,
        TORQUEMON_HOME=str(chair.home),
    )
    assert done.stdout.count("archive: sent to the archive") == 10, done.stdout + done.stderr
    counts = {kind: len(asked(chair.inside, f"/{kind}")) for kind in ("patients", "studies")}
    assert counts == {"patients": 1, "studies": 1}
    assert len(asked(chair.inside, "/series")) == 1
    (kept,) = instances(chair.inside)
    assert kept == dcmread(file)
    pdf = build_case(chair.store, chair.insertion_id).documents.pdf()
    assert document_of(kept) == pdf
    (stored,) = asked(chair.inside, "/instances")
    handed_out = fetched(chair.inside, f"/instances/{stored}/pdf")
    assert handed_out == pdf


def test_the_curve_comes_back_with_the_same_values(chair: Chair, tmp_path: Path) -> None:
    require(shutil.which("pdfdetach"), "pdfdetach is missing: apt install poppler-utils")
    chair.send()
    (kept,) = instances(chair.inside)
    (tmp_path / "report.pdf").write_bytes(document_of(kept))
    words = ["pdfdetach", "-save", "1", "-o", str(tmp_path / "curve.csv"), "report.pdf"]
    subprocess.run(words, cwd=tmp_path, check=True)
    documents = build_case(chair.store, chair.insertion_id).documents
    assert (tmp_path / "curve.csv").read_bytes() == documents.csv()


def test_an_amended_and_then_withdrawn_report_is_told_to_the_archive(chair: Chair) -> None:
    chair.send()
    Remarks(chair.store).amend(chair.insertion_id, "fdi", "16-17", "typing error", OPERATOR)
    chair.store.settle()
    chair.send()
    chair.send()
    first, amended = instances(chair.inside)
    assert amended.DocumentTitle.startswith("SIMULATED: AMENDED: ")
    assert amended.SourceInstanceSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID
    withdraw(chair.store, chair.insertion_id, "a trial", OPERATOR)
    chair.store.settle()
    chair.send()
    chair.send()
    *_, note = instances(chair.inside)
    assert len(instances(chair.inside)) == 3
    assert note.DocumentTitle == "SIMULATED: WITHDRAWN: torque report, entered in error"
    assert len(asked(chair.inside, "/series")) == 1


def test_a_reassigned_report_moves_to_the_other_patient(chair: Chair) -> None:
    chair.send()
    Remarks(chair.store).amend(chair.insertion_id, "patient_ref", "P-2", "mixed up", OPERATOR)
    chair.store.settle()
    chair.send()
    found = {
        (str(each.PatientID), str(each.DocumentTitle)[:20]) for each in instances(chair.inside)
    }
    assert found == {
        ("P-1", "SIMULATED: Insertion"),
        ("P-1", "SIMULATED: WITHDRAWN"),
        ("P-2", "SIMULATED: AMENDED: "),
    }
    assert len(asked(chair.inside, "/studies")) == 2


# --- DCMTK ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("syntax", ["+xe", "+xi"])
def test_storescp_keeps_the_same_file(
    inside: Room, chair_folder: Path, tmp_path: Path, syntax: str
) -> None:
    require(shutil.which("storescp"), "storescp is missing: apt install dcmtk")
    kept, log = tmp_path / "kept", tmp_path / "log"
    kept.mkdir()
    words = ("storescp", syntax, "--output-directory", str(kept), str(DICOM_PORT))
    with inside.server(*words, log=log) as process:
        listening(inside, process, DICOM_PORT, log=log)
        chair = Chair(chair_folder, inside, CSTORE)
        file = tmp_path / "preview.dcm"
        chair.torquemon("dicom", "preview", "last", "--output", str(file))
        chair.send()
        chair.store.close()
    (found,) = kept.iterdir()
    ours, theirs = dcmread(file), dcmread(found)
    if syntax == "+xe":
        assert theirs == ours
    assert document_of(theirs) == document_of(ours)
    assert theirs.SOPInstanceUID == ours.SOPInstanceUID


def test_storescp_over_tls_with_our_own_authority(
    inside: Room, chair_folder: Path, tmp_path: Path
) -> None:
    require(shutil.which("storescp"), "storescp is missing: apt install dcmtk")
    ours, other = Authority(tmp_path, "Practice"), Authority(tmp_path, "Stranger")
    certificate, key = ours.server("archive.example")
    shown, shown_key = ours.server("chair1")
    kept, log = tmp_path / "kept", tmp_path / "log"
    kept.mkdir()
    words = ["storescp", "+tls", str(key), str(certificate), "+cf", str(ours.file)]
    words += ["--require-peer-cert", "+xe", "--output-directory", str(kept), str(DICOM_PORT)]
    tls = (
        f'tls = true\nserver_name = "archive.example"\nca = "{ours.file}"\n'
        f'certificate = "{shown}"\nkey = "{shown_key}"\n'
    )
    with inside.server(*words, log=log) as process:
        listening(inside, process, DICOM_PORT, log=log)
        chair = Chair(chair_folder, inside, CSTORE, tls)
        said = chair.torquemon("dicom", "echo")
        assert said.endswith("answers C-ECHO and takes PDF documents\n")
        chair.send()
        assert len(list(kept.iterdir())) == 1
        settings = chair.home / "destinations.toml"
        settings.write_text(settings.read_text().replace(str(ours.file), str(other.file)))
        done = inside.run(
            sys.executable, "-m", "torquemon", "dicom", "send", "last",
            TORQUEMON_HOME=str(chair.home),
        )  # fmt: skip
        assert done.returncode == 1
        assert "certificate is not accepted" in done.stdout
        chair.store.close()


# --- the independent opinion ---------------------------------------------------------------------


def _program(name: str) -> str:
    found = shutil.which(name)
    require(found, f"{name} is missing: apt install dcmtk dicom3tools")
    return str(found)


def opinion(file: Path) -> list[str]:
    """What dciodvfy finds, without what is justified above."""
    done = subprocess.run(
        [_program("dciodvfy"), "-new", str(file)], capture_output=True, text=True, check=False
    )
    told = (done.stdout + done.stderr).splitlines()
    assert "EncapsulatedPDF" in told
    assert done.returncode == 0, told
    findings = [line for line in told if line.startswith(("Error", "Warning"))]
    return [line for line in findings if not line.endswith(JUSTIFIED)]


def test_dciodvfy_finds_no_error_in_report_amendment_or_note(
    inside: Room, chair_folder: Path, tmp_path: Path
) -> None:
    require(shutil.which("storescp"), "storescp is missing: apt install dcmtk")
    kept, log = tmp_path / "kept", tmp_path / "log"
    kept.mkdir()
    words = ("storescp", "+xe", "--output-directory", str(kept), str(DICOM_PORT))
    with inside.server(*words, log=log) as process:
        listening(inside, process, DICOM_PORT, log=log)
        settings = 'names = true\ninstitution = "Praxis Dr. Müller"\nissuer = "PRAXIS"\n'
        chair = Chair(chair_folder, inside, CSTORE, settings)
        chair.send()
        remarks = Remarks(chair.store)
        remarks.amend(chair.insertion_id, "operator", "Ärztin^Änne", "it was she", OPERATOR)
        chair.store.settle()
        chair.send()
        withdraw(chair.store, chair.insertion_id, "a trial", OPERATOR)
        chair.store.settle()
        chair.send()
        chair.store.close()
    files = sorted(kept.iterdir())
    assert len(files) == 3
    assert [opinion(file) for file in files] == [[], [], []]
    for file in files:
        tested = subprocess.run(
            [_program("dcmftest"), str(file)], capture_output=True, text=True, check=False
        )
        assert tested.stdout.startswith("yes:")
    together = subprocess.run(
        [_program("dcentvfy"), *map(str, files)], capture_output=True, text=True, check=False
    )
    assert (together.returncode, together.stdout + together.stderr) == (0, "")


def test_dciodvfy_would_find_what_is_wrong(chair_folder: Path, tmp_path: Path) -> None:
    store, _ = signed_store(chair_folder)
    store.close()
    file = tmp_path / "preview.dcm"
    done = subprocess.run(
        [sys.executable, "-m", "torquemon", "dicom", "preview", "last", "--output", str(file)],
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert opinion(file) == []
    broken = dcmread(file)
    del broken.BurnedInAnnotation
    broken.save_as(file)
    with pytest.raises(AssertionError, match="BurnedInAnnotation"):
        opinion(file)
