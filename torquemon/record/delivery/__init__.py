"""Carries finished insertions into the practice's systems: folder, FHIR, DICOM.

`case` is what a destination is given, `exporter` what it must be able to do, `engine` when it is
asked to; the destinations themselves live in `torquemon.record.folder`, `.fhir`, `.dicom`. The
chain's own copy to PostgreSQL goes another way (`torquemon.record.outbox`).
"""
