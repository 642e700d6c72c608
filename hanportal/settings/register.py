"""How much complete deliveries of the register may end in a day without two people."""

import environ

env = environ.Env()

# Whichever is larger: a number of holdings and installations, or a share of those
# that are current.
REGISTER_BRAKE_ENDINGS = env.int("REGISTER_BRAKE_ENDINGS", default=100)
REGISTER_BRAKE_SHARE = env.float("REGISTER_BRAKE_SHARE", default=0.01)
