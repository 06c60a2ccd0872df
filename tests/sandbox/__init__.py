"""Tests of the TikTok Shop simulator, by the state it shows."""
