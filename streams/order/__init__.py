"""One order, and the orders of one shop: what is seen at TikTok Shop becomes facts other flows count on.

Pure: knows no clock, no network and no Kafka; who reads the orders is ``tiktok_shop``, who runs this is ``flows``.
"""
