"""`render` as a process of its own: what it writes, for whom to read, and when it refuses."""

import os
import subprocess
import sys
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from shutil import copytree
from stat import S_IMODE
from typing import NamedTuple

import pytest
import yaml

from exporter.commands.render import RenderOptions, render_command
from exporter.config import load
from tests.paging.integrations import NEEDED, OPTIONAL, Texts
from tests.programs import amtool
from tests.shared import ROOT

SHIPPED = ROOT / "prometheus"
NOBODY = "page: nobody\nchat: nobody\nwatchdog: nobody\ndrill: nobody\nlog: nobody\n"
LOCAL: Texts = {"webhook_url": "http://127.0.0.1:9999/geheim"}
NO_PAGER = (
    "secrets/page: nothing would receive a P1; put a secret such as pagerduty_routing_key into it, "
    "or say --no-pager\n"
)


class Result(NamedTuple):
    """How a process ended."""

    code: int
    out: str
    err: str


def program(*arguments: str | Path, **environment: str) -> Result:
    """`python -m exporter` with these arguments, under a lenient umask; never tells a secret."""
    done = subprocess.run(  # noqa: S603 - this program
        [sys.executable, "-m", "exporter", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "LOG_LEVEL": "debug", "CONFIG_DIR": "config", **environment},
        capture_output=True,
        text=True,
        check=False,
        umask=0o000,
    )
    assert "geheim" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return Result(done.returncode, done.stdout, done.stderr)


def secrets(folder: Path, them: Mapping[str, Texts]) -> Path:
    """A folder of these secrets."""
    for receiver, texts in them.items():
        for name, text in texts.items():
            path = folder / "secrets" / receiver / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{text}\n")
    return folder / "secrets"


def public(folder: Path) -> Path:
    """The shipped configuration with links that everybody can open."""
    config = copytree(ROOT / "config", folder / "config")
    names = yaml.safe_load((config / "urls.yaml").read_text())
    urls = {name: f"https://{name}.example.org/base" for name in names}
    (config / "urls.yaml").write_text(yaml.safe_dump(urls))
    return config


