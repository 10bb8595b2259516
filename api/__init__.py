"""The doors: HTTP, command line and migrations. They ask and show, and decide nothing."""
