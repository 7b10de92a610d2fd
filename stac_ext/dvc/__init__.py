"""What DVC tracks in a repository: its outputs, where their objects lie, and the assets that they are."""
