"""Who is calling: credentials from requests, and the viewer that each becomes."""
