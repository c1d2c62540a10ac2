"""Badges as small colored labels in rich text, legible on a light and on a dark ground."""

from __future__ import annotations

from html import escape

from ..listedRegistration import Badge, Tone

# Sign, ground and letters. The sign and the words tell the state without the color; the grounds
# stay apart for who sees no red or green.
LOOKS = {
    Tone.GOOD: ("✔ ", "#00614a", "#ffffff"),
    Tone.DOUBT: ("▲ ", "#f0b429", "#000000"),
    Tone.BAD: ("✖ ", "#a83208", "#ffffff"),
    Tone.PLAIN: ("", "#5b6675", "#ffffff"),
}


def chip(badge: Badge) -> str:
    """A badge as HTML of Qt's rich text; it is never broken between lines."""
    sign, ground, letters = LOOKS[badge.tone]
    words = escape(f"{sign}{badge.text}").replace(" ", "&nbsp;").replace("-", "&#8209;")
    return (
        f'<span style="background-color:{ground}; color:{letters}; font-size:small">'
        f"&nbsp;{words}&nbsp;</span>"
    )
