"""DICOM as a destination: the report as Encapsulated PDF, by C-STORE or STOW-RS.

`instance` makes the data set of a case, `note` that of a withdrawal; `cstore` and `stow` carry one
to an archive. pydicom, pynetdicom and dicomweb-client come with the part `torquemon[dicom]` and
are imported only where such a destination is set up or asked for.
"""
