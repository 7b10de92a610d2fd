"""What clients meet: the STAC API, credentials, downloads, the command line and the composition root."""
