"""Why something on the network did not answer, in a sentence."""

import aiohttp


def network_error(error: Exception) -> str:
    """The system's words; a parser's are replaced, which quote what they could not read."""
    if isinstance(error, aiohttp.ClientResponseError):
        return "what answers there speaks no HTTP"
    return str(error) or type(error).__name__
