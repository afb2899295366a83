"""Who sends to us and where the replies go: registration, leases, heartbeat, and what strangers may get."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from oscreorder.daemon.effects import Peer
from oscreorder.errors import ParameterError
from oscreorder.limits import Limits

LEASE_S = 60.0
HEARTBEAT_S = 2.0
LOWEST_PORT = 1024
MAX_HOSTS = 1024


@dataclass(slots=True)
class _Lease:
    """A registration: packets come from `source`, replies go `to` it or to another port of its host.

    It `roams` if it receives elsewhere than it sends, and has sent nothing but its ``notify`` from there.
    """

    source: Peer
    to: Peer
    until: float
    roams: bool


class Peers:
    """The registered peers.

    One is known by where its replies go.  Its packets are told by their source.  Csound and liblo send each message
    from another port: so what comes from an unknown source is taken for the one peer on that host that roams.  A peer
    that receives where it sends (Pd, sclang), or that sends all from one port (Max, ChucK), never stands for others.

    Parameters
    ----------
    port : int
        Our own port: what comes from it, on whatever host, would be ourselves or another daemon talking for ever.
    limits : Limits
    allowed : sequence of str
        Networks beyond loopback whose hosts are heard, such as ``192.168.1.0/24``.

    Attributes
    ----------
    beats : int
        How many heartbeats there were.
    next_beat : float, seconds
        When the next is due; None while nobody is registered.
    """

    def __init__(self, port: int, limits: Limits, allowed: Sequence[str] = ()) -> None:
        self._port = port
        self._limits = limits
        self._allowed = [ip_network(network) for network in allowed]
        self._leases: dict[Peer, _Lease] = {}
        self._by_source: dict[Peer, _Lease] = {}
        self._heard: dict[str, int] = {}
        self._second = 0
        self.beats = 0
        self.next_beat: float | None = None

    def __len__(self) -> int:
        return len(self._leases)

    def __contains__(self, to: Peer) -> bool:
        return to in self._leases

    def hears(self, source: Peer) -> bool:
        """Return whether packets from there are taken on at all."""
        return source.port >= LOWEST_PORT and source.port != self._port and (source.local or self._admits(source.host))

    def _admits(self, host: str) -> bool:
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self._allowed)

    def floods(self, source: Peer, now: float) -> bool:
        """Count a message, and return whether its host is over the rate that is allowed beyond loopback."""
        if source.local:
            return False
        if int(now) != self._second or len(self._heard) > MAX_HOSTS:
            self._second = int(now)
            self._heard.clear()
        self._heard[source.host] = self._heard.get(source.host, 0) + 1
        return self._heard[source.host] > self._limits.packets_per_s

    def renew(self, source: Peer, now: float, *, by_notify: bool = False) -> Peer:
        """Renew the lease of the peer that sent from `source`, if it has one; return where its replies go."""
        lease = self._find(source, now)
        if lease is None:
            return source
        lease.until = now + LEASE_S
        lease.roams = lease.roams and (by_notify or lease.source != source)
        return lease.to

    def register(self, source: Peer, port: int | None, now: float) -> tuple[Peer, Peer]:
        """Give a lease; return where the replies of `source` went until now and where they go from now on.

        Raises
        ------
        ParameterError
            The port is reserved, or our own.
        LimitError
            There are too many peers.
        """
        to = Peer(source.host, port or source.port)
        if not self.hears(to):
            allowed = f"{LOWEST_PORT} to 65535, but not the daemon's own {self._port}"
            raise ParameterError(f"port: {to.port} is not allowed; it takes {allowed}")
        self.expire(now)
        if to not in self._leases:
            self._limits.check("peers", len(self) + 1, "peers that would be registered")
        known = self._by_source.get(source)
        before = known.to if known else source
        for former in (known, self._leases.get(to)):
            if former is not None:
                self._drop(former)
        lease = _Lease(source, to, now + LEASE_S, roams=to != source and (known is None or known.roams))
        self._leases[to] = self._by_source[source] = lease
        self.next_beat = self.next_beat or now + HEARTBEAT_S
        return before, to

    def forget(self, source: Peer, now: float) -> None:
        """End the lease of the peer that sent from `source`, if it has one."""
        lease = self._find(source, now)
        if lease is not None:
            self._drop(lease)

    def forget_all(self) -> list[Peer]:
        """End all leases: nobody is told of us any more.  Return whose they were."""
        told = self.registered()
        self._leases.clear()
        self._by_source.clear()
        self.next_beat = None
        return told

    def expire(self, now: float) -> None:
        """Drop the peers that have been silent for longer than their lease."""
        for lease in [lease for lease in self._leases.values() if lease.until < now]:
            self._drop(lease)

    def beat(self, now: float) -> list[Peer]:
        """Return who must be told now that we live; who has been silent for too long is dropped."""
        if self.next_beat is None or now < self.next_beat:
            return []
        self.expire(now)
        self.beats += 1
        self.next_beat = now + HEARTBEAT_S if self._leases else None
        return self.registered()

    def registered(self) -> list[Peer]:
        """Return where heartbeat and goodbye go."""
        return list(self._leases)

    def _drop(self, lease: _Lease) -> None:
        self._leases.pop(lease.to, None)
        self._by_source.pop(lease.source, None)

    def _find(self, source: Peer, now: float) -> _Lease | None:
        lease = self._by_source.get(source)
        if lease is None and self._leases:
            roaming = [lease for lease in self._leases.values() if lease.roams and lease.to.host == source.host]
            lease = roaming[0] if len(roaming) == 1 else None
        return lease if lease is not None and lease.until >= now else None
