"""python-osc's client against a real daemon: it replies to the port from which it was asked."""

from dialogue import Reply, Stage, converse
from pythonosc.udp_client import SimpleUDPClient

PREFIX = "/oscreorder/"
TIMEOUT_S = 30


class PythonOsc:
    """Any program that uses python-osc's client."""

    def __init__(self, port: int) -> None:
        self._osc = SimpleUDPClient("127.0.0.1", port)

    def ask(self, command: str, request_id: int, *arguments: float | str) -> None:
        self._osc.send_message(PREFIX + command, [request_id, *arguments])

    def hear(self) -> Reply:
        message = next(self._osc.get_messages(TIMEOUT_S), None)
        assert message is not None, f"no reply for {TIMEOUT_S} s"
        command, request_id, *values = message.params
        return Reply(message.address.removeprefix(PREFIX), command, request_id, tuple(map(str, values)))

    def close(self) -> None:
        self._osc.close()


def test_python_osc_converses_with_the_daemon(stage: Stage) -> None:
    client = PythonOsc(stage.port)
    converse(client, stage, "python-osc")
    client.close()
