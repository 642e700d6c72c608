"""One supervisor that starts, watches and stops everything `make run` needs."""
