"""What keeps a hub from working, found before people do: one check for each thing that can be wrong."""
