"""The JSON Schema of the settings in `reconciler.yaml`. No interpolation stands there: accounts do not depend on variables."""

from __future__ import annotations

from typing import Final

from reconciler.model.paths import Json
from reconciler.model.resource_type import Catalog, Provider

NAME: Final = "^[A-Za-z0-9][A-Za-z0-9_.-]*$"
_CLEAR: Final = "How null reaches fields of which nobody knows how the vendor clears them: refuse it (the default), send null, or send the empty value; or a mapping that says so for single fields."


def build_settings(catalog: Catalog) -> dict[str, Json]:
    """Build the schemas of the settings, by key."""
    return {
        "version": {
            "const": 1,
            "description": "The version of this format. Stands in reconciler.yaml, and only there.",
        },
        "accounts": _build_accounts(catalog),
        "environment": {
            "description": "The environment that counts where neither --env nor RECONCILER_ENV chooses one of environments/.",
            "type": ["string", "number", "boolean", "null"],
        },
        "guards": _build_guards(),
        "exclude": {
            "description": "Globs of files that do not declare resources. Without `/` a glob fits a name at any depth; `**` spans folders.",
            "type": ["array", "null"],
            "items": {"type": ["string", "number", "boolean"], "minLength": 1},
            "examples": [["docker-compose.yaml", "charts/**"]],
        },
        "ledger": {
            "description": "Where it is kept what was last applied: files under .reconciler/ (the default), a git ref that a team's CI shares, or a prefix in object storage.",
            "anyOf": [
                {"enum": ["files", "git", None]},
                {"type": "string", "pattern": "^(s3|gs|az)://[^/]+/.+"},
            ],
            "examples": ["git", "s3://bucket/project"],
        },
    }


def build_account_definitions(catalog: Catalog) -> dict[str, Json]:
    """Build the definitions that the schema of `accounts` refers to."""
    own = {name_definition(provider): _build_own(provider) for provider in catalog.providers.values()}
    return {"account": _build_account(catalog), **own}


def name_definition(provider: Provider) -> str:
    """Name the definition of what is special about one provider's accounts."""
    return f"account.{provider.name}"


def _build_accounts(catalog: Catalog) -> dict[str, Json]:
    account = {"$ref": "#/$defs/account"}
    return {
        "description": "Name -> settings of one key at one provider. Without `accounts` there is one for each provider, named like it.",
        "type": ["object", "null"],
        "propertyNames": {"pattern": NAME},
        "properties": {name: _name_account(provider) for name, provider in catalog.providers.items()},
        "additionalProperties": {"allOf": [account, {"type": "object", "required": ["provider"]}]},
    }


def _name_account(provider: Provider) -> dict[str, Json]:
    """Let an account that is named like a provider be at it, unless it says otherwise."""
    return {
        "description": f"{provider.title}. {provider.description}",
        "allOf": [
            {"$ref": "#/$defs/account"},
            {"if": {"required": ["provider"]}, "else": {"$ref": f"#/$defs/{name_definition(provider)}"}},
        ],
    }


def _build_account(catalog: Catalog) -> dict[str, Json]:
    return {
        "title": "Account",
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": _build_account_settings(catalog),
        "allOf": [_bind_provider(provider) for provider in catalog.providers.values()],
    }


def _bind_provider(provider: Provider) -> dict[str, Json]:
    named = {"type": "object", "required": ["provider"], "properties": {"provider": {"const": provider.name}}}
    return {"if": named, "then": {"$ref": f"#/$defs/{name_definition(provider)}"}}


def _build_account_settings(catalog: Catalog) -> dict[str, Json]:
    return {
        "provider": {
            "description": "Whose API it is; by default the account's name.",
            "enum": list(catalog.providers),
        },
        "region": {"description": "The vendor's region; a key belongs to one.", "type": ["string", "null"]},
        "base_url": {
            "description": "Another address of the same API: the vendor's own hosts and loopback, or hosts that the environment variable RECONCILER_ALLOWED_HOSTS names.",
            "type": ["string", "null"],
            "pattern": "^https?://",
        },
        "credential": {
            "description": "The NAME of the environment variable that holds the key. Never the key itself.",
            "type": ["string", "boolean", "null"],
            "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
        },
        "api": {"description": "The generation of the vendor's API.", "type": ["string", "number", "null"]},
        "concurrency": {
            "description": "Requests at once.",
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": 100,
        },
        "requests_per_minute": {"description": "Pace of requests.", "type": ["integer", "null"], "minimum": 1},
        "timeout_seconds": {
            "description": "How long to wait for one answer.",
            "type": ["number", "null"],
            "minimum": 1,
            "maximum": 600,
        },
        "workspace": {
            "description": "The id under which the vendor lists what a key may see (PolyAI: its agents), for `pull`.",
            "type": ["string", "number", "null"],
        },
        "widen": {
            "description": "Field -> values that are not in the closed list of this version, because the vendor has added them since: a warning instead of an error.",
            "type": ["object", "null"],
            "additionalProperties": {"type": "array", "items": {"type": ["string", "number", "boolean"]}},
        },
        "clear": {
            "description": _CLEAR,
            "anyOf": [
                {"enum": ["refuse", "send-null", "send-empty", None]},
                {"type": "object", "additionalProperties": {"enum": ["refuse", "send-null", "send-empty"]}},
            ],
        },
    }


def _build_own(provider: Provider) -> dict[str, Json]:
    """Build what only this provider's accounts may say; everything may also be left empty."""
    regions = [region for region in provider.base_urls if region]
    generations = list(provider.generations) or ([provider.generation] if provider.generation else [])
    pace = f"default {provider.requests_per_minute}" if provider.requests_per_minute else "no limit is known"
    return {
        "properties": {
            "region": {"enum": [*regions, None], **_describe_region(provider, regions)},
            "api": {
                "enum": [*generations, None],
                "description": f"Known here: {', '.join(generations) or 'only one'}.",
            },
            "credential": {"examples": [provider.credential], "description": f"Default {provider.credential}."},
            "concurrency": {"description": f"Default {provider.concurrency}."},
            "requests_per_minute": {"description": f"{pace.capitalize()}."},
            "timeout_seconds": {"description": f"Default {provider.timeout_seconds:g}."},
        }
    }


def _describe_region(provider: Provider, regions: list[str]) -> dict[str, Json]:
    if not regions:
        return {"description": f"{provider.title} has no regions."}
    default = f"Default {provider.default_region}." if provider.default_region else "Must be given."
    return {"description": f"{default} A wrong region looks like a wrong key, or like absent objects."}


def _build_guards() -> dict[str, Json]:
    return {
        "description": "Bounds on what one apply may change; beyond them it is refused.",
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {
            "max_updates": {"description": "The most updates of one apply.", "type": ["integer", "null"], "minimum": 0},
            "max_percent": {
                "description": "The largest share of a kind in percent, counted from ten resources of it on (default 30).",
                "type": ["integer", "null"],
                "minimum": 0,
                "maximum": 100,
            },
        },
    }
