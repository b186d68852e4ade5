"""Reconcile voice-AI telephony with what git declares: plan, then the smallest patches."""

__version__ = "0.1.0"
