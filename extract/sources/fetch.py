"""Fetch addresses: guarded, paced, conditional, retried where a failure may pass.

    with Fetcher(publisher) as fetcher:
        with fetcher.open(url, cached) as answer: ...

Every hop of a redirect is checked again; credentials go to the origin of the publisher's own pages and to no other.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TypeVar

import httpcore
import httpx
import tenacity

from extract import __version__
from extract.entities import CacheEntry, Finding
from extract.errors import JixiaoError, Reason, Refused, SourceError
from extract.publishers.models import ListingSource, Publisher
from extract.sources.addresses import join_address, origin_of
from extract.sources.bodies import read_body
from extract.sources.guard import AddressNotAllowed, Allowance, Deadline, GuardedBackend, Resolve, resolve_name
from extract.sources.headers import keep_validator, read_retry_after
from extract.sources.pace import OutOfTimeError, Pace
from extract.sources.robots import MOST_BYTES, Robots
from extract.sources.transport import GuardedTransport

log = logging.getLogger(__name__)
MOST_HOPS = 5
MOST_PATIENCE = 60.0  # seconds that a Retry-After is obeyed within one run
REDIRECTS = frozenset({301, 302, 303, 307, 308})
BROKEN = (httpx.HTTPError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)
CONDITION_REFUSED = frozenset({400, 412, 431})  # perhaps because of what we sent back: asked once more without it
T = TypeVar("T")


class PassingError(SourceError):
    """A failure worth another attempt: a broken connection, a busy server, a cut answer."""

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Fetcher:
    """HTTP client of one publisher, for several threads; close it to close its connections."""

    def __init__(self, publisher: Publisher, resolve: Resolve = resolve_name) -> None:
        polite = publisher.politeness
        self._polite = polite
        self._allowance = Allowance(publisher)
        self._deadline = Deadline()
        self._pace = Pace(polite.delay_seconds, polite.night_seconds)
        self._findings: dict[str, Finding] = {}
        self._robots: dict[tuple[str, str, int], Robots] = {}
        self._robots_lock = threading.Lock()
        self._credentials = _credentials(publisher)
        contact = f" (+{polite.contact})" if polite.contact else ""
        self._client = httpx.Client(
            transport=GuardedTransport(GuardedBackend(self._allowance, self._deadline, resolve), polite.concurrency),
            timeout=polite.timeout_seconds,
            headers={"User-Agent": f"jixiao/{__version__}{contact}", "Accept-Encoding": "identity", "Accept": "*/*"},
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def take_findings(self) -> tuple[Finding, ...]:
        """Return the findings about how the site was asked, each once."""
        taken, self._findings = self._findings, {}
        return tuple(taken.values())

    def retry(self, attempt: Callable[[], T]) -> T:
        """Call until it does not raise PassingError, with growing waits; then SourceError with the last cause."""

        def wait(state: tenacity.RetryCallState) -> float:
            """Return the seconds before the next attempt: doubled each time, at least what the site asks for."""
            error = state.outcome.exception() if state.outcome else None
            asked = error.retry_after if isinstance(error, PassingError) else 0.0
            grown = self._polite.backoff_seconds * 2.0 ** (state.attempt_number - 1)
            return max(grown, min(asked, MOST_PATIENCE))

        again = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(PassingError),
            stop=tenacity.stop_after_attempt(self._polite.attempts),
            wait=wait,
            before_sleep=lambda state: log.info("tried again: %s", state.outcome and state.outcome.exception()),
            reraise=True,
        )
        return again(attempt)

    @contextmanager
    def open(self, url: str, cached: CacheEntry | None = None) -> Iterator[httpx.Response]:
        """Request an address once: a 200, or a 304 where a cache entry is given, with its body still unread.

        Raises Refused for what the publisher file or the site forbids or no longer has, PassingError for what may pass,
        SourceError for any other answer. An error while the body is read is a PassingError too.
        """
        response: httpx.Response | None = None
        try:
            response = self._follow(url, cached)
            if cached is not None and response.status_code in CONDITION_REFUSED:
                response.close()
                response = self._follow(url, None)
            _check_status(response, url)
            if response.status_code == 304:
                response.read()  # it has no body; one that is not read would cost the connection
            yield response
            self._pace.note(answered=True)
        except Refused:  # an answer too, though not the one that was hoped for
            self._pace.note(answered=True)
            raise
        except AddressNotAllowed as error:
            raise Refused(Reason.NOT_ALLOWED, f"{url}: {error}") from error
        except OutOfTimeError as error:
            self._note("time_used_up", f"{error}; the rest waits for the next night, or raise politeness.night_seconds")
            raise
        except BROKEN as error:
            self._pace.note(answered=False)
            raise PassingError(f"{url}: {type(error).__name__}: {error}") from error
        except PassingError:
            self._pace.note(answered=False)
            raise
        finally:
            if response is not None:
                response.close()

    def _follow(self, url: str, cached: CacheEntry | None) -> httpx.Response:
        for _ in range(MOST_HOPS + 1):
            self._allowance.check_address(url)
            self._ask_robots(url)
            response = self._send(url, cached)
            if response.status_code not in REDIRECTS:
                return response
            response.close()
            url = _next_hop(url, response)
        raise Refused(Reason.NOT_ALLOWED, f"{url}: more than {MOST_HOPS} redirects")

    def _send(self, url: str, cached: CacheEntry | None) -> httpx.Response:
        headers = dict(self._credentials.get(origin_of(url), {}))
        if cached is not None and keep_validator(cached.etag):  # an earlier version may have kept what cannot be sent
            headers["If-None-Match"] = cached.etag or ""
        if cached is not None and keep_validator(cached.last_modified):
            headers["If-Modified-Since"] = cached.last_modified or ""
        try:
            request = self._client.build_request("GET", url, headers=headers)
        except httpx.InvalidURL as error:
            raise Refused(Reason.NOT_ALLOWED, f"{url}: no address that can be asked: {error}") from error
        self._pace.wait()
        self._deadline.at = time.monotonic() + self._polite.request_seconds
        return self._client.send(request, stream=True)

    def _ask_robots(self, url: str) -> None:
        """Raise Refused where robots.txt forbids this address, PassingError where it cannot be fetched."""
        if not self._polite.robots:
            return
        origin = origin_of(url)
        with self._robots_lock:
            if origin not in self._robots:
                self._robots[origin] = self._fetch_robots(join_address(url, "/robots.txt") or url)
                self._slow_down(self._robots[origin].delay_seconds)
        if not self._robots[origin].allows(url):
            raise Refused(Reason.NOT_ALLOWED, f"{url}: robots.txt of the site forbids it")

    def _slow_down(self, asked: float) -> None:
        """Apply the crawl delay of a site, up to the publisher's `max_delay_seconds`."""
        most = max(self._polite.max_delay_seconds, self._polite.delay_seconds)
        self._pace.delay_seconds = max(self._pace.delay_seconds, min(asked, most))
        if asked > most and "max_delay_seconds" not in self._polite.model_fields_set:
            self._note(
                "delay_bounded",
                f"robots.txt asks for {asked:g} s between two requests, {most:g} s are kept; say in the publisher file "
                "which politeness.max_delay_seconds you want",
            )

    def _note(self, code: str, detail: str) -> None:
        log.warning("%s: %s", code, detail)
        self._findings.setdefault(code, Finding(code, detail))

    def _fetch_robots(self, url: str) -> Robots:
        for _ in range(MOST_HOPS + 1):
            self._allowance.check_address(url)
            response = self._send(url, None)
            try:
                if response.status_code in REDIRECTS:
                    url = _next_hop(url, response)
                    continue
                if response.status_code >= 500 or response.status_code == 429:
                    raise PassingError(f"{url}: answers {response.status_code}, so nothing of the site may be asked")
                return Robots(_read_text(response) if response.status_code == 200 else "")
            finally:
                response.close()
        return Robots("")


