"""Carries records of other systems' topics into ours: read, transform, write, in one Kafka transaction.

Stateless: what is known of a topic is the group's offset, committed with the outputs.  Any number of relays may run, on
topics with any number of partitions.  ``transform`` is what becomes of one record, ``loop`` takes and carries batches,
``exchange`` is Kafka.
"""
