"""One module per group of commands; each offers ``register``."""
