"""Validate the environment (prefix JIXIAO_) to one frozen object.

Every setting has a default that works on one machine; `jixiao settings` lists them. Nothing else reads the environment.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from extract.errors import SettingsError
from extract.limits import Limits

PROJECT = Path(__file__).resolve().parent.parent

SECRETS_DIR = "/run/secrets"  # where containers find them; JIXIAO_SECRETS_DIR names another folder
ROOM = r"^[1-9][0-9]*[MGT]i?B$"  # as DuckDB takes it

_HomePath = Annotated[Path | None, NoDecode]


def read_secrets(folder: Path, names: Iterable[str]) -> dict[str, Any]:
    """Read settings from files of a folder, `jixiao_ledger_url` for example; an empty file is ignored."""
    found: dict[str, Any] = {}
    for name in names:
        try:
            text = (folder / f"jixiao_{name}").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise SettingsError(f"{folder}/jixiao_{name}: {error.strerror}") from None
        if text:
            found[name] = text
    return found


class Settings(BaseSettings):
    """Places and limits. Paths become absolute; empty ones default to places under `home`."""

    model_config = SettingsConfigDict(env_prefix="JIXIAO_", env_ignore_empty=True, frozen=True, extra="ignore")

    home: Path = Field(Path("var"), description="everything that Jixiao writes: archive, ledger, releases")
    inbox: _HomePath = Field(None, description="folder that the publisher file `inbox` watches [home/inbox]")
    publishers_dir: Path = Field(
        PROJECT / "extract/publishers",
        description="one YAML file per publisher; the files that the night works through",
    )
    dags_dir: Path = Field(PROJECT / "dags", description="the Airflow DAGs that `jixiao run` runs")
    dbt_dir: Path = Field(PROJECT / "dbt_project", description="the dbt project that builds the marts")
    ledger_url: str | None = Field(None, description="SQLAlchemy URL of the ledger [sqlite, home/ledger.db]")
    warehouse_url: str | None = Field(
        None, description="SQLAlchemy URL of the build database [duckdb, home/build.duckdb]"
    )
    store_url: str | None = Field(
        None, description="bucket (s3://…) of archive and readings, for workers that share no disk [home]"
    )
    releases_url: str | None = Field(
        None, description="folder or bucket (s3://…) to which the served release is copied, for readers elsewhere"
    )
    schedule: str = Field("30 2 * * *", description="cron of the nightly ingest, Asia/Shanghai")
    alert_url: SecretStr | None = Field(None, description="webhook to which failed and late runs are posted as JSON")
    heartbeat_url: SecretStr | None = Field(
        None, description="address that is asked when a night has ended well; who watches it tells of silence"
    )
    allowed_hosts: str = Field(
        "localhost,127.0.0.1,::1",
        description="names by which Airflow's page may be asked for, comma between; another Host header is refused",
    )
    reader: str = Field(
        "auto",
        pattern="^(auto|pdfium|oxide|pdfplumber)$",
        description="auto reads with pdfium and pdf_oxide, and asks pdfplumber where they differ",
    )
    second_reader_share: float = Field(
        1.0, ge=0, le=1, description="part of the documents that `auto` gives to several readers; less in backfills"
    )
    read_tasks: int = Field(
        8, ge=1, description="read tasks that run at the same time, on all machines; size of a new pool jixiao_read"
    )
    batch_documents: int = Field(20, ge=1, description="documents that one mapped read task takes at most")
    batch_pages: int = Field(
        120, ge=1, description="pages that one mapped read task takes at most; a longer document has a task of its own"
    )
    refetch_days: int = Field(
        28, ge=0, description="days after which an address is asked unconditionally, whatever its ETag says; 0: never"
    )
    settle_seconds: float = Field(2.0, ge=0, description="a file in the inbox must be unchanged this long to be taken")
    max_file_megabytes: int = Field(100, ge=1, description="larger files are refused with `too_large`")
    max_pages: int = Field(2000, ge=1, description="longer documents are refused with `too_large`")
    read_seconds: int = Field(300, ge=1, description="time that reading one document may take")
    read_megabytes: int = Field(2048, ge=64, description="memory that reading one document may take")
    sandbox: str = Field(
        "on",
        pattern="^(on|off)$",
        description="`on`: a PDF is read and drawn only where the kernel confines the process that does; `off`: anyway",
    )
    read_attempts: int = Field(3, ge=1, description="attempts before a failing document counts as refused")
    report_pages: int = Field(150, ge=0, description="printed pages that a report shows pictures of")
    report_megabytes: int = Field(48, ge=0, description="room that a report's pictures may take")
    keep_releases: int = Field(7, ge=1, description="published releases that are kept, besides the served one")
    keep_days: int = Field(
        90, ge=1, description="days that sightings, findings, logs and Airflow's own rows are kept; see `housekeeping`"
    )
    sql_seconds: int = Field(300, ge=1, description="time that one query of `jixiao sql` may take")
    sql_rows: int = Field(1_000_000, ge=1, description="rows that an answer of `jixiao sql` may have")
    sql_memory: str = Field(
        "2GB", pattern=ROOM, description="memory that one query on DuckDB may take; what needs more goes to disk"
    )
    sql_spill: str = Field(
        "8GB", pattern=ROOM, description="room that it may take there: a folder of its own in TMPDIR"
    )
    reader_url: SecretStr | None = Field(
        None,
        description="SQLAlchemy URL of the login that `jixiao sql` asks a warehouse on PostgreSQL with; the next "
        "publish makes it, in the role jixiao_reader alone",
    )
    dbt_threads: int = Field(2, ge=1, description="threads of dbt")
    dbt_seconds: int = Field(3600, ge=1, description="time that `dbt build` may take")
    dbt_memory: str | None = Field(
        None,
        pattern=ROOM,
        description="memory that DuckDB may use under dbt, 8GB for example; what needs more goes to disk "
        "[60 % of the machine's, or of the container's]",
    )
    writer_wait_seconds: int = Field(1800, ge=0, description="how long a writer waits for another to finish")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment first, then the files of secrets that a container is given."""
        folder = Path(os.environ.get("JIXIAO_SECRETS_DIR", SECRETS_DIR))
        return init_settings, env_settings, InitSettingsSource(settings_cls, read_secrets(folder, cls.model_fields))

    def __init__(self, **values: object) -> None:
        try:
            super().__init__(**values)  # type: ignore[arg-type]
        except ValidationError as error:
            wrong = error.errors()[0]
            name = "JIXIAO_" + "_".join(str(part) for part in wrong["loc"]).upper()
            raise SettingsError(f"{name}: {wrong['msg']}, found {wrong['input']!r}") from None

    def model_post_init(self, _context: object) -> None:
        """Make paths absolute and derive defaults; SettingsError where two settings exclude each other."""
        for name in ("home", "publishers_dir", "dags_dir", "dbt_dir"):
            object.__setattr__(self, name, getattr(self, name).expanduser().absolute())
        if "?" in str(self.home):  # it ends the path in a database's address, and another place would be written to
            raise SettingsError(f"JIXIAO_HOME: expected a path without a question mark, found {self.home}")
        inbox = self.inbox.expanduser().absolute() if self.inbox else self.home / "inbox"
        object.__setattr__(self, "inbox", inbox)
        object.__setattr__(self, "ledger_url", self.ledger_url or f"sqlite:///{self.home / 'ledger.db'}")
        object.__setattr__(self, "warehouse_url", self.warehouse_url or f"duckdb:///{self.build_db}")
        if self.releases_url and self.on_postgres:
            raise SettingsError("JIXIAO_RELEASES_URL: a warehouse on PostgreSQL has no files to copy; leave it empty")

    def limits(self) -> Limits:
        """Return the limits on the cost of reading one document."""
        return Limits(
            seconds=self.read_seconds,
            memory=self.read_megabytes << 20,
            pages=self.max_pages,
            size=self.max_file_megabytes << 20,
        )

    @property
    def on_postgres(self) -> bool:
        """True if the warehouse is a PostgreSQL database and not a DuckDB file."""
        return (self.warehouse_url or "").startswith("postgresql")

    @property
    def archive(self) -> Path:
        """Documents by sha256, never changed; with `store_url` this machine's copies of them."""
        return self.home / "archive"

    @property
    def night_report(self) -> Path:
        """The newest nightly page; its folder is a link that is swapped."""
        return self.home / "report" / "index.html"

    @property
    def build_db(self) -> Path:
        """The private database that dbt builds in; readers never open it."""
        return self.home / "build.duckdb"

    @property
    def releases(self) -> Path:
        """Published releases, one folder each."""
        return self.home / "releases"

    @property
    def spare_release(self) -> Path:
        """The DuckDB file of a pruned release, from which the next one can be made."""
        return self.home / ".spare"

    @property
    def current(self) -> Path:
        """The symbolic link to the served release."""
        return self.home / "current"

    @property
    def airflow_home(self) -> Path:
        """Airflow's own folder when Jixiao starts it."""
        return self.home / "airflow"


@cache
def get_settings() -> Settings:
    """Read the environment once per process; raises SettingsError with the variable's name."""
    return Settings()
