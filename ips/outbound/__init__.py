"""Everything that goes out on a user's word goes through here: questions to registries, and who is told of a task.

A user may name any host, so the answer may come from anywhere: from inside the network that IPS stands in, from the
cloud's metadata service, from our own database. Addresses are looked at when the connection is made, and the connection
goes to the very address that was looked at; redirects are not followed; an answer has a time and a size.
"""

from ips.outbound.errors import OutboundError
from ips.outbound.guard import Guard
from ips.outbound.sending import Answer, send

__all__ = ["Answer", "Guard", "OutboundError", "send"]
