"""Logging in with an eID over OpenID Connect: what is asked, checked and believed.

Knows nothing of the database or of allauth. `login.begin` says where the browser goes,
`login.complete` what the provider's answer proves.
"""
