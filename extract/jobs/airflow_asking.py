"""Define an operator that asks a person, with options that are known only when its task runs."""

from __future__ import annotations

from collections.abc import Collection

from airflow.providers.standard.operators.hitl import HITLOperator


class AskOperator(HITLOperator):  # type: ignore[misc]  # Airflow is not typed here
    """Operator that waits for a person's choice among options that an earlier task computed; several may be chosen."""

    template_fields: Collection[str] = ("subject", "body", "options")
