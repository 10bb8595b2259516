"""Who may do what with access: signing in, persons, roles and keys."""

ACCESS_RULES: dict[str, str] = {
    "api-key.list": "S",
    "api-key.make": "S !",
    "api-key.read": "S",
    "api-key.revoke": "S",
    "me.list-sign-ins": "S",
    "me.read": "S",
    "me.set-password": "S !",
    "person.disable": "A !",
    "person.enable": "A !",
    "person.list": "A",
    "person.read": "A",
    "person.register": "A !",
    "person.set-password": "A !",
    "role-grant.confirm": "Fc",
    "role-grant.list": "A F",
    "role-grant.make": "A !",
    "role-grant.read": "A F",
    "role-grant.revoke": "A !",
    "token.issue": "P S",
    "token.revoke": "P S",
}
