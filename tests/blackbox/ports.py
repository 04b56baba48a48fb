"""ports.py - loopback ports that stay ours.

To look for a free port and to listen there later leaves a gap, in which another test, another run of the suite or a client that
the kernel gives a port can take it. So a socket stays bound to each port: who did not ask for SO_REUSEADDR cannot bind it, nor
does the kernel give it away; our servers ask for it, as servers do, and listen there as often as they like (Linux, socket(7)).
"""
import random, socket

_held = {}


def free_port():
    """A port of 127.0.0.1, below those that the kernel gives to clients. It is held until give_back(port), or this process ends."""
    while True:
        port, holder = random.randrange(10240, 32768), socket.socket()
        try:
            holder.bind(("127.0.0.1", port))                 # alone: fails where anybody has it
        except OSError:
            holder.close()
            continue
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _held[port] = holder
        return port


def give_back(*ports):
    for port in ports:
        holder = _held.pop(port, None)
        if holder:
            holder.close()
