"""A model of one SKU on sale: buyers, delays, imports, lost answers, and the real rules in between."""
