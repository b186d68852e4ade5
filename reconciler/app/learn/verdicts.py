"""Judge what a vendor answered to the doctor's question: key, region, generation of the API, clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from reconciler.model.check import Check, Verdict
from reconciler.model.live import Present, Unknown
from reconciler.model.project import Account
from reconciler.model.resource_type import Provider, ResourceType

if TYPE_CHECKING:
    from reconciler.remote.reading.probe import Question, Reported

_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_ODD_SECONDS: Final = 60
_WRONG_SECONDS: Final = 300
_SHOWN_ROWS: Final = 50


def judge_answer(reported: Reported, question: Question, *, account: Account, provider: Provider) -> Iterator[Check]:
    """Judge the answer step by step: whether the service answers, takes the key, knows the region, speaks our generation."""
    status = getattr(reported.answer, "status", 0)
    if reported.absent:
        yield from _judge_absence(reported, account, provider)
    elif status in {_UNAUTHORIZED, _FORBIDDEN} and reported.trouble:
        yield from _judge_refusal(reported.trouble, status, account, provider)
    elif reported.trouble:
        yield Check("answer", Verdict.FAILED, reported.trouble.reason, reported.trouble.advice)
        yield Check("key", Verdict.SKIPPED, "the service did not answer")
        yield Check("api", Verdict.SKIPPED, "the service did not answer")
    else:
        yield Check("key", Verdict.OK, f"{provider.title} accepts it")
        yield from _accept_region(account, provider)
        yield _judge_generation(reported.rows, question.resource_type, provider)


def _judge_absence(reported: Reported, account: Account, provider: Provider) -> Iterator[Check]:
    yield Check("key", Verdict.SKIPPED, "a 404 does not tell whether the key was accepted")
    advice = "Check the id that the project declares, then the region." + _name_other_regions(account, provider)
    yield Check("region" if _has_regions(provider) else "answer", Verdict.FAILED, reported.answer.describe(), advice)
    yield Check("api", Verdict.SKIPPED, "there was nothing to look at")


def _judge_refusal(trouble: Unknown, status: int, account: Account, provider: Provider) -> Iterator[Check]:
    yield Check("key", Verdict.FAILED, trouble.reason, trouble.advice)
    if status == _UNAUTHORIZED and _has_regions(provider):
        message = f"a key of another region looks the same in {account.region}"
        advice = _name_other_regions(account, provider).strip()
        yield Check("region", Verdict.WARNING, message, f"{advice} It was not sent there.")
    yield Check("api", Verdict.SKIPPED, "the key was refused")


def _has_regions(provider: Provider) -> bool:
    return len(provider.base_urls) > 1


def _name_other_regions(account: Account, provider: Provider) -> str:
    others = [region for region in provider.base_urls if region and region != account.region]
    return f" If the key belongs to {' or '.join(others)}, set `region` of account {account.name}." if others else ""


def _accept_region(account: Account, provider: Provider) -> Iterator[Check]:
    if _has_regions(provider):
        yield Check("region", Verdict.OK, f"{account.region} knows the key")


def _judge_generation(rows: tuple[Present, ...] | Unknown | None, known: ResourceType, provider: Provider) -> Check:
    """Judge the shape of a list's answer, and whether its rows hold the fields that only some generations serve."""
    name = f"generation {known.generation}" if known.generation else "the documented shape"
    if rows is None or isinstance(rows, Unknown):
        told = rows or Unknown("nothing was answered")
        return Check("api", Verdict.FAILED, told.reason, told.advice)
    if not rows:
        return Check("api", Verdict.OK, f"{name}, as far as an empty list of {known.kind} tells")
    partial = [field for field in known.fields.values() if field.absence == "unsupported"]
    lacking = [one.name for one in partial if all(one.live_name not in row.value for row in rows[:_SHOWN_ROWS])]
    if lacking:
        message = f"{provider.title} does not serve {', '.join(lacking)}: another generation than {known.generation}"
        return Check("api", Verdict.FAILED, message, _advise(lacking, known))
    return Check("api", Verdict.OK, name)


def _advise(lacking: Sequence[str], known: ResourceType) -> str:
    """Name the generation that lacks the same fields, and the setting that chooses it."""
    fitting = next((other for other in known.others if other.served.isdisjoint(lacking)), None)
    removal = f"Remove {', '.join(lacking)} from spec: they cannot be managed."
    return f'Write `api: "{fitting.api}"` under this account. {removal}' if fitting else removal


def judge_clock(reported: Reported, now: datetime) -> Check:
    """Compare this machine's clock with the vendor's: locks, Retry-After and journals depend on it."""
    if reported.date is None:
        return Check("clock", Verdict.SKIPPED, "the answer has no Date header")
    seconds = round((now - reported.date).total_seconds())
    if abs(seconds) < _ODD_SECONDS:
        return Check("clock", Verdict.OK, "agrees with the vendor's")
    verdict = Verdict.FAILED if abs(seconds) >= _WRONG_SECONDS else Verdict.WARNING
    side = "ahead of" if seconds > 0 else "behind"
    return Check("clock", verdict, f"{abs(seconds)} s {side} the vendor's", "Set this machine's clock by NTP.")