def _read_text(response: httpx.Response) -> str:
    data = b""
    for chunk in read_body(response):
        data += chunk
        if len(data) > MOST_BYTES:
            break
    return data[:MOST_BYTES].decode("utf-8", "replace")


def _next_hop(url: str, response: httpx.Response) -> str:
    location = next((value for name, value in response.headers.raw if name.lower() == b"location"), b"")
    try:  # sites send the raw bytes of Chinese paths here, in either encoding
        text = location.decode("utf-8")
    except UnicodeDecodeError:
        text = location.decode("gb18030", "replace")
    target = join_address(url, text)
    if target is None:
        raise Refused(Reason.NOT_ALLOWED, f"{url}: redirects to {text[:200]!r}, expected http or https")
    return target


def _check_status(response: httpx.Response, url: str) -> None:
    status = response.status_code
    if status in (200, 304):
        return
    if status in (404, 410):
        raise Refused(Reason.GONE, f"{url}: the site answers {status}")
    if status in (401, 403, 451):
        raise Refused(Reason.FORBIDDEN, f"{url}: the site answers {status}")
    if status in (408, 425, 429) or status >= 500:
        raise PassingError(f"{url}: the site answers {status}", read_retry_after(response.headers.get("retry-after")))
    raise SourceError(f"{url}: expected 200, the site answers {status}")


def _credentials(publisher: Publisher) -> dict[tuple[str, str, int], dict[str, str]]:
    """Return the Authorization header for the origins of the publisher's own pages."""
    source = publisher.source
    if not isinstance(source, ListingSource) or not (source.login or source.token):
        return {}
    header = f"Bearer {source.token.reveal()}" if source.token is not None else ""
    if source.login is not None:
        user, _, password = source.login.reveal().partition(":")
        request = next(httpx.BasicAuth(user, password).auth_flow(httpx.Request("GET", "http://unused")))
        header = request.headers["Authorization"]
    if not header.isprintable():
        raise JixiaoError(f"{publisher.code}: the secret of the site holds characters that no header may hold")
    return {origin_of(page): {"Authorization": header} for page in source.pages}
