"""TikTok Shop's Open API, seller side: what we send, and what an answer means.

Pure: sign, operation, request, answer, errors, codes, limiter, breaker, token, paging, product,
inventory, order, shop.  Not pure: client, token_call (HTTP), token_box (encryption).  No rule of
stock, price or listing lives here, and no decision about when to call.
"""
