"""The main job played from outside, over HTTP only, as `make smoke` does."""
