"""Floor 6: the WebSocket, in the interface document's six components and what they share.

::

    server      binds the port, lets clients in, bids them farewell; the service that the supervisor runs
    auth        who is at the door: path, credentials, Origin, subprotocol
    context     what all connections share: settings, the frames that are encoded once, the list of members
    connection  one client: its socket, its subscription, its outbox
    message     what a client may send, checked
    dispatch    what is done about it, and the answer

    audience    what a client hears: its wish, as far as its rights go; shared by those who hear the same
    limit       how often a client may ask
    lobby       who stands at the door and who has a seat
    outbox      the way out to one client: at once while its socket takes it, else merged and bounded
    broadcast   from the bus to every member: encoded once, written to all
    terminal    turns the printers' conversation on while somebody listens
"""
