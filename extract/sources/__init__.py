"""Where publications come from and where their bytes go: discover and land."""
