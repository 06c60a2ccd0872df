"""What one market sells and how: one TOML file, read into one frozen value.

Market files say what we sell and how; settings say where we run.  A rule that needs to know which
market it works for is a bug: whatever differs between markets is a value in here.
"""
