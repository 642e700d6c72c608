"""For the machines that watch: logs, metrics, watchdogs, health (docs/adr/0007)."""
