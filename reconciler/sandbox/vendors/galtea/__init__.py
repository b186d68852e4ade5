"""Galtea: phone connections, WebRTC connections, and the versions that use them."""
