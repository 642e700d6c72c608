"""Pages for those who audit the consents. They read everything and change nothing."""
