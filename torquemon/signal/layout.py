"""The flat state of one judged curve: which number lives in which place.

A list of floats when live, a row of a float64 array in batch. Every place is a constant, so that
plain Python indexes a list with it and Numba compiles it away. Nothing in it grows.
"""

from __future__ import annotations

from typing import Final

NEVER: Final = 1e9
"""A torque that is never reached, in N·cm: finite, so that state stays finite."""
QUALITY_HOLD_MS: Final = 2000.0
"""A quality alert comes again only after this long, so that bad wiring makes no storm."""

# -- what the setup says --
LIMIT: Final = 0  # N·cm; NEVER: none
PITCH: Final = 1  # mm per turn
BODY: Final = 2  # mm; negative: unknown
FLARE: Final = 3  # mm
NOMINAL: Final = 4  # deg per ms assumed where neither angle nor speed is known

# -- per sample --
T_FIRST: Final = 5  # µs
T_LAST: Final = 6  # µs; negative: no sample yet
LEARNED: Final = 7  # 1: the trend took in the last bin
Q1: Final = 8  # the last four accepted torques, oldest first, N·cm
Q2: Final = 9
Q3: Final = 10
Q4: Final = 11
CLEAN: Final = 12  # despiked torque less the zero offset, N·cm
ANGLE: Final = 13  # angle at the end of the bin, deg; NaN: none
SPEED: Final = 14  # speed at the end of the bin, rpm; NaN: none
BIN_SUM: Final = 15
BIN_N: Final = 16
BIN_MAX: Final = 17
BIN_END: Final = 18  # µs at which the bin closes
EXCESS_AT: Final = (
    19  # despiked torque above which the excess decision is due; moves with hysteresis
)
BACK_N: Final = 20  # samples in a row from the past
BIN_BAD: Final = 21  # samples refused since the last bin
BAD: Final = 22  # samples refused in all
BAD_KIND: Final = 23  # 1 torque, 2 time, 3 device flag, 4 clipped, 5 gap, 6 flat, 7 jump, 8 angle
SAMPLES: Final = 24  # samples accepted in all

# -- per bin --
OFFSET: Final = 25  # N·cm
OFFSET_N: Final = 26
NOISE: Final = 27  # standard deviation of one raw sample, N·cm
Y: Final = 28  # mean despiked torque of the last bin, N·cm
T_BIN: Final = 29  # µs at the last bin's end
TH: Final = 30  # rotation since the first sample, deg, from angle, speed or nominal speed
A_BIN: Final = 31  # angle at the last bin's end, deg
RATE: Final = 32  # smoothed rotation rate, deg per ms
HAS_ANGLE: Final = 33  # 1: depth comes from an angle
PHASE: Final = 34
TH_ENGAGED: Final = 35
ENGAGE_N: Final = 36  # bins in a row above the engagement torque
TH_FRONT: Final = 37  # deepest rotation reached, deg
STILL_MS: Final = 38  # how long there was no rotation
TH_RESTART: Final = 39  # rotation at which the last pause or reversal ended, deg
FLAT_MS: Final = 40
FLAT_DEG: Final = 41
FLAT_Q: Final = 42
SMOOTH: Final = 43  # noise-matched smoothing of Y for the maximum, N·cm
PEAK: Final = 44  # maximum insertion torque, N·cm
REMOVAL_PEAK: Final = 45  # largest torque against the rotation while turning back, N·cm
FINAL: Final = 46  # last torque while the screw advanced, N·cm
GAP_MS: Final = 47  # longest hole while engaged
CLIPPED: Final = 48
QUALITY_HOLD: Final = 49  # ms until a quality alert may come again
ENGAGED: Final = 50
Y_BEFORE: Final = 51

# -- running trend: level, slope per degree, once-a-turn wobble (sine, cosine), their covariance --
LEVEL: Final = 52
SLOPE: Final = 53
WOB_S: Final = 54
WOB_C: Final = 55
P00: Final = 56
P01: Final = 57
P02: Final = 58
P03: Final = 59
P11: Final = 60
P12: Final = 61
P13: Final = 62
P22: Final = 63
P23: Final = 64
P33: Final = 65
TH_TREND: Final = 66  # rotation at which the level stands, deg
TREND_ON: Final = 67
SINE: Final = 68  # of the present rotation, and its cosine

