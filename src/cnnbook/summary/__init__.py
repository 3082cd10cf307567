"""The ledger of any torch module: shapes, parameters, multiply-adds, receptive field, memory."""

from cnnbook.summary.ledger import Ledger, Row, ledger

__all__ = ["Ledger", "Row", "ledger"]
