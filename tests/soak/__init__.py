"""Long runs, by hand (``make crowd crash overload soak``), and short versions in the suite."""
