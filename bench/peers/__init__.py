"""The same job without this engine, each the way its community would write and tune it."""
