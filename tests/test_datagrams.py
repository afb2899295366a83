"""The ways in and out of datagrams: bursts, floods, portions, and what may be sent together."""

import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from oscreorder.daemon import inbox as inboxes
from oscreorder.daemon.effects import Peer
from oscreorder.daemon.inbox import Datagram, Inbox
from oscreorder.daemon.outbox import MAX_WAITING, PORTION, PORTION_S, Outbox
from oscreorder.daemon.sockets import TOGETHER, TOGETHER_BYTES, bound_socket, runs, send_together

PD = Peer("127.0.0.1", 50001)


@contextmanager
def inbox(count: int) -> Iterator[tuple[Inbox, Callable[[int], None]]]:
    """Give an inbox in which so many datagrams wait, and what sends more."""
    with bound_socket("127.0.0.1", 0) as bound, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        numbers = iter(range(1_000_000))

        def send(count: int) -> None:
            for number in islice(numbers, count):
                sender.sendto(b"%d" % number, bound.getsockname())

        send(count)
        yield Inbox(bound), send


def numbers(datagrams: Iterable[Datagram]) -> list[int]:
    return [int(datagram) for datagram, _ in datagrams]


def test_the_inbox_gives_a_burst_in_portions_and_in_order() -> None:
    with inbox(2 * inboxes.PORTION + 5) as (waiting, _):
        given = [numbers(waiting.waiting(0.001 * turn)) for turn in range(4)]
    assert [len(portion) for portion in given] == [inboxes.PORTION, inboxes.PORTION, 5, 0]
    assert [number for portion in given for number in portion] == [*range(2 * inboxes.PORTION + 5)]
    assert waiting.passed_over == 0


def test_in_a_flood_the_inbox_gives_the_newest_and_counts_the_rest() -> None:
    now = time.monotonic()
    with inbox(1000) as (waiting, send):
        given = numbers(waiting.waiting(now - inboxes.PATIENCE_S - 1))
        send(1000)
        while portion := numbers(waiting.waiting(time.monotonic())):
            given += portion
        assert given[: inboxes.PORTION] == [*range(inboxes.PORTION)]
        assert given[-inboxes.KEPT :] == [*range(2000 - inboxes.KEPT, 2000)]
        assert waiting.passed_over == 2000 - len(given) > 0
        send(1000)  # after the flood a burst is taken on whole again
        whole: list[int] = []
        while portion := numbers(waiting.waiting(time.monotonic())):
            whole += portion
        assert whole == [*range(2000, 3000)]


def test_a_burst_after_a_long_rest_is_taken_on_whole() -> None:
    with inbox(inboxes.PORTION) as (waiting, send):
        assert len(numbers(waiting.waiting(0.0))) == inboxes.PORTION
        send(1000)
        given = [len(numbers(waiting.waiting(100.0 + 0.001 * turn))) for turn in range(20)]
    assert sum(given) == 1000
    assert waiting.passed_over == 0


def sending(sent: list[tuple[bytes, Peer]]) -> Callable[[Sequence[bytes], Peer], int]:
    """Return what takes all datagrams that an outbox sends."""

    def send(datagrams: Sequence[bytes], peer: Peer) -> int:
        sent.extend((datagram, peer) for datagram in datagrams)
        return len(datagrams)

    return send


def test_the_outbox_sends_in_portions_and_in_order() -> None:
    sent: list[tuple[bytes, Peer]] = []
    calls = []

    outbox = Outbox(sending(sent), lambda _, call: calls.append(call), lambda: 0.0)
    datagrams = [bytes([number]) for number in range(200)]
    assert outbox.send(datagrams[:50], PD)
    assert outbox.send(datagrams[50:], PD)
    other = Peer("127.0.0.1", 50002)
    outbox.send([b"other"], other)
    assert len(sent) == PORTION + 1
    assert sent[-1] == (b"other", other)
    calls.pop()()
    assert len(sent) == 2 * PORTION + 1
    outbox.send([b"last"], PD)
    while calls:
        calls.pop()()
    assert [datagram for datagram, peer in sent if peer == PD] == [*datagrams, b"last"]


