"""The learning loop: from what people decided to better models, and never to a worse one."""
