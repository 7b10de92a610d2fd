"""What a project's own documents say to people: its README as a page, how it is cited, the text of its licence."""
