"""Head-ends: what is sent, what is understood, and what is never believed."""
