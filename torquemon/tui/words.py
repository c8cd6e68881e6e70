"""Every text of the dashboard, in one catalogue, so that a second language is a second catalogue.

Wording rule: the screen says *within, below, above the window* and *possible root contact*. It
promises no outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from torquemon import DISCLAIMER

ENGLISH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "title": "TorqueMon",
        "disclaimer": DISCLAIMER,
        "unit": "N·cm",
        "no_data": "NO DATA",
        # State strip: the word, its short form for narrow terminals, and the sentence.
        "band.idle": "READY",
        "band.below": "BELOW",
        "band.within": "WITHIN",
        "band.near_limit": "NEAR LIMIT",
        "band.above": "ABOVE",
        "band.contact": "CONTACT",
        "band.stopped": "STOPPED",
        "band.no_data": "NO DATA",
        "state.idle": "not judged now",
        "state.below": "below the window",
        "state.within": "within the window",
        "state.near_limit": "near the limit",
        "state.above": "above the window",
        "state.contact": "possible root contact",
        "state.stopped": "motor stopped",
        "state.no_data": "no data",
        "strip.now": "NOW",
        "strip.worst": "WORST SO FAR",
        # Origin
        "origin.simulated": "SIMULATED",
        "origin.replayed": "REPLAYED",
        "origin.simulated.why": "no handpiece, no patient",
        "origin.replayed.why": "a recording, not the present",
        # Header
        "phase.prepare": "NOT RECORDING",
        "phase.recording": "RECORDING",
        "phase.closed": "RECORD CLOSED",
        "window": "window {low:g}-{high:g} N·cm",
        "window.none": "no window for this site",
        "patient.none": "no patient reference",
        # Depth and motion
        "depth": "DEPTH",
        "depth.value": "{depth:.1f} of {body:.1f} mm",
        "depth.open": "{depth:.1f} mm, screw length unknown",
        "depth.none": "unknown",
        "depth.no_angle": "unknown: this device measures no angle",
        "motion": "PHASE",
        "motion.speed": "{speed:.0f} rpm",
        "motion.turns": "{turns:.1f} turns",
        # Peak
        "peak": "MAX",
        "peak.none": "none yet",
        # Threshold
        "arm.armed": "ARMED {held:.1f} N·cm",
        "arm.armed.how": "read back from the device",
        "arm.halted": "HALTED BY THE DEVICE",
        "arm.halted.at": "HALTED, limit {held:.1f} N·cm",
        "arm.arming": "ARMING, not confirmed",
        "arm.not_armed": "NOT ARMED",
        "arm.warn_only": "WARN ONLY",
        "arm.warn_only.why": "this device cannot be stopped from here",
        "arm.not_armed.why": "press r to arm",
        # Alarms
        "alarms": "ALARMS",
        "alarms.none": "none",
        "alarms.more": "{count} more",
        "alarm.active": "holds",
        "alarm.latched": "over",
        "alarm.new": "NEW",
        "alarm.seen": "seen",
        "code.root_contact": "possible root contact",
        "code.hard_resistance": "hard resistance",
        "code.near_limit": "near the limit",
        "code.excess_torque": "over the limit",
        "code.below_window": "below the window",
        "code.cam_out": "driver slipping",
        "code.stripping": "thread stripping",
        "code.tip_fracture": "possible tip fracture",
        "code.stale_data": "no data",
        "code.signal_quality": "poor signal",
        "code.not_armed": "not armed",
        "code.stop_failed": "STOP NOT CONFIRMED",
        # Link line
        "link.connecting": "CONNECTING",
        "link.connected": "LINK",
        "link.no_data": "NO DATA",
        "link.lost": "LINK LOST",
        "link.failed": "LINK FAILED",
        "link.lost_samples": "{count} lost",
        "link.bad_frames": "{count} bad frames",
        "link.battery": "battery {percent} %",
        "link.round_trip": "{ms:.1f} ms",
        "link.still": "no samples",
        "operator.absent": "NO OPERATOR SCREEN",
        "storage": "NOT STORED: {why}",
        # Plot
        "plot.seconds": "{seconds:g} s",
        "gauge.stop": "STOP",
        # Verdict
        "verdict.within": "WITHIN THE WINDOW",
        "verdict.below": "BELOW THE WINDOW",
        "verdict.above": "ABOVE THE WINDOW",
        "verdict.undetermined": "UNDETERMINED",
        "verdict.max": "maximum {torque}",
        "verdict.final": "final {torque}",
        "verdict.value": "{torque:.1f} N·cm",
        "verdict.unknown": "unknown",
        # Keys
        "key.record": "Start",
        "key.finish": "Finish",
        "key.stop": "STOP",
        "key.acknowledge": "Ack",
        "key.arm": "Re-arm",
        "key.tare": "Tare",
        "key.prepare": "Prepare",
        "key.help": "Help",
        "key.quit": "Quit",
        "keys.viewer": "VIEW ONLY",
        "stop.button": "STOP",
        "stop.hint": "s or F12",
        # Orders
        "order.view_only": "This screen only views; orders come from the controlling screen.",
        "order.sent": "{name} sent ...",
        "order.failed": "{name} FAILED: {why}",
        "order.start": "Start",
        "order.finish": "Finish",
        "order.stop": "STOP",
        "order.acknowledge": "Acknowledge",
        "order.arm": "Arm",
        "order.tare": "Tare",
        "order.prepare": "Prepare",
        "order.quit": "Quit",
        "order.why_unknown": "no reason given",
        "prepare.recording": "Finish the recording before preparing the next insertion.",
        # Monitor lost
        "lost.word.1": "MONITOR",
        "lost.word.2": "LOST",
        "lost.connecting": "Connecting to the monitor ...",
        "lost.hand": "Take the foot off the pedal. Do not rely on this screen.",
        "lost.lease": "The handpiece halts by itself when its lease lapses, within a second.",
        "lost.again": "Trying to go on; the record so far is kept by the monitor.",
        "lost.silent": "The monitor has not answered for {seconds:g} s.",
        # Welcome, help, quit
        "welcome.site": "Site",
        "welcome.screw": "Screw",
        "welcome.window": "Window",
        "welcome.device": "Device",
        "welcome.device.none": "none yet",
        "welcome.calibrated": "calibrated {date}",
        "welcome.uncalibrated": "calibration date unknown",
        "welcome.next": "p prepares, space starts the recording. The foot starts the motor.",
        "welcome.view": "Waiting for the controlling screen to start a recording.",
        "help.space": "start or finish the recording",
        "help.stop": "stop the motor, from any screen",
        "help.acknowledge": "acknowledge the alarms shown",
        "help.arm": "arm again at the same threshold",
        "help.tare": "zero the sensor before engagement",
        "help.prepare": "patient, site, screw, threshold",
        "help.quit": "quit; finishes the recording first",
        "help.rotation": "No key starts the motor: the foot does.",
        "help.close": "closes this",
        "ask.title": "Quit while recording?",
        "ask.why": "The recording is finished and its record closed before the screen ends.",
        "ask.yes": "finish the recording and quit",
        "ask.no": "go on recording",
        "quit.failed": "Not quit: the recording could not be finished. q again quits all the same.",
        # Prepare
        "prepare.title": "Prepare the next insertion",
        "prepare.patient": "Patient",
        "prepare.site": "Site",
        "prepare.screw": "Screw",
        "prepare.window": "Window",
        "prepare.threshold": "Threshold",
        "prepare.keys": "F12 STOP · Tab ←→ · Enter set · Esc close",
        "prepare.window.hint": "of the site, or e.g. 5-15",
        "prepare.threshold.hint": "by default, or N·cm",
    }
)


def say(key: str, **values: object) -> str:
    """Return the text of `key` with `values` put in. Raises KeyError for an unknown key."""
    text = ENGLISH[key]
    return text.format(**values) if values else text
