"""The demo: a campaign on a real broker, against the sandbox, with every promise checked at the end.

It uses the product as a merchant would: topics, workers as processes, the sandbox over HTTP.  Only the
merchant's own warehouse system (``wms``, by a topic and an adapter), its ERP (``erp``, by commercetools) and the buyers
(``buyers``) are played here.
"""
