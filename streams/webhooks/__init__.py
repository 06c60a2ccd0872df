"""Receives TikTok Shop's calls: an event is acknowledged only when Kafka has it.

``receive`` decides and knows no network; ``publisher`` hands records to Kafka; ``server`` is the endpoint. Stateless:
any number of receivers may run.
"""
