from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from sites import Site, publisher_file

from extract.errors import Reason, Refused, SourceError
from extract.publishers import load_publisher
from extract.sources.fetch import Fetcher
from extract.sources.guard import Allowance

if TYPE_CHECKING:
    from pathlib import Path

    from sites import Desk

PDF = b"%PDF-1.7\n%%EOF\n"


def redirect(site: Site, path: str, target: str, status: int = 302) -> str:
    return site.put(path, b"", status=status, headers={"Location": target}, modified=None)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a13_a_redirect_on_the_same_site_is_followed(site: Site, desk: Desk, status: int) -> None:
    site.put("/绩效.pdf".encode().decode("latin-1"), PDF)
    site.put("/new/%E7%BB%A9.pdf", PDF)
    # Sites send the path of a Location as raw bytes.
    url = redirect(site, "/old.pdf", "/new/绩.pdf".encode().decode("latin-1"), status)
    assert desk.landed(url).size == len(PDF)


def test_a13_a_redirect_to_another_host_is_refused_unless_the_file_names_it(site: Site, desk: Desk) -> None:
    other = Site()
    try:
        url = redirect(site, "/a.pdf", other.put("/a.pdf", PDF))
        with pytest.raises(Refused, match="not among allowed_hosts"):
            desk.land(url)
        assert other.requests == []
        assert desk.landed(url, allowed_hosts=[urlsplit(other.url).netloc]).size == len(PDF)
    finally:
        other.close()


