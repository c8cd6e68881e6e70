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

__all__ = [
    "Catalogue",
    "ProfileError",
    "Screw",
    "Site",
    "WindowProfile",
    "builtin",
    "parse_window",
]
