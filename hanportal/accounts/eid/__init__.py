"""Logging in over OpenID Connect: what is asked, what is checked and what is believed.

For the eID of customers and for the company's login of staff alike; a `Client` says
what is demanded of the provider. Knows nothing of the database or of allauth.
"""
