"""Chance from a seed: the same words give the same numbers on every machine."""

from __future__ import annotations

import random


def seeded(*words: object) -> random.Random:
    """Return a generator that hangs on nothing but its words."""
    return random.Random(" ".join(map(str, words)))
