"""The product on a few screens: frozen value types that every other room speaks in.

Read in this order: `paths`, `resource_type` (what we know of a vendor), `project` (what git declares), `live` (what was read),
`plan` (what would be sent), `outcome` (what became of it), `ledger` (what was applied last), `diagnostic`, `secret`.
"""
