"""Who may do what with webhooks, deliveries, jobs and streams: their own, and an administrator reads."""

EVENTS_RULES: dict[str, str] = {
    "delivery.list": "Fo Io Mo Ho Eo Jo A",
    "delivery.redeliver": "Fo Io Mo Ho Eo",
    "webhook-secret.read": "Fo Io Mo Ho Eo !",
    "webhook.change": "Fo Io Mo Ho Eo",
    "webhook.create": "Fo Io Mo Ho Eo",
    "webhook.list": "Fo Io Mo Ho Eo A*",
    "webhook.read": "Fo Io Mo Ho Eo A*",
    "webhook.rotate": "Fo Io Mo Ho Eo",
}
