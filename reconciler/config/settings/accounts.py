"""Read the accounts of `reconciler.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypedDict, cast

from reconciler.config.settings.hosts import check_base_url
from reconciler.config.settings.section import Section, is_null, name_node
from reconciler.config.suggest import list_names, suggest
from reconciler.config.text.source import quote
from reconciler.model.project import Account, ClearSetting
from reconciler.model.resource_type import Catalog, Provider

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
NAME_ADVICE: Final = "Use letters, digits, `_`, `-` and `.`, starting with a letter or digit."

_KEYS: Final = (
    "provider",
    "region",
    "base_url",
    "credential",
    "api",
    "concurrency",
    "requests_per_minute",
    "timeout_seconds",
    "clear",
    "widen",
    "workspace",
)
_CLEAR: Final = ("refuse", "send-null", "send-empty")
ALLOWED_CREDENTIALS: Final = "RECONCILER_ALLOWED_CREDENTIALS"
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEY_PREFIXES: Final = ("gsk_", "gsk-", "ocx_", "sk_", "sk-", "pk_", "key_", "ghp_", "github_pat_", "xoxb-", "bearer ")
_LONG_WORD: Final = 24
_WORKSPACE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class _Clear(TypedDict):
    clear: ClearSetting
    clear_fields: Mapping[str, ClearSetting]


def default_accounts(catalog: Catalog) -> dict[str, Account]:
    """Make one account for each provider, named like it."""
    return {name: _default_account(provider) for name, provider in catalog.providers.items()}


def _default_account(provider: Provider) -> Account:
    region = provider.default_region or next(iter(provider.base_urls))
    return Account(
        name=provider.name,
        provider=provider.name,
        base_url=provider.base_urls[region],
        credential=provider.credential,
        region=region,
        generation=provider.generation,
        concurrency=provider.concurrency,
        requests_per_minute=provider.requests_per_minute,
        timeout_seconds=provider.timeout_seconds,
    )


def read_accounts(section: Section, *, catalog: Catalog, environ: Mapping[str, str]) -> dict[str, Account]:
    """Read every account that is right; the others are reported."""
    accounts = (_read_account(section, name, catalog, environ) for name in section.node)
    return {account.name: account for account in accounts if account}


def _read_account(section: Section, name: str, catalog: Catalog, environ: Mapping[str, str]) -> Account | None:
    if not NAME.fullmatch(name):
        section.refuse(name, "bad-name", f"{quote(name)} is no name for an account", NAME_ADVICE)
        return None
    value = section.node[name]
    if not is_null(value) and not isinstance(value, dict):
        advice = f"Write `{name}: {{}}` for an account with default settings."
        section.refuse(name, "bad-setting", f"the account `{name}` takes a mapping, not {name_node(value)}", advice)
        return None
    settings = Section(section.document, section.findings, {} if is_null(value) else value, f"the account `{name}`")
    settings.check_keys(_KEYS)
    provider = _read_provider(section, settings, name, catalog)
    return _build_account(section, settings, name, provider, environ, catalog) if provider else None


def _read_provider(section: Section, settings: Section, name: str, catalog: Catalog) -> Provider | None:
    if settings.holds("provider"):
        chosen = settings.choose("provider", catalog.providers)
        return catalog.providers[chosen] if chosen else None
    if name not in catalog.providers:
        message = f"the account `{name}` does not say which provider it is at"
        advice = f"Add `provider:` with one of {list_names(catalog.providers)}. {suggest(name, ())}".strip()
        section.refuse(name, "bad-setting", message, advice)
        return None
    return catalog.providers[name]


def _build_account(
    section: Section, settings: Section, name: str, provider: Provider, environ: Mapping[str, str], catalog: Catalog
) -> Account | None:
    region = _read_region(section, settings, name, provider)
    base_url = _read_base_url(settings, provider, environ)
    if region is None:
        return None
    return Account(
        name=name,
        provider=provider.name,
        base_url=(base_url or provider.base_urls[region]).rstrip("/"),
        credential=_read_credential(settings, provider, catalog, environ) or provider.credential,
        region=region,
        generation=_read_generation(settings, provider) or provider.generation,
        concurrency=settings.integer("concurrency", low=1, high=100) or provider.concurrency,
        requests_per_minute=settings.integer("requests_per_minute", low=1) or provider.requests_per_minute,
        timeout_seconds=settings.number("timeout_seconds", low=1, high=600) or provider.timeout_seconds,
        **_read_clear(settings, provider, catalog),
        widen=_read_widen(settings, provider, catalog),
        workspace=_read_workspace(settings, provider),
        location=section.document.source.locate(section.document.places.of_key(section.node, name)),
    )


def _read_workspace(settings: Section, provider: Provider) -> str:
    """Read the id that groups are listed under; it stands in a path, so it is one plain word."""
    workspace = settings.text("workspace") or ""
    if workspace and not provider.groups:
        settings.refuse("workspace", "bad-setting", f"{provider.title} has no workspaces", "Remove `workspace`.")
        return ""
    if workspace and not _WORKSPACE.fullmatch(workspace):
        message = f"`workspace`: {quote(workspace)} is no id of a workspace"
        settings.refuse("workspace", "bad-setting", message, "Write the id as the vendor's console shows it.")
        return ""
    return workspace


def _read_clear(settings: Section, provider: Provider, catalog: Catalog) -> _Clear:
    """Read how null clears: one word for all fields, or a mapping of fields of this vendor to words."""
    if not isinstance(settings.node.get("clear"), dict):
        return {"clear": cast("ClearSetting", settings.choose("clear", _CLEAR) or "refuse"), "clear_fields": {}}
    inner = Section(settings.document, settings.findings, settings.node["clear"], f"`clear` of {settings.title}")
    known = [each for each in catalog.all_types if each.provider == provider.name]
    inner.check_keys(
        dict.fromkeys(name for each in known for name, field in each.fields.items() if field.clearing == "account")
    )
    chosen = {name: inner.choose(name, _CLEAR) for name in inner.node}
    return {
        "clear": "refuse",
        "clear_fields": {name: cast("ClearSetting", word) for name, word in chosen.items() if word},
    }


def _read_widen(settings: Section, provider: Provider, catalog: Catalog) -> Mapping[str, tuple[str, ...]]:
    """Read by which values closed lists of the vendor are widened, for example by a voice that it has added."""
    if not settings.holds("widen"):
        return {}
    node = settings.node["widen"]
    if not isinstance(node, dict):
        advice = "Write `widen: {FIELD: [VALUE]}`."
        settings.refuse("widen", "bad-setting", f"`widen` takes a mapping, not {name_node(node)}", advice)
        return {}
    inner = Section(settings.document, settings.findings, node, f"`widen` of {settings.title}")
    known = [each for each in catalog.all_types if each.provider == provider.name]
    closed = {name for each in known for name, one in each.fields.items() if "enum" in one.schema and not one.open_enum}
    inner.check_keys(sorted(closed))
    return {name: _read_values(inner, name) for name in node}


def _read_values(section: Section, name: str) -> tuple[str, ...]:
    values = section.node[name]
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        return tuple(map(str, values))
    section.refuse(name, "bad-setting", f"`{name}` takes a list of values, not {name_node(values)}", "Write [VALUE].")
    return ()


def _read_region(section: Section, settings: Section, name: str, provider: Provider) -> str | None:
    regions = [region for region in provider.base_urls if region]
    written = "region" in settings.node and not is_null(settings.node["region"])
    if not regions:
        if written:
            settings.refuse("region", "bad-setting", f"{provider.title} has no regions", "Remove `region`.")
        return ""
    if written:
        return settings.choose("region", regions)
    if not provider.default_region:
        advice = f"Add `region:` with one of {list_names(regions)}."
        section.refuse(name, "bad-setting", f"the account `{name}` needs a region", advice)
        return None
    return provider.default_region


def _read_base_url(settings: Section, provider: Provider, environ: Mapping[str, str]) -> str | None:
    url = settings.text("base_url")
    refusal = check_base_url(url, provider=provider, environ=environ) if url is not None else None
    if refusal:
        excerpt = "" if refusal.secret else None
        settings.refuse("base_url", "bad-base-url", refusal.message, refusal.advice, excerpt=excerpt)
    return url


def _read_generation(settings: Section, provider: Provider) -> str | None:
    generation = settings.text("api")
    if generation is None or generation == provider.generation:
        return generation
    if not provider.generation:
        settings.refuse("api", "bad-setting", f"{provider.title} has only one generation of its API", "Remove `api`.")
    else:
        return settings.choose("api", provider.generations or (provider.generation,))
    return None


def _read_credential(settings: Section, provider: Provider, catalog: Catalog, environ: Mapping[str, str]) -> str | None:
    """Read the NAME of a variable. What looks like a key itself is never shown again."""
    name = settings.text("credential")
    if name is None:
        return None
    if _looks_like_key(name):
        message = "`credential` seems to hold a key itself; it takes the NAME of an environment variable"
        advice = f"Put the key in the environment, not in git, and write its name here, for example {provider.credential}. Revoke this key if it was pushed."
        settings.refuse("credential", "bad-setting", message, advice, excerpt="")
        return None
    owner = next(
        (each for each in catalog.providers.values() if each.credential == name and each is not provider), None
    )
    if owner:
        message = f"{name} holds the key of {owner.title}, which must not be sent to {provider.title}"
        settings.refuse("credential", "bad-setting", message, "Name a variable that holds this account's own key.")
    elif not _names_provider(name, provider) and name not in _list_allowed(environ):
        message = f"{name} does not say that it holds a key of {provider.title}"
        advice = f"Name a variable with {provider.name.upper()} in its name, for example {provider.credential}; only the environment variable {ALLOWED_CREDENTIALS} can allow others."
        settings.refuse("credential", "bad-setting", message, advice)
    return name


def _list_allowed(environ: Mapping[str, str]) -> frozenset[str]:
    return frozenset(entry.strip() for entry in environ.get(ALLOWED_CREDENTIALS, "").split(","))


def _names_provider(name: str, provider: Provider) -> bool:
    """Tell whether a variable is meant for this vendor.

    The configuration comes from pull requests: it must not choose any other secret of the environment, such as the CI
    system's own token, and have it sent to a vendor.
    """
    return provider.name.upper() in name.upper()


def _looks_like_key(name: str) -> bool:
    """Tell a key from a name: keys have known prefixes, odd characters, or small letters mixed with digits."""
    if name.lower().startswith(_KEY_PREFIXES) or not _VARIABLE.fullmatch(name):
        return True
    mixed = any(letter.islower() for letter in name) and any(letter.isdigit() for letter in name)
    longest = max((len(word) for word in name.split("_")), default=0)
    return mixed or longest > _LONG_WORD
