"""What the hub tells those who run it, as numbers: the names in one place, and where they are counted."""
