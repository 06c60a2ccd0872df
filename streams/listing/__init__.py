"""One listing: what its SKUs should show in one market, what is proven to show, and the next call."""
