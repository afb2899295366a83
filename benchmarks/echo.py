"""A bare UDP echo: the least that an answer over UDP takes on this machine at this moment.

It prints its port and sends every packet back until it is terminated.
"""

import socket
import sys

LARGEST = 65507


def main() -> None:
    """Echo."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        sys.stdout.write(f"{udp.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            udp.sendto(*udp.recvfrom(LARGEST))


if __name__ == "__main__":
    main()
