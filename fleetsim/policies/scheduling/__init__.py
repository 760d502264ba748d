"""Queue orders: which waiting call of a replica goes first. One file a rule; the contract is in `contract.py`."""

from fleetsim.policies.scheduling.contract import ORDER_SIGNATURE, QUEUE_ORDERS, QueueOrder, queue_order

__all__ = ["ORDER_SIGNATURE", "QUEUE_ORDERS", "QueueOrder", "queue_order"]
