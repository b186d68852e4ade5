"""Name what can happen to a request besides an answer."""


class Fault(Exception):  # noqa: N818 - what its subclasses name happened to a request, not in our code
    """Stand for a connection that ends without an answer."""


class ConnectRefused(Fault):
    """Nothing was sent: the connection could not be made."""


class ConnectionDropped(Fault):
    """The connection broke after the request was sent and before an answer came."""


class AnswerTimedOut(Fault):
    """No answer came in time. Raised at once: nobody waits for it."""
