"""Batches, transactional steps, state, timers and calls: the only place that knows Faust's inside."""
