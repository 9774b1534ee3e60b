"""The folder of secrets: one file a secret, in a folder for each receiver.

secrets/page/pagerduty_routing_key
secrets/chat/slack_webhook_url
"""

from collections.abc import Mapping
from pathlib import Path

from exporter.errors import ConfigError, Problem

Secrets = Mapping[str, Mapping[str, str]]
"""Text by receiver and name of the file, without white space around it."""


def read_secrets(folder: Path) -> Secrets:
    """What stands in the folder; nothing where it does not exist. Hidden files are left out.

    Raises ConfigError with every file that cannot be read, is empty, or is no text in one line.
    """
    problems: list[Problem] = []
    found: dict[str, dict[str, str]] = {}
    for path in _entries(folder, problems):
        if not path.is_dir():
            sentence = "belongs into the folder of a receiver, such as `page` or `chat`"
            problems.append(Problem(str(path), "", sentence))
            continue
        texts = {file.name: _text(file, problems) for file in _entries(path, problems)}
        found[path.name] = {name: text for name, text in texts.items() if text}
    if problems:
        raise ConfigError(tuple(problems))
    return found


def _entries(folder: Path, problems: list[Problem]) -> list[Path]:
    if not folder.exists():
        return []
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        problems.append(Problem(str(folder), "", f"cannot be read: {error.strerror}"))
        return []


def _text(path: Path, problems: list[Problem]) -> str:
    """The text of a file; "", and the reason added to `problems`, where it is not usable."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        sentence = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        sentence = "is no text; write the secret as UTF-8"
    else:
        if text and text.isprintable():
            return text
        sentence = (
            "must be one line of text" if text else "is empty; write the secret, or remove it"
        )
    problems.append(Problem(str(path), "", sentence))
    return ""