def test_a13_credentials_are_dropped_across_hosts(site: Site, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GZ_LOGIN", "user:hunter2")
    other = Site()
    source = {"kind": "listing", "pages": [f"{site.url}/list.html"], "login": {"env": "GZ_LOGIN"}}
    try:
        url = redirect(site, "/a.pdf", other.put("/a.pdf", PDF))
        desk.landed(url, source=source, allowed_hosts=[urlsplit(other.url).netloc])
        assert site.requests[0].headers["Authorization"].startswith("Basic ")
        assert "Authorization" not in other.requests[0].headers
    finally:
        other.close()


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/a.pdf", "gopher://x", ""])
def test_a13_a_redirect_to_anything_but_the_web_is_refused(site: Site, desk: Desk, target: str) -> None:
    url = redirect(site, "/a.pdf", target)
    if target:
        with pytest.raises(Refused, match="expected http or https"):
            desk.land(url)
    else:
        with pytest.raises(Refused, match="more than 5 redirects"):
            desk.land(url)


def test_a13_more_than_five_redirects_are_refused_and_five_are_not(site: Site, desk: Desk) -> None:
    for n in range(7):
        redirect(site, f"/{n}.pdf", f"/{n + 1}.pdf")
    site.put("/7.pdf", PDF)
    assert desk.landed(f"{site.url}/2.pdf").size == len(PDF)
    with pytest.raises(Refused, match="more than 5 redirects"):
        desk.land(f"{site.url}/1.pdf")


FORBIDDEN = [
    "169.254.169.254",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - asked for, not listened on
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:1",
    "2002:a00:1::",
]


@pytest.mark.parametrize("number", FORBIDDEN)
def test_a14_a_number_that_is_not_public_is_refused_when_connecting(site: Site, desk: Desk, number: str) -> None:
    host = f"[{number}]" if ":" in number else number
    publisher = desk.publisher(allowed_hosts=[host.strip("[]"), "*"])
    assert not Allowance(publisher).admits(number)
    with Fetcher(publisher) as fetcher, pytest.raises(Refused) as refusal, fetcher.open(f"http://{host}/a.pdf"):
        pass
    assert refusal.value.reason is Reason.NOT_ALLOWED


@pytest.mark.parametrize("number", ["8.8.8.8", "2001:4860:4860::8888"])
def test_a14_a_public_number_is_admitted_and_a_named_network_too(site: Site, desk: Desk, number: str) -> None:
    allowance = Allowance(desk.publisher())
    assert allowance.admits(number)
    assert allowance.admits("127.0.0.1"), "the publisher file of the tests names 127.0.0.1/32"
    assert not allowance.admits("127.0.0.2")


class Names:
    """A resolver whose answers a test lays out, one after the other."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0)


def named(site: Site) -> str:
    return f"http://files.gov.test:{site.server.server_port}"


def test_a14_a_name_that_resolves_to_a_private_number_is_refused(site: Site, desk: Desk) -> None:
    publisher = desk.publisher(allowed_hosts=["files.gov.test:*", urlsplit(named(site)).netloc])
    for numbers in (["10.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::ffff:127.0.0.9"]):
        with (
            Fetcher(publisher, Names(numbers)) as fetcher,
            pytest.raises(Refused, match=r"files\.gov\.test is"),
            fetcher.open(f"{named(site)}/a.pdf"),
        ):
            pass
    assert site.requests == []


def test_a14_a_name_that_changes_after_the_check_is_connected_to_as_checked(site: Site, desk: Desk) -> None:
    site.put("/a.pdf", PDF)
    publisher = desk.publisher(allowed_hosts=[urlsplit(named(site)).netloc])
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    with Fetcher(publisher, names) as fetcher, fetcher.open(f"{named(site)}/a.pdf") as answer:
        assert answer.extensions["network_stream"].get_extra_info("server_addr")[0] == "127.0.0.1"
        assert answer.read() == PDF
    assert names.asked == ["files.gov.test"], "resolved once: what was checked is what was connected to"
    with Fetcher(publisher, names) as later, pytest.raises(Refused), later.open(f"{named(site)}/a.pdf"):
        pass


def test_a14_a_redirect_to_a_private_number_is_refused_though_its_host_is_allowed(site: Site, desk: Desk) -> None:
    url = redirect(site, "/a.pdf", "http://169.254.169.254/latest/meta-data/")
    with pytest.raises(Refused, match="no public address"):
        desk.land(url, allowed_hosts=["169.254.169.254"])


def test_a14_proxies_of_the_environment_are_not_used(site: Site, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:9/")
    assert desk.landed(site.put("/a.pdf", PDF)).size == len(PDF)


def test_a_name_that_does_not_resolve_may_pass(site: Site, desk: Desk) -> None:
    def nowhere(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    publisher = desk.publisher(allowed_hosts=["nowhere.test"])
    with Fetcher(publisher, nowhere) as fetcher, pytest.raises(SourceError), fetcher.open("http://nowhere.test/"):
        pass


def test_a27_a_secret_is_sent_and_never_written_down(
    site: Site, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from extract.jobs import ingest
    from extract.ledger import Ledger

    monkeypatch.setenv("GZ_TOKEN", "t0p-s3cret")
    caplog.set_level(logging.DEBUG)
    link = site.put("/a.pdf", PDF).replace("http://", "http://user:hunter2@")
    site.put("/list.html", f'<a href="{link}">2025年绩效目标</a><a href="/gone.pdf">2024</a>')
    source = {"kind": "listing", "pages": [f"{site.url}/list.html"], "token": {"env": "GZ_TOKEN"}}
    publisher_file(desk.folder, site, source=source)
    object.__setattr__(desk.settings, "publishers_dir", desk.folder)
    ingest.discover(desk.settings, "night")
    ingest.land(desk.settings, "night")
    assert {one.headers["Authorization"] for one in site.requests} == {"Bearer t0p-s3cret"}
    Ledger(desk.settings.ledger_url or "").engine.dispose()
    written = b"".join(path.read_bytes() for path in desk.settings.home.rglob("*") if path.is_file())
    for secret in ("t0p-s3cret", "hunter2"):
        assert secret not in caplog.text
        assert secret.encode() not in written


def test_a27_a_secret_that_is_not_set_is_named_by_its_place(site: Site, desk: Desk) -> None:
    from extract.errors import SettingsError

    source = {"kind": "listing", "pages": [f"{site.url}/list.html"], "token": {"env": "NOT_SET_ANYWHERE"}}
    with pytest.raises(SettingsError, match="environment variable NOT_SET_ANYWHERE is not set"):
        Fetcher(desk.publisher(source=source))


@pytest.mark.parametrize(
    "line",
    [
        "passwords: [hunter2]",
        "source: {kind: listing, pages: ['http://user:hunter2@example.org/']}",
        "source: {kind: listing, pages: ['http://example.org/'], login: 'user:hunter2'}",
        "source: {kind: bucket, url: 's3://b/', options: {secret: hunter2}}",
    ],
)
def test_a27_a_secret_in_a_publisher_file_is_refused_and_not_repeated(tmp_path: Path, line: str) -> None:
    from extract.errors import SettingsError

    path = tmp_path / "leaky.yml"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"leaky\.yml, line 1") as error:
        load_publisher(path)
    assert "hunter2" not in str(error.value)
