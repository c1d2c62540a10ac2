"""The panels of the module IHERORegistration, from above."""

from __future__ import annotations

from .applyPanel import ApplyPanel
from .panel import Panel
from .registrationsPanel import RegistrationsPanel

PANELS: tuple[type[Panel], ...] = (RegistrationsPanel, ApplyPanel)
