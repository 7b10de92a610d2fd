"""What stands around every request: headers of answers, caches, limits, and which web origins may call."""
