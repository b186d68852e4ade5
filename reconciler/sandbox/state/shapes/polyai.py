"""Say what the rows of PolyAI's collections look like."""

from collections.abc import Mapping
from types import MappingProxyType

from reconciler.sandbox.state.shapes.shape import Shape, always, date, same_as_key

SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "connectors": Shape(
            key="connectorId",
            required={"connectorId": "string", "projectId": "string"},
            optional={
                "name": "string",
                "accountId": "string",
                "clientEnv": "string",
                "variantId": "string?",
                "asrLangCode": "string",
                "ttsLangCode": "string",
                "voiceName": "string",
                "disableHandoff": "boolean",
                "region": "region",
            },
            defaults={
                "name": same_as_key,
                "accountId": always("account_sandbox"),
                "clientEnv": always("sandbox"),
                "variantId": always(""),
                "asrLangCode": always("en-US"),
                "voiceName": always("en-US-Neural2-A"),
                "disableHandoff": always(value=False),
            },
        ),
        "phone_numbers": Shape(
            key="number",
            required={"number": "phone", "projectId": "string"},
            optional={"accountId": "string", "clientEnv": "string", "connectorId": "string?"},
            defaults={
                "accountId": always("account_sandbox"),
                "clientEnv": always("sandbox"),
                "connectorId": always(None),
            },
        ),
        "agents": Shape(
            key="agentId",
            required={"agentId": "string"},
            optional={
                "region": "region",
                "accountId": "string",
                "agentName": "string",
                "behavior": "string",
                "createdAt": "moment",
                "updatedAt": "moment",
            },
            defaults={
                "accountId": always("account_sandbox"),
                "agentName": same_as_key,
                "behavior": always("You answer the phone."),
                "createdAt": date,
                "updatedAt": date,
            },
        ),
        "variants": Shape(
            key="id",
            owner="projectId",
            required={"id": "string", "name": "string"},
            optional={"isDefault": "boolean", "attributeValues": "object"},
            defaults={
                "isDefault": lambda _key, place: place == 0,
                "attributeValues": always({"values": {}}),
            },
        ),
        "attributes": Shape(
            key="id",
            owner="projectId",
            required={"id": "string"},
            optional={"name": "string"},
            defaults={"name": same_as_key},
        ),
        "branches": Shape(
            key="branchId",
            owner="projectId",
            required={"branchId": "string"},
            optional={"branchName": "string", "behavior": "string", "variants": "array"},
            defaults={"branchName": same_as_key},
        ),
        "real_time_configs": Shape(
            key="clientEnv",
            owner="projectId",
            required={"clientEnv": "environment"},
            optional={"variables": "object?", "schema": "object?", "lastUpdated": "moment"},
            defaults={"variables": always(None), "schema": always(None), "lastUpdated": date},
        ),
        "deployments": Shape(
            key="id",
            owner="projectId",
            required={"id": "string", "environment": "environment"},
            optional={
                "accountId": "string",
                "artifactVersion": "string",
                "version": "string",
                "createdBy": "string",
                "createdAt": "moment",
                "metadata": "object?",
            },
            defaults={
                "accountId": always("account_sandbox"),
                "artifactVersion": always("1"),
                "version": same_as_key,
                "createdBy": always("user_sandbox"),
                "createdAt": date,
                "metadata": always({}),
            },
        ),
    }
)
REFERENCES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"connectors": {"variantId": "variants"}, "phone_numbers": {"connectorId": "connectors"}}
)
"""Which fields point to which collection."""
