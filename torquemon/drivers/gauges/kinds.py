"""The kinds of gauges by name: the table that the command line, the probe and the docs share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from torquemon.drivers.gauges.ascii_form import AsciiForm
from torquemon.drivers.gauges.base import Gauge, GaugeSettings
from torquemon.drivers.gauges.gsv import Gsv
from torquemon.drivers.gauges.imada import Imada
from torquemon.drivers.gauges.lutron import Lutron
from torquemon.drivers.gauges.mark10 import Mark10
from torquemon.drivers.gauges.mecmesin import Mecmesin
from torquemon.drivers.gauges.shimpo import Shimpo
from torquemon.drivers.gauges.spec import GaugeError
from torquemon.drivers.gauges.unipulse import Unipulse
from torquemon.text import clean


def _torque_form(settings: GaugeSettings) -> Gauge:
    """Return the driver of a file that describes a torque gauge. Raises GaugeError."""
    gauge = AsciiForm(settings)
    if not gauge.form.gives_torque:
        raise GaugeError(
            f"{clean(str(settings.form), 60)} describes an angle and no torque: give it as "
            "rotation=FILE.toml;PORT beside a torque gauge"
        )
    return gauge


KINDS: Final[dict[str, Callable[[GaugeSettings], Gauge]]] = {
    "mark10": Mark10,
    "imada": Imada,
    "mecmesin": Mecmesin,
    "unipulse": Unipulse,
    "shimpo": Shimpo,
    "lutron": Lutron,
    "gsv": Gsv,
    "ascii": _torque_form,
}


def make_gauge(kind: str, settings: GaugeSettings) -> Gauge:
    """Return a driver of this kind. Raises GaugeError."""
    maker = KINDS.get(kind)
    if maker is None:
        known = ", ".join(sorted(KINDS))
        raise GaugeError(f"there is no gauge kind {clean(kind, 30)!r}; known: {known}")
    return maker(settings)