def written(folder: Path) -> dict[str, str]:
    """Every file below a folder, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def loopback_links() -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load((ROOT / "config" / "urls.yaml").read_text())
    return found


def test_an_empty_folder_renders_what_is_committed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = program("render", "--secrets", tmp_path / "none", "--no-pager", "--out", out)
    assert result == (0, NOBODY, "")
    committed = {
        path.name: path.read_bytes()
        for path in (SHIPPED / "alertmanager.yml", *(SHIPPED / "templates").iterdir())
    }
    made = {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert made == committed


def test_what_has_secrets_is_for_the_owner_alone_and_templates_for_all(tmp_path: Path) -> None:
    out = tmp_path / "out"
    folder = secrets(tmp_path, {"page": LOCAL, "chat": LOCAL})
    result = program("render", "--secrets", folder, "--out", out)
    assert result.code == 0
    assert result.out.startswith("page: webhook\nchat: webhook\nwatchdog: nobody\n")
    assert S_IMODE((out / "alertmanager.yml").stat().st_mode) == 0o600
    assert {S_IMODE(path.stat().st_mode) for path in (out / "templates").iterdir()} == {0o644}
    assert "http://127.0.0.1:9999/geheim" in (out / "alertmanager.yml").read_text()


def test_a_file_that_all_could_read_is_not_written_into(tmp_path: Path) -> None:
    """Whoever has the old one open does not see the new."""
    old = tmp_path / "out" / "alertmanager.yml"
    old.parent.mkdir()
    old.write_text("old")
    (old.parent / ".alertmanager.yml.new").write_text("left by a crash")
    for path in old.parent.iterdir():
        path.chmod(0o666)
    with old.open() as reader:
        folder = secrets(tmp_path, {"page": LOCAL})
        assert program("render", "--secrets", folder, "--out", old.parent).code == 0
        assert reader.read() == "old"
    assert S_IMODE(old.stat().st_mode) == 0o600
    assert {path.name for path in old.parent.iterdir()} == {"alertmanager.yml", "templates"}


def test_the_folders_can_be_named_by_the_environment(tmp_path: Path) -> None:
    folder = secrets(tmp_path, {"page": LOCAL})
    result = program("render", "--out", tmp_path / "out", SECRETS_DIR=str(folder))
    assert (result.code, result.err) == (0, "")
    assert (
        f"(now: {folder})"
        in program("render", "--help", SECRETS_DIR=str(folder), COLUMNS="400").out
    )


def test_without_a_pager_nothing_is_written(tmp_path: Path) -> None:
    folder = secrets(tmp_path, {"chat": LOCAL})
    result = program("render", "--secrets", folder, "--out", tmp_path / "out")
    assert result == (2, "", NO_PAGER)
    assert not (tmp_path / "out").exists()


def test_without_a_pager_it_can_be_wanted(tmp_path: Path) -> None:
    folder = secrets(tmp_path, {"chat": LOCAL})
    result = program("render", "--secrets", folder, "--out", tmp_path / "out", "--no-pager")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("page: nobody\nchat: webhook\n")


@pytest.mark.parametrize(
    ("them", "words"),
    [
        ({"page": {"telegram_bot_token": "geheim"}}, "secrets/page/telegram_chat_id: is missing; "),
        ({"page": {"webhook_url": "geheim"}}, "secrets/page/webhook_url: must be an address "),
        ({"pager": LOCAL}, "secrets/pager: is no receiver; did you mean `page`?"),
        (
            {"page": {"webhook_url": "http://127.0.0.1/\ngeheim"}},
            "/page/webhook_url: must be one line",
        ),
    ],
)
def test_what_is_refused_leaves_what_is_there(
    tmp_path: Path, them: Mapping[str, Texts], words: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "alertmanager.yml").write_text("old")
    result = program("render", "--secrets", secrets(tmp_path, them), "--out", out)
    assert (result.code, result.out) == (2, "")
    assert words in result.err.splitlines()[0]
    assert written(out) == {"alertmanager.yml": "old"}


@pytest.mark.parametrize("in_the_way", ["templates", "templates/urls.tmpl", "alertmanager.yml"])
def test_what_cannot_be_written_wholly_is_not_put_into_force(
    tmp_path: Path, in_the_way: str
) -> None:
    out = tmp_path / "out"
    place = out / in_the_way
    if in_the_way == "templates":
        out.mkdir()
        place.write_text("a file")
    else:
        (place / "x").mkdir(parents=True)
    if in_the_way != "alertmanager.yml":
        (out / "alertmanager.yml").write_text("old")
    result = program("render", "--secrets", secrets(tmp_path, {"page": LOCAL}), "--out", out)
    assert (result.code, result.out) == (1, "")
    assert len(result.err.splitlines()) == 1
    assert "geheim" not in "".join(written(out).values())
    assert list(out.rglob(".*")) == []


def test_no_locale_changes_what_is_written(tmp_path: Path) -> None:
    them = {"page": {**NEEDED["email"], "email_to": "Jörg <joerg@example.org>"}}
    folder, config = secrets(tmp_path, them), public(tmp_path)
    ascii_only = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    out = tmp_path / "out"
    result = program(
        *("render", "--config", config, "--secrets", folder, "--out", out), **ascii_only
    )
    assert (result.code, result.err) == (0, "")
    rendered = (out / "alertmanager.yml").read_text(encoding="utf-8")
    assert "Jörg <joerg@example.org>" in rendered
    messages = "templates/messages.tmpl"
    assert (out / messages).read_bytes() == (SHIPPED / messages).read_bytes()


def test_a_template_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    none = tmp_path / "none.yml"
    result = program("render", "--template", none, "--no-pager", "--out", tmp_path / "out")
    assert result == (1, "", f"market-quality-exporter: {none}: No such file or directory\n")


# --- prometheus.yml

PLACES = ("--exporters", "one:9710,two:9710", "--alertmanagers", "one:9093")


def test_prometheus_is_told_what_to_scrape_and_nobody_else_may_read_where_samples_go(
    tmp_path: Path,
) -> None:
    url = "https://user:geheim@remote.example.org/api/v1/write"
    given = ("--no-pager", "--secrets", tmp_path / "none", "--out", tmp_path / "out", *PLACES)
    result = program("render", *given, "--replica", "a", "--remote-write", url)
    assert result == (0, NOBODY, "")
    path = tmp_path / "out" / "prometheus.yml"
    assert S_IMODE(path.stat().st_mode) == 0o600
    made = yaml.safe_load(path.read_text())
    assert made["global"]["external_labels"] == {"replica": "a"}
    assert made["remote_write"] == [{"url": url}]
    assert [job["static_configs"][0]["targets"] for job in made["scrape_configs"]] == [
        ["one:9710", "two:9710"],
        ["one:9093"],
    ]
    assert made["rule_files"] == [str(SHIPPED / "rules" / "*.yml")]


def test_an_empty_address_writes_samples_nowhere(tmp_path: Path) -> None:
    given = ("--no-pager", "--secrets", tmp_path / "none", "--out", tmp_path / "out", *PLACES)
    assert program("render", *given, "--remote-write=").code == 0
    assert "remote_write" not in yaml.safe_load((tmp_path / "out" / "prometheus.yml").read_text())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--replica", "a"), "arguments: --exporters: is missing; without it no prometheus.yml"),
        (("--prometheus", "a:1"), "arguments: --exporters: is missing"),
        (("--exporters", "a:1,:2"), "argument --exporters: must be HOST:PORT, or several with"),
        (("--exporters", "a:0"), "argument --exporters: must be HOST:PORT"),
        ((*PLACES, "--remote-write", "remote:1"), "argument --remote-write: must be an address"),
        (("--receiver", "http://"), "argument --receiver: must be an address"),
    ],
)
def test_what_cannot_be_meant_of_prometheus_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    result = program("render", "--no-pager", "--out", tmp_path / "out", *arguments)
    assert (result.code, result.out) == (2, "")
    assert words in result.err
    assert not (tmp_path / "out").exists()


def test_a_receiver_on_this_machine_is_told_instead_of_what_secrets_name(tmp_path: Path) -> None:
    folder, out = secrets(tmp_path, {"page": LOCAL}), tmp_path / "out"
    given = ("--secrets", folder, "--out", out, "--receiver", "http://receiver:9730/")
    result = program("render", *given)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("page: slack\nchat: slack\nwatchdog: nobody\n")
    text = (out / "alertmanager.yml").read_text()
    assert "http://receiver:9730/page" in text
    assert "http://receiver:9730/chat" in text
    assert "geheim" not in text
    assert not (out / "prometheus.yml").exists()


# --- Grafana's own alerting


def test_grafana_is_told_nothing_unless_asked_for(tmp_path: Path) -> None:
    folder, out = secrets(tmp_path, {"page": LOCAL}), tmp_path / "out"
    assert program("render", "--secrets", folder, "--out", out).code == 0
    assert {path.name for path in out.iterdir()} == {"alertmanager.yml", "templates"}


def test_of_what_grafana_is_told_only_the_contact_points_are_for_the_owner_alone(
    tmp_path: Path,
) -> None:
    folder, alerting = secrets(tmp_path, {"page": LOCAL, "chat": LOCAL}), tmp_path / "alerting"
    given = ("--secrets", folder, "--out", tmp_path / "out", "--grafana-alerting", alerting)
    assert program("render", *given).code == 0
    modes = {path.name: S_IMODE(path.stat().st_mode) for path in alerting.iterdir()}
    assert modes.pop("contact-points.yaml") == 0o600
    assert modes == dict.fromkeys(
        ("rules.yaml", "policies.yaml", "mute-timings.yaml", "templates.yaml"), 0o644
    )
    files = written(alerting)
    assert [name for name, text in files.items() if "geheim" in text] == ["contact-points.yaml"]
    links = "http://127.0.0.1:9710/runbooks"
    assert f"{links}/{{{{ $labels.alert }}}}" in files["rules.yaml"]
    names = {one["name"] for one in yaml.safe_load(files["templates.yaml"])["templates"]}
    assert names == {"market-messages.tmpl", "market-urls.tmpl"}
    assert f"}}}}{links}{{{{" in files["templates.yaml"]


def test_a_receiver_on_this_machine_is_told_by_grafana_too(tmp_path: Path) -> None:
    given = ("--receiver", "http://receiver:9730/", "--out", tmp_path / "out")
    assert program("render", *given, "--grafana-alerting", tmp_path / "alerting").code == 0
    text = (tmp_path / "alerting" / "contact-points.yaml").read_text()
    assert "url: http://receiver:9730/page\n" in text


def test_where_grafana_could_tell_nobody_nothing_is_written(tmp_path: Path) -> None:
    given = ("--no-pager", "--secrets", tmp_path / "none", "--out", tmp_path / "out")
    result = program("render", *given, "--grafana-alerting", tmp_path / "alerting")
    sentence = "secrets: no receiver has a secret; Grafana needs one that can be told\n"
    assert result == (2, "", sentence)
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "alerting").exists()


# --- links that nobody could open


@pytest.mark.parametrize("kind", ["slack", "pagerduty", "email"])
def test_a_link_to_this_machine_is_refused_where_messages_leave_it(
    tmp_path: Path, kind: str
) -> None:
    folder = secrets(tmp_path, {"page": NEEDED[kind]})
    problems = [
        f"urls.yaml: {name}: {address} is this machine only, but messages leave it "
        f"(page: {kind}); write the address at which people open it"
        for name, address in loopback_links().items()
    ]
    result = program("render", "--secrets", folder, "--out", tmp_path / "out")
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines() == problems
    assert not (tmp_path / "out").exists()
    checked = program("check", "--secrets", folder)
    assert (checked.code, checked.out) == (2, "")
    assert checked.err.splitlines() == [
        *problems, f"{len(problems)} problems in config; nothing was started.",
    ]  # fmt: skip


def test_a_link_to_this_machine_is_accepted_where_messages_stay_on_it(tmp_path: Path) -> None:
    folder = secrets(tmp_path, {"page": LOCAL, "watchdog": LOCAL})
    assert program("render", "--secrets", folder, "--out", tmp_path / "out").code == 0
    assert program("check", "--secrets", folder).code == 0


def test_a_link_that_people_can_open_is_accepted_everywhere(tmp_path: Path) -> None:
    config, folder = public(tmp_path), secrets(tmp_path, {"page": NEEDED["slack"]})
    out = tmp_path / "out"
    assert program("render", "--config", config, "--secrets", folder, "--out", out).code == 0
    assert program("check", "--config", config, "--secrets", folder).code == 0
    links = (out / "templates" / "urls.tmpl").read_text()
    for name in loopback_links():
        define = f'{{{{ define "url.{name}" }}}}https://{name}.example.org/base{{{{ end }}}}\n'
        assert define in links


def test_check_says_what_is_wrong_with_secrets_but_needs_no_pager(tmp_path: Path) -> None:
    folder = secrets(tmp_path, {"chat": {"telegram_bot_token": "geheim"}})
    result = program("check", "--secrets", folder)
    assert (result.code, result.out) == (2, "")
    assert "secrets/chat/telegram_chat_id: is missing; " in result.err
    assert program("check", "--secrets", secrets(tmp_path / "two", {"chat": LOCAL})).code == 0


# --- what Alertmanager says to it

RECEIVERS = ("page", "chat", "watchdog", "drill", "log")
EVERYTHING: Texts = {name: text for texts in NEEDED.values() for name, text in texts.items()}
EACH: Mapping[str, Mapping[str, Texts]] = {
    "nothing": {},
    **{kind: {"page": texts} for kind, texts in NEEDED.items()},
    **{f"all of {kind}": {"chat": {**NEEDED[kind], **more}} for kind, more in OPTIONAL.items()},
    "everything everywhere": dict.fromkeys(
        ("page", "chat", "watchdog", "drill", "log"), EVERYTHING
    ),
}


@pytest.mark.parametrize("case", EACH)
def test_alertmanager_accepts_what_is_rendered(tmp_path: Path, case: str) -> None:
    urls, out = load(public(tmp_path)).urls, tmp_path / "out"
    folder = secrets(tmp_path, EACH[case])
    options = RenderOptions(SHIPPED / "alertmanager.template.yml", folder, out, no_pager=True)
    assert render_command(urls, options, StringIO()) == 0
    result = amtool("check-config", str(out / "alertmanager.yml"))
    assert result.returncode == 0, result.stdout + result.stderr
    assert " - 5 receivers\n" in result.stdout
