"""Django's PostgreSQL backend, which sees without a round trip whether a connection still lives."""

from selectors import EVENT_READ, DefaultSelector

from django.db.backends.postgresql import base
from psycopg.pq import ConnStatus, TransactionStatus

SOUND = (TransactionStatus.IDLE, TransactionStatus.INTRANS)


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether statements may be sent; asked when a request is the first to use a connection.

        A server that is asked nothing says nothing until it ends the connection: whatever there is
        to be read means that it has, or is about to. Django sends a statement to find this out.
        """
        if self.connection is None:
            return False
        server = self.connection.pgconn
        if server.status != ConnStatus.OK or server.transaction_status not in SOUND:
            return False
        with DefaultSelector() as selector:
            selector.register(server.socket, EVENT_READ)
            return not selector.select(timeout=0)
