"""commercetools' HTTP API and its notifications: what we are told, what we ask, what an answer means.

Pure: envelope, notification, hints, resources, errors, query, token, reading, subscription.  Not pure: client,
token_keeper (HTTP).  No rule of stock lives here, and no decision about when to call.
"""
