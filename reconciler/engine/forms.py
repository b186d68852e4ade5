"""Recognise one value in two forms: what a vendor re-forms as it stores it, and why a value that was written reads back otherwise.

Two texts that Unicode calls canonically equivalent (NFC and NFD) are one text, whichever a vendor keeps: that is no difference, and
is told. Where a schema says so, a number and the text of it are one value. All else is a difference: the likely reason is named, and
what to write instead.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Final

from reconciler.engine.normal_form import normalise, read_field
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.field import ANY, Field
from reconciler.model.live import Present
from reconciler.model.paths import FieldPath, Json, format_pointer
from reconciler.model.project import Declared
from reconciler.model.resource_type import ResourceType
from reconciler.model.text_form import normalise_text

_UNSEEN: Final = frozenset({"Cf", "Cc", "Co", "Cn"})
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")


def adopt_form(known: Field, live: Json, declared: Json) -> Json:
    """Return a live value of a field with all that is the declared one in another form written as the declared one is."""
    if isinstance(live, str) and isinstance(declared, str):
        return declared if _is_equivalent(live, declared) else live
    if isinstance(live, Mapping) and isinstance(declared, Mapping):
        return {
            key: adopt_form(known.child(key), inner, declared[key]) if key in declared else inner
            for key, inner in live.items()
        }
    if isinstance(live, list | tuple) and isinstance(declared, list | tuple) and len(live) == len(declared):
        return [adopt_form(known.entries or ANY, one, other) for one, other in zip(live, declared, strict=True)]
    return declared if known.read_as_text and _spells(live, declared) else live


def _spells(left: Json, right: Json) -> bool:
    """Tell whether one value is a number and the other a text of it: 10 and "10", or "10.0"."""
    text, number = (left, right) if isinstance(left, str) else (right, left)
    return isinstance(text, str) and _is_number(number) and bool(_NUMBER.fullmatch(text)) and float(text) == number


def _is_equivalent(left: str, right: str) -> bool:
    if left == right or left.isascii() or right.isascii():
        return left == right
    return normalise_text(left, form="NFC") == normalise_text(right, form="NFC")


def list_reformed(live: Json, declared: Json, at: FieldPath = ()) -> Iterator[tuple[FieldPath, str]]:
    """Yield where a live text is the declared one in another normal form, with the name of the form that is live."""
    if isinstance(live, str) and isinstance(declared, str):
        if live != declared and _is_equivalent(live, declared):
            yield at, name_form(live)
    elif isinstance(live, Mapping) and isinstance(declared, Mapping):
        for key in declared.keys() & live.keys():
            yield from list_reformed(live[key], declared[key], (*at, key))
    elif isinstance(live, list | tuple) and isinstance(declared, list | tuple) and len(live) == len(declared):
        for one, other in zip(live, declared, strict=True):
            yield from list_reformed(one, other, at)


def note_reformed(declared: Declared, reading: Present, resource_type: ResourceType) -> Iterator[Diagnostic]:
    """Say where the vendor keeps the declared text in another normal form: one text, so nothing is planned for it."""
    for name, value in declared.spec.items():
        if not _has_forms(value):
            continue
        known = resource_type.find_field((name,))
        live = read_field(known, reading.value)
        for path, form in list_reformed(live, normalise(known, value), (name,)):
            told = f"{format_pointer(path)} is live as the same text in another Unicode form ({form})"
            yield Diagnostic(
                code="unicode-form",
                message=f"{declared.address}: {told}",
                severity=Severity.NOTE,
                advice=f"Nothing is sent for it. Write it in {form} to have both alike.",
                location=declared.locate(path),
                address=declared.address,
                path=format_pointer(path),
            )


def _has_forms(value: Json) -> bool:
    """Tell whether a value may be written in several normal forms: ASCII has one, and so have numbers."""
    return not value.isascii() if isinstance(value, str) else isinstance(value, Mapping | list | tuple)


def name_form(text: str) -> str:
    """Name the Unicode normal form of a text."""
    return next((form for form in ("NFC", "NFD") if unicodedata.is_normalized(form, text)), "mixed form")


def explain_difference(planned: Json, live: Json) -> str:
    """Say what a vendor likely did to a value that it was sent; empty where nothing known explains it."""
    if isinstance(planned, str) and isinstance(live, str):
        return next((reason for reason, holds in _explain_text(planned, live) if holds), "")
    if isinstance(planned, list | tuple) and isinstance(live, list | tuple):
        return _explain_list(list(map(_spell, planned)), list(map(_spell, live)))
    if isinstance(planned, str) != isinstance(live, str) and _spell(planned).strip('"') == _spell(live).strip('"'):
        return "it keeps it as another type"
    if _is_number(planned) and _is_number(live) and abs(planned - live) < 1:
        return "it rounds the number"
    return ""


def _explain_text(planned: str, live: str) -> Iterator[tuple[str, bool]]:
    yield "it cuts white space at the ends", live == planned.strip()
    yield "it writes line ends in another way", live.splitlines() == planned.splitlines()
    yield "it changes white space", live.split() == planned.split()
    yield "it changes the case of letters", live.lower() == planned.lower()
    yield f"it cuts it after {len(live):,} characters", bool(live) and planned.startswith(live)
    yield "it puts the parts in another order", _part(live) == _part(planned) and "," in live
    yield "it writes special signs as HTML", unescape(live) == planned or unescape(planned) == live
    yield "it writes signs in their compatible Unicode form", _squeeze(live) == _squeeze(planned)
    yield "it drops signs that cannot be seen", _see(live) == _see(planned)


def _part(text: str) -> list[str]:
    return sorted(part.strip() for part in text.split(","))


def _squeeze(text: str) -> str:
    return normalise_text(text, form="NFKC")


def _see(text: str) -> str:
    return "".join(sign for sign in text if unicodedata.category(sign) not in _UNSEEN)


def _explain_list(planned: list[str], live: list[str]) -> str:
    if sorted(planned) == sorted(live):
        return "it puts the elements in another order"
    return "it drops elements that are there twice" if set(planned) == set(live) else ""


def _spell(value: Json) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
