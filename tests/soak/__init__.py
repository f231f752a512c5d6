"""Long runs, by hand (``make crowd crash``), and a short version of each in the suite: many at once, sudden ends."""