# -- detectors --
CONTACT_HELD: Final = 69  # 1: alerted, until the torque is back on the trend
NEAR_HELD: Final = 70
SLIP_LOW: Final = 71  # 1: inside a slip
SLIP_TH: Final = 72
SLIP_N: Final = 73
SLIP_FIRST: Final = 74
TH_CLEAR: Final = 75  # rotation at which the torque was last not clear of zero, deg
FALL_TH: Final = 76  # rotation at which the torque was last at its level
TIP_SOUGHT: Final = 77  # 1: it is not yet known where the tip met bone
TREND_PEAK: Final = 78  # highest level of the trend
TREND_PEAK_TH: Final = 79
STRIP_HELD: Final = 80
STEEP: Final = 81  # local rise, N·cm per turn, shown and used for the extrapolation

# -- the numbers of the last alert, for its sentence --
WHY_RISE: Final = 82
WHY_SPAN: Final = 83
WHY_SLOPE: Final = 84
WHY_TREND: Final = 85
WHY_DEG: Final = 86
WHY_BEFORE: Final = 87

# -- ring of past trends, to compare the present with what they foretold --
COSINE: Final = 88
FLAT_SEEN: Final = 89
GAP_TOLD: Final = 90
SLIP_REF: Final = 91
FALL_REF: Final = 92
FALL_LOW_TH: Final = 93
ANGLE_BINS: Final = 94
ANGLE_MISSED: Final = 95
NEAR_TH: Final = 96
CONTACT_TH: Final = 97
Y_START: Final = 98
FLAT_NOISE: Final = 99
TH_ZERO: Final = 100  # rotation at which the torque was last about zero, deg
Y_SLOW: Final = 101
CLIMB: Final = 102  # change of SMOOTH per bin, N·cm
CUSP: Final = 103  # how far a real sample may stand above the median of five, N·cm
RING_NEXT: Final = 105  # rotation at which the next trend is kept, deg
BACK_MARK: Final = 106  # samples taken when the last one from the past came
LONG_PEAK: Final = 107  # highest torque kept so far, the last 64 degrees left out, N·cm
RING_HEAD: Final = 108
RING_COUNT: Final = 109
ANGLE_FAULT: Final = 110  # 1: runs against the torque, 2: hardly moves; not believed from then on
AGAINST_DEG: Final = 111  # turned back of late, deg
AGAINST_LOW: Final = 112  # least torque meanwhile, N·cm
UNTURNED_LOW: Final = 113  # torque from which the present climb counts, N·cm
UNTURNED_MS: Final = 114  # how long the torque has been climbing
UNTURNED_DEG: Final = 115  # rotation seen meanwhile, deg
EXCESS_TOP: Final = 116  # highest torque that raised excess, N·cm
CLOCK_BACK: Final = 117  # times the clock went back
RING: Final = 118
RING_WIDTH: Final = 6  # rotation, level, slope, sine, cosine, torque
RING_LENGTH: Final = 48
RING_STEP_DEG: Final = 4.0
RECALL: Final = 16
"""Places back in the ring from which on torque is the past: about 64 degrees."""
SIZE: Final = RING + RING_WIDTH * RING_LENGTH

# -- what is wrong with an angle --
ANGLE_AGAINST: Final = 1.0
ANGLE_STILL: Final = 2.0

# -- alert bits --
BIT_EXCESS: Final = 1
BIT_ROOT: Final = 2
BIT_HARD: Final = 4
BIT_SEAT: Final = 8
BIT_NEAR: Final = 16
BIT_CAM_OUT: Final = 32
BIT_STRIPPING: Final = 64
BIT_FRACTURE: Final = 128
BIT_QUALITY: Final = 256

# -- phases --
IDLE: Final = 0.0
ENGAGING: Final = 1.0
CORTEX: Final = 2.0
ADVANCING: Final = 3.0
PAUSED: Final = 4.0
RESTARTING: Final = 5.0
SEATING: Final = 6.0
SEATED: Final = 7.0
REMOVING: Final = 8.0
