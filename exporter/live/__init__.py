"""Live feeds: sockets, REST, and what keeps books true."""
