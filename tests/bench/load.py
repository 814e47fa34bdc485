"""The load generator, a process of its own: one connection a device, QoS 1, on loopback only.

It must cost little, or it would measure itself: packets are built before the clock starts, several leave by one
``send()``, and PUBACKs are counted, not read one by one. It ends by itself and prints one line of JSON.
"""

from __future__ import annotations

import argparse
import ipaddress
import json
import selectors
import socket
import sys
import time
from pathlib import Path

from tests.bench.packets import CONNACK_ACCEPTED, Stream, build, connect_packet, count_pubacks, share

_RECEIVE_BYTES = 4_096
_RETRY_S = 0.002
_CONNECT_WITHIN_S = 20.0


class Line:
    """One device's connection: what it will send, has sent, and was acknowledged."""

    def __init__(self, sock: socket.socket, stream: Stream, window: int) -> None:
        self.sock = sock
        self.due = 0
        self.acked = 0
        self._stream = stream
        self._view = memoryview(stream.packets)
        self._window = window
        self._stamped = 0
        self._last_ms = 0
        self._position = 0
        self._rest = b""

    @property
    def sent(self) -> int:
        """Packets wholly handed to the kernel."""
        return self._position // self._stream.size

    @property
    def free(self) -> int:
        """Packets due that the window lets out now."""
        return min(self.due, self.acked + self._window) - self.sent

    def push(self, now_ms: int | None = None) -> bool:
        """Send what is due and the window allows, stamped *now_ms* if given; say whether the kernel took it all."""
        until = min(self.due, self.acked + self._window)
        if now_ms is not None:
            for number in range(self._stamped, until):
                self._last_ms = max(now_ms, self._last_ms + 1)
                self._stream.stamp(number, self._last_ms)
            self._stamped = max(self._stamped, until)
        end = until * self._stream.size
        if end > self._position:
            try:
                self._position += self.sock.send(self._view[self._position : end])
            except BlockingIOError:
                return False
        return self._position >= end

    def pull(self) -> int:
        """Count the PUBACKs that have come.

        Raises:
            ConnectionError: the broker hung up.

        """
        received = self.sock.recv(_RECEIVE_BYTES)
        if not received:
            raise ConnectionError("the broker closed a connection; was a publish refused?")
        count, self._rest = count_pubacks(self._rest + received)
        self.acked += count
        return count