def test_the_outbox_has_room_again_after_a_while() -> None:
    sent: list[tuple[bytes, Peer]] = []
    calls: list[Callable[[], None]] = []
    clock = iter((7.0, 7.0 + PORTION_S / 2, 7.0 + PORTION_S))
    outbox = Outbox(sending(sent), lambda _, call: calls.append(call), clock.__next__)
    outbox.send([b"1"] * (PORTION - 1), PD)
    outbox.send([b"2"], PD)
    outbox.send([b"3"] * PORTION, PD)
    assert [datagram for datagram, _ in sent] == [b"1"] * (PORTION - 1) + [b"2"] + [b"3"] * PORTION
    assert not calls  # nobody need be woken for what went


def test_the_outbox_is_bounded() -> None:
    outbox = Outbox(lambda datagrams, _: len(datagrams), lambda *_: None, lambda: 0.0)
    taken = [outbox.send([b""], PD) for _ in range(PORTION + MAX_WAITING + 2)]
    assert taken.count(False) == 2
    assert outbox.send([b""], Peer("127.0.0.1", 50002))


def test_what_the_system_has_no_room_for_waits_its_turn() -> None:
    room, sent, calls = iter((3, 0, 2, 100)), list[bytes](), list[Callable[[], None]]()

    def send(datagrams: Sequence[bytes], _: Peer) -> int:
        went = datagrams[: next(room)]
        sent.extend(went)
        return len(went)

    outbox = Outbox(send, lambda _, call: calls.append(call), lambda: 0.0)
    datagrams = [bytes([number]) for number in range(8)]
    assert outbox.send(datagrams[:6], PD)
    assert outbox.send(datagrams[6:], PD)
    while calls:
        calls.pop()()
    assert sent == datagrams


def test_the_outbox_is_emptied_at_the_end() -> None:
    sent: list[tuple[bytes, Peer]] = []
    outbox = Outbox(sending(sent), lambda *_: None, lambda: 0.0)
    outbox.send([bytes([number]) for number in range(100)], PD)
    outbox.flush()
    assert [datagram for datagram, _ in sent] == [bytes([number]) for number in range(100)]


@given(st.lists(st.sampled_from([4, 28, 28, 28, 100, 3000]), max_size=300))
def test_runs_hold_all_datagrams_in_their_order_and_may_be_sent_together(sizes: list[int]) -> None:
    datagrams = [bytes(size) for size in sizes]
    cut = list(runs(datagrams))
    assert [datagram for run in cut for datagram in run] == datagrams
    for run in cut:
        assert 0 < len(run) <= TOGETHER
        assert len({len(datagram) for datagram in run[:-1]}) <= 1
        assert len(run[-1]) <= len(run[0])
        assert len(run) == 1 or sum(map(len, run)) <= TOGETHER_BYTES


def test_the_rows_of_an_answer_and_its_end_are_one_run() -> None:
    rows = [bytes(56)] * 10
    assert list(runs([*rows, bytes(48)])) == [[*rows, bytes(48)]]
    assert [len(run) for run in runs([*rows, bytes(48), bytes(48), bytes(60)])] == [11, 1, 1]
    assert [len(run) for run in runs([bytes(4)] * 130)] == [64, 64, 2]


def test_datagrams_that_are_sent_together_arrive_each_by_itself() -> None:
    datagrams = [bytes([number]) * 28 for number in range(20)] + [b"done"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(10)
        bound = bound_socket("127.0.0.1", 0)
        assert send_together(bound, datagrams, peer.getsockname())
        assert [peer.recv(100) for _ in datagrams] == datagrams
        assert not send_together(bound, [b"alone"], peer.getsockname())
        assert not send_together(bound, [bytes(40_000), bytes(40_000)], peer.getsockname())
        bound.close()
