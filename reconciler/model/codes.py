"""Every diagnostic code with what it means and what to do: the source of docs/error-codes.md.

One line a code, alphabetical. A code is never renamed or reused once released.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CODES: Mapping[str, str] = MappingProxyType(
    {
        "absent-object": "The vendor proved that no such live object exists. Check the id; nothing is ever created.",
        "account-all-absent": "Every declared object of an account is absent. Suspect the key, the environment or the region first.",
        "account-ambiguous": "More than one account offers this kind. Name one with `account:`.",
        "account-unknown": "The account is not configured in reconciler.yaml.",
        "alias-limit": "YAML aliases expand to more than the allowed number of values. Write the values out.",
        "answer-shape": "The vendor's answer does not have the documented shape; a newer generation of its API may be in place.",
        "bad-base-url": "A base_url must be https on the vendor's own host, or loopback. RECONCILER_ALLOWED_HOSTS can name more.",
        "bad-document": "The file is not a mapping with the known top-level keys. `exclude` in reconciler.yaml leaves files out.",
        "bad-encoding": "The file is not UTF-8 text.",
        "bad-guard": "A guard needs a whole number of zero or more.",
        "bad-identity": "The id of a live object does not have the form this kind needs.",
        "bad-interpolation": "A ${...} in a value cannot be read. Known: ${var.NAME}, ${file:PATH}; $${ writes a literal ${.",
        "bad-setting": "A setting in reconciler.yaml is unknown or has the wrong form.",
        "cannot-clear": "This field cannot be set to null: the vendor offers no (known) way to clear it.",
        "cannot-manage": "The live object does not contain this field, so this generation of the API cannot manage it.",
        "collateral-damage": "A write changed a field that was not sent. The old value is shown; put it back at the vendor.",
        "collision": "Two resources point at the same live object. Keep one of them.",
        "companion-missing": "The vendor demands this field with every change. Declare it in `spec`.",
        "conflict": "Both git and somebody outside git changed this field since the last apply.",
        "credential-missing": "The environment variable that holds the account's key is not set.",
        "duplicate-key": "A key occurs twice in one mapping. Keep one of them.",
        "file-not-found": "The file named in ${file:...} does not exist.",
        "file-outside": "A ${file:...} may only read files inside the project folder.",
        "file-too-large": "The file is larger than the limit. Split it.",
        "guard-tripped": "The plan changes more than a guard allows.",
        "identity-missing": "A resource needs `id` or `match`.",
        "immutable-field": "This field cannot be changed after creation.",
        "invalid-value": "The value does not fit the field's schema.",
        "ledger-foreign": "The ledger belongs to another project or is damaged; it was not used.",
        "ledger-locked": "Another apply holds the project's lock.",
        "match-ambiguous": "The match keys fit more than one live object. Use `id`.",
        "match-none": "The match keys fit no live object.",
        "move-with-changes": "A move to another project travels alone. Apply it first, then the other changes.",
        "moved": "The object lives under another id now. Update `id` in the file.",
        "multiple-documents": "A file holds one YAML document. Split it at `---`.",
        "nested-too-deep": "The file nests deeper than the limit.",
        "no-project": "There is no reconciler.yaml here or in the folder named with -C.",
        "non-string-key": "Keys must be plain text.",
        "not-verified": "After the write the live value is not the planned one.",
        "open-enum": "The value is not among the known ones; the vendor may still know it.",
        "option-unknown": "The vendor does not offer this value now.",
        "plan-edited": "The saved plan does not match its digest.",
        "plan-stale": "The saved plan was made from another configuration, account, environment or version.",
        "protected": "The resource is protected: plan shows changes, apply refuses them.",
        "read-failed": "The live state could not be read, so nothing is known and nothing is written.",
        "read-only": "The vendor computes this field; it cannot be declared.",
        "reference-inline": "A reference takes the id of another object, not the object itself.",
        "secret-variable": "A secret cannot be interpolated into this field.",
        "stale-field": "A field moved since it was planned; it was not overwritten.",
        "unknown-field": "The kind has no such field.",
        "unknown-key": "The key is not known here.",
        "unknown-kind": "The top-level key is not a known kind of resource.",
        "unknown-tag": "YAML tags are not supported. Remove the tag; the schema decides the type.",
        "unknown-version": "This version of the configuration is not supported.",
        "unverifiable": "The vendor's API cannot be read back, so the live value is not known.",
        "variable-undefined": "The variable is not defined. Set it with --var, RECONCILER_VAR_NAME or environments/<env>.yaml.",
        "wrong-type": "The value is not of the type that the field needs.",
        "yaml-alias-unknown": "The alias has no anchor.",
        "yaml-syntax": "The file is not valid YAML.",
    }
)
