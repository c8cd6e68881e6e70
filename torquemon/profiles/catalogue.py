"""The catalogue of windows, sites and screws, read from the TOML files beside this module.

Every figure in those files has its source there. What a maker or a publication does not state is
absent, never guessed: a screw without a body length has no expected seat, a site without a
published window has none.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from torquemon.model import Window
from torquemon.text import clean

DEFAULT_PITCH_MM: Final = 0.7
"""One full turn advances 0.7 mm (Infinitas; Cousley, 2nd ed., ch. 1)."""
_MAX_WINDOW_NCM: Final = 200.0

PositiveMm = Annotated[float, Field(gt=0, le=30, allow_inf_nan=False)]
"""A length on a mini-implant; the longest made are about 20 mm."""
TorqueNcm = Annotated[float, Field(ge=0, le=_MAX_WINDOW_NCM, allow_inf_nan=False)]


class ProfileError(ValueError):
    """A profile that cannot be used, or an id that is not in the catalogue."""


class _Profile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=200)
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.\-]{0,63}$")]
    name: str


class WindowProfile(_Profile):
    """A named, cited window for the maximum insertion torque, in N·cm."""

    low_ncm: TorqueNcm
    high_ncm: TorqueNcm
    source: Annotated[str, Field(min_length=1)]

    @property
    def window(self) -> Window:
        """The window as a value."""
        return Window(self.low_ncm, self.high_ncm, self.id, self.source)

    @model_validator(mode="after")
    def _edges_in_order(self) -> WindowProfile:
        if self.low_ncm >= self.high_ncm:
            raise ValueError("low_ncm must be less than high_ncm")
        return self


class Site(_Profile):
    """Where a mini-implant goes in. `interdental` sites lie between two teeth (an FDI pair)."""

    window: str | None = None
    interdental: bool = True


class Screw(_Profile):
    """A mini-implant. Lengths in mm; what the maker does not state is None.

    `pitch_mm` is the advance per full turn; `body_mm` the threaded length, at whose end the neck
    meets bone; `flare_to_mm` the diameter to which the body widens over its last part, `flare_mm`
    the length of that part where it is stated.
    """

    diameter_mm: PositiveMm | None = None
    body_mm: Annotated[PositiveMm, Field(ge=1)] | None = None
    neck_mm: PositiveMm | None = None
    pitch_mm: Annotated[float, Field(ge=0.2, le=3.0, allow_inf_nan=False)] = DEFAULT_PITCH_MM
    flare_to_mm: PositiveMm | None = None
    flare_mm: PositiveMm | None = None
    fracture_torque_ncm: Annotated[TorqueNcm, Field(gt=0)] | None = None
    usual_sites: tuple[str, ...] = ()


_P = TypeVar("_P", bound=_Profile)


@dataclass(frozen=True)
class Catalogue:
    """All profiles, by id."""

    windows: Mapping[str, WindowProfile]
    sites: Mapping[str, Site]
    screws: Mapping[str, Screw]
    version: str

    def site(self, site_id: str) -> Site:
        """Return the site. Raises ProfileError that lists the known ids."""
        return _lookup(self.sites, site_id, "site")

    def screw(self, screw_id: str) -> Screw:
        """Return the screw. Raises ProfileError that lists the known ids."""
        return _lookup(self.screws, screw_id, "screw")

    def window(self, window_id: str) -> Window:
        """Return the window. Raises ProfileError that lists the known ids."""
        return _lookup(self.windows, window_id, "window").window

    def default_window(self, site_id: str) -> Window | None:
        """Return the default window of a site; None where none is published."""
        window_id = self.site(site_id).window
        return None if window_id is None else self.window(window_id)

    def resolve_window(self, site_id: str, wanted: str | None) -> Window | None:
        """Return the window asked for by id or as `5-15`, else the site's default."""
        if wanted is None or not wanted.strip():
            return self.default_window(site_id)
        if wanted in self.windows:
            return self.window(wanted)
        return parse_window(wanted)


def _lookup(profiles: Mapping[str, _P], profile_id: str, what: str) -> _P:
    found = profiles.get(profile_id)
    if found is None:
        known = ", ".join(sorted(profiles))
        raise ProfileError(f"unknown {what} {clean(profile_id, 60)!r}; known are: {known}")
    return found


_WINDOW_TEXT: Final = re.compile(r"\s*(\d{1,3}(?:\.\d{1,3})?)\s*-\s*(\d{1,3}(?:\.\d{1,3})?)\s*")


def parse_window(text: str) -> Window:
    """Read a window written as `5-15` (N·cm). Raises ProfileError."""
    match = _WINDOW_TEXT.fullmatch(text)
    if match is None:
        raise ProfileError(
            f"window {clean(text, 40)!r} is not of the form low-high in N·cm, for example 5-15"
        )
    low, high = float(match[1]), float(match[2])
    if not low < high <= _MAX_WINDOW_NCM:
        raise ProfileError(
            f"window {clean(text, 40)!r}: low must be less than high, and high at most "
            f"{_MAX_WINDOW_NCM:g} N·cm"
        )
    return Window(low, high, f"custom-{low:g}-{high:g}", "chosen by the operator")


def _load(kind: type[_P], file_name: str) -> tuple[Mapping[str, _P], str]:
    raw = tomllib.loads(files(__package__).joinpath(file_name).read_text(encoding="utf-8"))
    version = raw.pop("version")
    found: dict[str, _P] = {}
    for profile_id, fields in raw.items():
        try:
            found[profile_id] = kind(id=profile_id, **fields)
        except ValidationError as error:
            raise ProfileError(f"{file_name}, [{profile_id}]: {error}") from error
    return MappingProxyType(found), version


@cache
def builtin() -> Catalogue:
    """Return the catalogue that comes with the program."""
    windows, windows_version = _load(WindowProfile, "windows.toml")
    sites, sites_version = _load(Site, "sites.toml")
    screws, screws_version = _load(Screw, "screws.toml")
    version = f"windows {windows_version}, sites {sites_version}, screws {screws_version}"
    return Catalogue(windows, sites, screws, version)
