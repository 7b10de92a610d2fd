"""What a model is: its facts from every source that tells them, and how two STAC vocabularies say them."""