def open_lines(args: argparse.Namespace, counts: list[int], credentials: dict[str, str]) -> list[Line]:
    """Connect every device and build its packets."""
    lines = []
    for number, ((name, password), count) in enumerate(zip(credentials.items(), counts, strict=True)):
        stream = build(f"{args.root}/{name}/telemetry", count, args.start_ms, args.step_ms, number)
        sock = socket.create_connection((args.host, args.port), timeout=_CONNECT_WITHIN_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(connect_packet(name.replace("/", ":"), name, password))
        answer = sock.recv(4, socket.MSG_WAITALL)
        if answer != CONNACK_ACCEPTED:
            raise ConnectionError(f"the broker refuses {name}: {answer.hex(' ')}")
        sock.settimeout(0)
        lines.append(Line(sock, stream, args.window))
    return lines


def _selector(lines: list[Line]) -> selectors.BaseSelector:
    selector = selectors.DefaultSelector()
    for line in lines:
        selector.register(line.sock, selectors.EVENT_READ, line)
    return selector


def flood(lines: list[Line], counts: list[int], window: int, until: float) -> None:
    """Send everything as fast as the windows open; a window is refilled when half of it is free."""
    selector = _selector(lines)
    for line, count in zip(lines, counts, strict=True):
        line.due = count
    stuck = {line for line in lines if not line.push()}
    left = sum(counts)
    worth = max(1, window // 2)
    while left and time.monotonic() < until:
        for key, _ in selector.select(_RETRY_S if stuck else 0.5):
            ready: Line = key.data
            left -= ready.pull()
            if (ready.free >= worth or ready.free == ready.due - ready.sent) and not ready.push():
                stuck.add(ready)
        stuck = {line for line in stuck if not line.push()}


def pace(lines: list[Line], total: int, rate: float, until: float) -> tuple[float, int]:
    """Send *total* messages evenly, *rate* a second; return how late the latest was, and how many a window held."""
    selector = _selector(lines)
    began = time.monotonic()
    handed = held = 0
    late = 0.0
    waiting: set[Line] = set()
    left = total
    while left and (now := time.monotonic()) < until:
        due = min(total, int((now - began) * rate) + 1)
        now_ms = time.time_ns() // 1_000_000
        if due > handed:
            late = max(late, now - began - handed / rate)
        for number in range(handed, due):
            line = lines[number % len(lines)]
            line.due += 1
            if not line.push(now_ms) or line.sent < line.due:
                held += 1
                waiting.add(line)
        handed = due
        pause = began + handed / rate - time.monotonic() if handed < total else 0.5
        for key, _ in selector.select(max(0.0, min(pause, _RETRY_S if waiting else pause))):
            left -= key.data.pull()
        if waiting:
            now_ms = time.time_ns() // 1_000_000
            waiting = {line for line in waiting if not line.push(now_ms) or line.sent < line.due}
    return late, held


def run(args: argparse.Namespace) -> dict[str, float]:
    """Connect, wait for the word if asked to, send, and return what was sent and what it cost."""
    credentials = dict(sorted(json.loads(args.credentials.read_text(encoding="utf-8")).items()))
    total = args.messages or int(args.rate * args.seconds)
    counts = share(total, len(credentials))
    lines = open_lines(args, counts, credentials)
    if args.hold:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
    cpu, began = time.process_time(), time.monotonic()
    late, held = 0.0, 0
    if args.messages:
        flood(lines, counts, args.window, began + args.timeout)
    else:
        late, held = pace(lines, total, args.rate, began + args.seconds + args.timeout)
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    for line in lines:
        line.sock.close()
    return {
        "sent": sum(line.sent for line in lines),
        "acked": sum(line.acked for line in lines),
        "began": began,
        "seconds": seconds,
        "cpu_seconds": cpu,
        "late_s": late,
        "held": held,
    }


def loopback(host: str) -> str:
    """Return *host* if it is an address of this machine's loopback; anything else is refused."""
    try:
        if ipaddress.ip_address(host).is_loopback:
            return host
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{host}: only a loopback address, such as 127.0.0.1")


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.load", description=__doc__)
    parser.add_argument("--host", type=loopback, default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--credentials", type=Path, required=True, help="JSON of site/device → password")
    parser.add_argument("--root", default="yx/v1", help="topic root")
    amount = parser.add_mutually_exclusive_group(required=True)
    amount.add_argument("--messages", type=int, help="send so many, as fast as the windows allow")
    amount.add_argument("--rate", type=float, help="messages a second, paced evenly, stamped when sent")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long at --rate")
    parser.add_argument("--window", type=int, default=32, help="un-acknowledged messages of one connection, at most")
    parser.add_argument("--start-ms", type=int, help="time of the first message of each device (default: an hour ago)")
    parser.add_argument("--step-ms", type=int, default=1, help="from one message of a device to its next")
    parser.add_argument("--timeout", type=float, default=120.0, help="give up after so many seconds")
    parser.add_argument("--hold", action="store_true", help="say `ready` when connected and wait for a line")
    args = parser.parse_args(argv)
    if args.start_ms is None:
        args.start_ms = time.time_ns() // 1_000_000 - 3_600_000
    return args


def main() -> int:
    """Print one line of JSON; 1 when not all was acknowledged in time."""
    args = arguments()
    result = run(args)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["acked"] == result["sent"] == (args.messages or int(args.rate * args.seconds)) else 1


if __name__ == "__main__":
    sys.exit(main())
