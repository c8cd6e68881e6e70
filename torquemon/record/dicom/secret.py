"""The password or token of an archive: from the environment or the keyring, never from a file.

`TORQUEMON_DICOM_SECRET_ARCHIVE` is that of the destination `[archive]`; in the keyring it stands
under the service `torquemon-dicom` and the destination's name.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from torquemon.record.delivery.config import as_variable

KEYRING_SERVICE: Final = "torquemon-dicom"
_VARIABLE: Final = "TORQUEMON_DICOM_SECRET_"
MAX_CHARS: Final = 8000


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a destination's secret is looked for; it is read when it is needed."""

    destination: str

    @property
    def variable(self) -> str:
        """Name of the environment's variable."""
        return _VARIABLE + as_variable(self.destination)

    def read(self) -> str:
        """Return the secret; empty where there is none. Line ends at its edges do not count."""
        return (os.environ.get(self.variable) or self._from_keyring()).strip("\r\n")[:MAX_CHARS]

    def _from_keyring(self) -> str:
        try:
            import keyring
            from keyring.errors import KeyringError
        except ImportError:
            return ""
        try:
            return keyring.get_password(KEYRING_SERVICE, self.destination) or ""
        except KeyringError:
            return ""  # a locked keyring: the archive will say that it needs one
