"""A commercetools project to try against, as strict as the real one, on the sandbox's port.

It serves tokens below `/commercetools/auth` and the HTTP API below `/commercetools/api`: projects, channels, inventory,
orders as far as stock needs them, messages and subscriptions, whose notifications it delivers to Kafka as the
Confluent Cloud destination does. It shares no code with the client it is there to test. Start reading at `fake.py`;
`door.py` checks who may call, `operations.py` is the table of what is served.
"""
