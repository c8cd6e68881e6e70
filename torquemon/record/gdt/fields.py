"""The fields of GDT that are used here, with what they mean and where that is from.

Sources: QMS Qualitätsring Medizinische Software, *GDT 2.1* (5/2001) and *GDT 3.0* (10/2013) as read
by public software: the field tables of Doc Cirrus (GDT 2.1 and 3.0, names and greatest lengths),
GNUmed `gmXdtMappings` and Elexis `at.medevit.elexis.gdt` (character sets 1, 2, 3 of field 9206),
published notes on *GDT 3.5* (objects between 8002 and 8003, ISO 8859-15). The standards themselves
were not at hand; nothing here was certified by QMS.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KIND: Final = "8000"
"""Which record this is, one of KINDS."""
LENGTH: Final = "8100"
"""Bytes of the whole record; 5 digits in 2.1, 7 in 3.0."""
RECEIVER: Final = "8315"
SENDER: Final = "8316"
CHARSET: Final = "9206"
VERSION: Final = "9218"
VERSION_35: Final = "0001"
"""The version in GDT 3.5."""
NUMBER: Final = "3000"
"""The patient's number in the practice software."""
LAST_NAME: Final = "3101"
FIRST_NAME: Final = "3102"
BIRTH: Final = "3103"
"""DDMMYYYY."""
SEX: Final = "3110"
"""1 male, 2 female; 3.5 also M, W, D, X."""
DATE: Final = "6200"
"""Day of the examination, DDMMYYYY."""
TIME: Final = "6201"
"""HHMMSS."""
FINDING: Final = "6220"
"""Finding, a line of text."""
COMMENT: Final = "6227"
TABLE_LINES: Final = "6226"
"""How many lines of 6228 follow."""
TABLE: Final = "6228"
"""A line of a formatted table of results."""
FILE_LABEL: Final = "6302"
FILE_FORMAT: Final = "6303"
FILE_CONTENT: Final = "6304"
FILE_PATH: Final = "6305"
"""Reference to a file, with its path."""
REQUEST: Final = "8310"
"""The request's id in the practice software; sent back with the result."""
TEST_TYPE: Final = "8402"
"""Which kind of examination: up to 4 letters and 2 digits."""
TEST_ID: Final = "8410"
TEST_NAME: Final = "8411"
VALUE: Final = "8420"
UNIT: Final = "8421"
LIMIT_LOW: Final = "8461"
LIMIT_HIGH: Final = "8462"
RESULT_TEXT: Final = "8480"

MASTER_DATA: Final = "6301"
NEW_REQUEST: Final = "6302"
DATA: Final = "6310"
SHOW_DATA: Final = "6311"
KINDS: Final[Mapping[str, str]] = {
    "6300": "asks for a patient's master data",
    MASTER_DATA: "a patient's master data",
    NEW_REQUEST: "a new examination is requested",
    "6303": "a request is cancelled",
    DATA: "data of an examination",
    SHOW_DATA: "data of an examination are to be shown",
}
UNSPECIFIED_TEST: Final = "ALLG00"
"""The kind for examinations that the list of GDT 2.1 does not name."""
MAX_CHARS: Final[Mapping[str, int]] = {
    RECEIVER: 8,
    SENDER: 8,
    NUMBER: 10,
    LAST_NAME: 28,
    FIRST_NAME: 28,
    TEST_TYPE: 6,
    TEST_ID: 20,
}
"""Greatest length of a content in GDT 2.1; others: DEFAULT_CHARS."""
DEFAULT_CHARS: Final = 60
