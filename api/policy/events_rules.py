"""Who may do what with webhooks, deliveries, jobs and streams: their own, and an administrator reads."""

EVENTS_RULES: dict[str, str] = {
    "event.stream": "F I M H E J",
    "job.allocate": "F M",
    "job.cancel": "Fo Io Mo Ho Eo",
    "job.list": "Fo Io Mo Ho Eo Jo A",
    "job.read": "Fo Io Mo Ho Eo Jo A*",
    "job.simulate": "F I M H E",
    "job.stream": "Fo Io Mo Ho Eo Jo A*",
    "job.verify": "F M A",
    "webhook-delivery.list": "Fo Io Mo Ho Eo Jo A",
    "webhook-delivery.redeliver": "Fo Io Mo Ho Eo A",
    "webhook-secret.read": "Fo Io Mo Ho Eo !",
    "webhook.change": "Fo Io Mo Ho Eo",
    "webhook.create": "Fo Io Mo Ho Eo",
    "webhook.list": "Fo Io Mo Ho Eo A*",
    "webhook.read": "Fo Io Mo Ho Eo A*",
    "webhook.rotate": "Fo Io Mo Ho Eo",
}
