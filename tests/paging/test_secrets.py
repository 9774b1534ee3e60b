"""The folder of secrets: what is read, and what is refused without being said."""

from pathlib import Path

import pytest

from exporter.errors import ConfigError
from exporter.paging.secrets import read_secrets

SECRET = b"geheim-0123"


def put(folder: Path, name: str, content: bytes = SECRET) -> Path:
    """A file of the folder of secrets."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def refused(folder: Path) -> list[str]:
    """Why the folder is refused, with FOLDER in its place."""
    with pytest.raises(ConfigError) as caught:
        read_secrets(folder)
    return [str(problem).replace(str(folder), "FOLDER") for problem in caught.value.problems]


def test_a_secret_is_a_file_in_the_folder_of_its_receiver(tmp_path: Path) -> None:
    put(tmp_path, "page/pagerduty_routing_key", b"0123\n")
    put(tmp_path, "chat/slack_webhook_url", b"  https://hooks.example.org/\xc3\xa9 \r\n\n")
    put(tmp_path, "chat/email_to", b"a@example.org, b@example.org")
    assert read_secrets(tmp_path) == {
        "chat": {
            "email_to": "a@example.org, b@example.org",
            "slack_webhook_url": "https://hooks.example.org/é",
        },
        "page": {"pagerduty_routing_key": "0123"},
    }


def test_a_folder_that_is_not_there_or_empty_has_none(tmp_path: Path) -> None:
    assert read_secrets(tmp_path / "none") == {}
    assert read_secrets(tmp_path) == {}


def test_a_receiver_without_secrets_has_none(tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    assert read_secrets(tmp_path) == {"page": {}}


def test_a_secret_may_be_a_link_to_where_it_is_mounted(tmp_path: Path) -> None:
    """As Kubernetes does: page/webhook_url -> ..data/webhook_url."""
    put(tmp_path, "page/..data/webhook_url")
    (tmp_path / "page" / "webhook_url").symlink_to("..data/webhook_url")
    assert read_secrets(tmp_path) == {"page": {"webhook_url": SECRET.decode()}}


def test_hidden_files_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, ".gitignore", b"*\n!.gitignore\n")
    put(tmp_path, "page/.gitkeep", b"")
    put(tmp_path, ".git/config", b"\xff")
    assert read_secrets(tmp_path) == {"page": {}}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty; write the secret, or remove it"),
        (b" \n\t\n", "is empty; write the secret, or remove it"),
        (SECRET + b"\n" + SECRET, "must be one line of text"),
        (SECRET + b"\r" + SECRET, "must be one line of text"),
        (SECRET + b"\x00", "must be one line of text"),
        (SECRET + b"\x1b[0m", "must be one line of text"),
        (SECRET + "\u2028".encode() + SECRET, "must be one line of text"),
        (SECRET + b"\xff", "is no text; write the secret as UTF-8"),
    ],
)
def test_what_cannot_be_a_secret_is_refused_and_not_said(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    put(tmp_path, "page/webhook_url", content)
    (problem,) = refused(tmp_path)
    assert problem == f"FOLDER/page/webhook_url: {sentence}"


def test_a_secret_outside_the_folder_of_a_receiver_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "pagerduty_routing_key")
    assert refused(tmp_path) == [
        "FOLDER/pagerduty_routing_key: belongs into the folder of a receiver, "
        "such as `page` or `chat`"
    ]


def test_a_folder_in_place_of_a_secret_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "page/webhook_url/url")
    assert refused(tmp_path) == ["FOLDER/page/webhook_url: cannot be read: Is a directory"]


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "webhook_url").symlink_to(tmp_path / "none")
    assert refused(tmp_path) == [
        "FOLDER/page/webhook_url: cannot be read: No such file or directory"
    ]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    assert refused(put(tmp_path, "secrets")) == ["FOLDER: cannot be read: Not a directory"]


def test_every_problem_is_told_not_only_the_first(tmp_path: Path) -> None:
    put(tmp_path, "chat/webhook_url", b"")
    put(tmp_path, "page/webhook_url", b"\xff")
    put(tmp_path, "slack_webhook_url")
    assert [problem.split(": ")[0] for problem in refused(tmp_path)] == [
        "FOLDER/chat/webhook_url",
        "FOLDER/page/webhook_url",
        "FOLDER/slack_webhook_url",
    ]
