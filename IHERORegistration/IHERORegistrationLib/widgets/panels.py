"""The panels of the module IHERORegistration, from above."""

from __future__ import annotations

from .panel import Panel

PANELS: tuple[type[Panel], ...] = ()
