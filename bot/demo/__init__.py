"""The demo: one process with embedded stores, believable past tickets and a simulated WeChat beside the service."""
