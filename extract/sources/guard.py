"""Allow only the addresses of the publisher file, by name and by the IP number that is connected to.

A name is resolved once; every IP number that it resolves to is checked, and the connection is made to a checked number,
never to the name. So DNS rebinding, a second answer of the name server, has no effect.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from extract.errors import Reason, Refused
from extract.publishers.models import ListingSource, Publisher
from extract.sources.addresses import origin_of

Resolve = Callable[[str, int], Sequence[str]]
Number = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class AddressNotAllowed(httpcore.ConnectError):
    """Raised while connecting, so that the pool cleans up; the fetcher maps it to a refusal."""


def resolve_name(host: str, port: int) -> Sequence[str]:
    """Resolve a name to every number that the machine's resolver knows."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]).partition("%")[0] for *_, address in found))


class Allowance:
    """Hosts by name, and networks that are not public, which one publisher file allows."""

    def __init__(self, publisher: Publisher) -> None:
        self._networks = [ipaddress.ip_network(network) for network in publisher.allowed_addresses]
        source = publisher.source
        pages = source.pages if isinstance(source, ListingSource) else ()
        self._origins = {origin_of(page)[1:] for page in pages}
        self._hosts = tuple(host.lower() for host in publisher.allowed_hosts)

    def check_address(self, url: str) -> None:
        """Raise Refused where the publisher file does not allow the scheme, host or port."""
        scheme, host, port = origin_of(url)
        if scheme not in ("http", "https"):
            raise Refused(Reason.NOT_ALLOWED, f"{url}: expected http or https, found {scheme or 'no scheme'}")
        if (host, port) not in self._origins and not any(self._fits(one, host, port) for one in self._hosts):
            raise Refused(Reason.NOT_ALLOWED, f"{url}: {host}:{port} is not among allowed_hosts")

    @staticmethod
    def _fits(pattern: str, host: str, port: int) -> bool:
        name, _, wanted = pattern.rpartition(":") if pattern.rpartition(":")[2].isdigit() else (pattern, "", "")
        return fnmatch.fnmatchcase(host, name.strip("[]")) and (port == int(wanted) if wanted else port in (80, 443))

    def admits(self, number: str) -> bool:
        """Return True if this number may be connected to: public, or in a network that the file names."""
        address = ipaddress.ip_address(number)
        return all(
            (one.is_global and not one.is_multicast and not one.is_reserved)
            or any(one.version == network.version and one in network for network in self._networks)
            for one in _list_destinations(address)
        )


def _list_destinations(address: Number) -> Iterable[Number]:
    """Return the addresses that packets reach, with those embedded in an IPv6 one: mapped, 6to4, Teredo, NAT64."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return (address.ipv4_mapped,)
        if address.sixtofour:
            return (address, address.sixtofour)
        if address.teredo:
            return (address, *address.teredo)
        if address in _NAT64:
            return (address, ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return (address,)


class Deadline(threading.local):
    """Deadline of the current request of this thread; a server that sends byte by byte cannot exceed it."""

    at: float = float("inf")

    def left(self, timeout: float | None) -> float:
        """Return the seconds left for one operation; raises ReadTimeout when there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole time for one request is used up")
        return left if timeout is None else min(left, timeout)


class GuardedStream(httpcore.NetworkStream):
    """A connection whose reads and writes end at the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read within the time left."""
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write within the time left."""
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Start TLS within the time left; the stream stays guarded."""
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return GuardedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Return the wrapped stream's information."""
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore.NetworkBackend):
    """Resolve, check, connect to the checked number, and check the peer's number once more."""

    def __init__(self, allowance: Allowance, deadline: Deadline, resolve: Resolve = resolve_name) -> None:
        self._allowance = allowance
        self._deadline = deadline
        self._resolve = resolve
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to an allowed number; raises AddressNotAllowed where there is none."""
        try:
            numbers = self._resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved: {error}") from error
        for number in numbers:
            self._check(host, number)
        trouble: Exception = httpcore.ConnectError(f"{host} has no address")
        for number in numbers:
            try:
                left = self._deadline.left(timeout)
                stream = self._inner.connect_tcp(number, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
                continue
            self._check(host, str(stream.get_extra_info("server_addr")[0]).partition("%")[0])
            return GuardedStream(stream, self._deadline)
        raise trouble

    def _check(self, host: str, number: str) -> None:
        if not self._allowance.admits(number):
            raise AddressNotAllowed(f"{host} is {number}, no public address and none of allowed_addresses")

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        """Refuse: no publisher is behind a Unix socket."""
        raise AddressNotAllowed("a socket of this machine")

    def sleep(self, seconds: float) -> None:
        """Sleep so many seconds."""
        time.sleep(seconds)
