"""Hosts beyond loopback that never registered: what they get, to which ports, and that they must be allowed."""

from reliability.strangers import AT_MOST, measure


def test_strangers_get_little_and_only_where_they_are_allowed() -> None:
    figures = measure()
    assert figures.requests > 300
    assert figures.requests / 3 < figures.answered < figures.requests
    assert 0 < figures.worst <= AT_MOST, figures.worst_request
    assert 0 < figures.after_notify <= AT_MOST
    assert (figures.to_reserved_ports, figures.to_own_port, figures.without_allow) == (0, 0, 0)
    assert not figures.wrong
