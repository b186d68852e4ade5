"""Talk to the vendors: authenticate, pace, retry, page, read objects, carry out a plan. The only door to httpx.

Modules here import httpx and asyncio at the top: import this room inside the function that needs the network.
"""
