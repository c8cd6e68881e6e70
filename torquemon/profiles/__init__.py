"""Windows, sites and screws: cited, versioned data, and the code that looks them up."""

from torquemon.profiles.catalogue import (
    Catalogue,
    ProfileError,
    Screw,
    Site,
    WindowProfile,
    builtin,
    parse_window,
)
from torquemon.profiles.own import with_own

__all__ = [
    "Catalogue",
    "ProfileError",
    "Screw",
    "Site",
    "WindowProfile",
    "builtin",
    "parse_window",
    "with_own",
]
