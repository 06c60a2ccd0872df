"""Records that a step left out are counted; the log names one of their entities, so that somebody finds it."""

import logging

log = logging.getLogger(__name__)
"""``streams.logs`` lets through one line a minute per flow and reason."""


def tell_left_out(flow: str, why: str, entity: bytes) -> None:
    log.warning("flow %s left out as %s a record of %s", flow, why, entity.decode(errors="replace"))
