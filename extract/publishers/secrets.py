"""Resolve the name of a secret to its value when it is needed; publisher files hold names only."""

from __future__ import annotations

import os

from pydantic import BaseModel, ConfigDict, Field, model_validator

from extract.errors import SettingsError


class Secret(BaseModel):
    """Name of a secret: exactly one of an environment variable, an Airflow variable, an Airflow connection."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    env: str | None = Field(None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="environment variable")
    variable: str | None = Field(None, description="Airflow variable")
    connection: str | None = Field(None, description="Airflow connection: login:password, or the password alone")

    @model_validator(mode="after")
    def _one_place(self) -> Secret:
        if sum(place is not None for place in (self.env, self.variable, self.connection)) != 1:
            raise ValueError("expected the name of a secret under one of env, variable, connection")
        return self

    def reveal(self) -> str:
        """Return the value; raises SettingsError naming the place, never the value."""
        if self.env is not None:
            value, place = os.environ.get(self.env), f"environment variable {self.env}"
        elif self.variable is not None:
            value, place = _airflow_variable(self.variable), f"Airflow variable {self.variable}"
        else:
            value, place = _airflow_connection(self.connection or ""), f"Airflow connection {self.connection}"
        if not value:
            raise SettingsError(f"the {place} is not set")
        return value


def _airflow_variable(name: str) -> str | None:
    from airflow.sdk import Variable

    return Variable.get(name, default=None)  # type: ignore[no-any-return]


def _airflow_connection(name: str) -> str | None:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        found = Connection.get(name)
    except AirflowNotFoundException:
        return None
    return f"{found.login}:{found.password}" if found.login else found.password
