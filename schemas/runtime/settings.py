"""Settings: the only reader of the environment. Checked once, before the first connection; frozen afterwards.

Every setting is ``MONITOR_`` + its name in capitals, nested ones joined by two underscores
(``MONITOR_BROKER__PORT``). Units stand in the names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.errors import SettingsError
from schemas.topics import DEFAULT_ROOT


class Slice(BaseModel):
    """Base of a group of settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BrokerSettings(Slice):
    """Where the MQTT broker is and how ingest uses it."""

    host: str = Field("127.0.0.1", description="broker's host")
    port: int = Field(1883, ge=1, le=65535, description="broker's MQTT port")
    root: str = Field(DEFAULT_ROOT, pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", description="topic root")
    user: str = Field("ingest", description="ingest's user on the broker")
    password_file: Path | None = Field(None, description="file with ingest's password (never in the environment)")
    credentials_file: Path | None = Field(None, description="JSON of device → password, for the simulator")
    keepalive_s: int = Field(20, ge=2, description="a broker silent for so long counts as away")
    client_id: str = Field(
        "monitor-ingest",
        description="fixed client id: the broker keeps ingest's session by it; with shares, its beginning",
    )


class IngestSettings(Slice):
    """How much ingest takes at a time, and what it believes."""

    max_batch_messages: int = Field(5_000, ge=1, description="messages committed at once, at most")
    gather_ms: int = Field(50, ge=0, description="a small batch waits so long for more, while more keeps coming")
    max_batch_bytes: int = Field(2_000_000, ge=1, description="bytes of messages committed at once, at most")
    max_message_bytes: int = Field(262_144, ge=64, description="a larger message is refused whole")
    max_message_values: int = Field(2_000, ge=1, description="a message with more values is refused whole")
    max_future_s: int = Field(300, ge=0, description="a reading further ahead of our clock is refused")
    max_age_days: int = Field(400, ge=1, description="an older reading is refused")
    late_after_s: int = Field(600, ge=1, description="a reading received so long after its instant is marked late")
    max_device_messages_per_s: float = Field(
        50.0, gt=0, description="messages a device may send for each second of its own time; more are refused"
    )
    max_device_burst: int = Field(5_000, ge=1, description="messages a device may send at once")
    shares: int = Field(1, ge=1, le=1024, description="sessions the sites are shared among; fixed at the first start")
    workers: int = Field(1, ge=1, le=64, description="ingest processes that `monitor run` starts")
    worker: str = Field("ingest-0", pattern=r"^[a-z0-9-]{1,60}$", description="name of this ingest process")
    database_answer_s: float = Field(
        30.0, gt=0, description="a database that does not answer ingest for so long is away"
    )
    self_check_s: float = Field(10.0, gt=0, description="how often ingest proves that its sums agree")


class RetentionSettings(Slice):
    """How long data are kept. Verdicts, incidents and their history are never dropped."""

    raw_days: int = Field(400, ge=1, description="raw readings and messages older than this are dropped, once derived")
    rejection_days: int = Field(400, ge=1, description="refused values older than this are dropped")
    derived_days: int = Field(2200, ge=1, description="hour and day values older than this are dropped (six years)")
    every_h: float = Field(6.0, gt=0, description="how often that is done, and room made for the days to come")


class DeriveSettings(Slice):
    """How derived values follow the readings."""

    every_s: float = Field(1.0, gt=0, description="pause between two rounds")
    max_windows: int = Field(20_000, ge=1, description="point-hours recomputed in one round, at most")


class AlertSettings(Slice):
    """How often facts are judged, and who is told."""

    every_s: float = Field(1.0, gt=0, description="pause between two rounds")
    webhook_url: str | None = Field(None, description="notices are posted here as JSON; none: log only")
    notice_max_age_h: float = Field(72.0, gt=0, description="incidents that ended earlier are filed without a notice")
    public_url: str = Field("http://127.0.0.1:8080", description="address of the desk in notices")
    rules_file: Path | None = Field(
        None, description="rules in place of the shipped ones; read again when it changes, a broken one changes nothing"
    )
    policy_file: Path | None = Field(None, description="policy in place of the shipped one; read again like the rules")
    channels_file: Path | None = Field(
        None, description="TOML of channel name → address (secret: readable by the service alone); none: log only"
    )
    lease_s: float = Field(6.0, ge=2, description="an evaluator silent for so long is replaced by its standby")


class DeskSettings(Slice):
    """Where the pages are served."""

    host: str = Field("127.0.0.1", description="address the desk listens on")
    port: int = Field(8080, ge=1, le=65535, description="port of wall, desk and API")
    open_wall: bool = Field(default=True, description="wall and reading API without log-in; the duty desk always asks")
    session_h: float = Field(12.0, gt=0, description="a log-in lasts so long")
    wall_turn_s: int = Field(
        20, ge=0, le=3600, description="the wall shows each of its pages so long; 0: it does not turn"
    )


class Settings(BaseSettings):
    """All settings of the service."""

    model_config = SettingsConfigDict(
        env_prefix="MONITOR_", env_nested_delimiter="__", frozen=True, extra="ignore", validate_default=True
    )

    database_url: str | None = Field(None, description="PostgreSQL or TimescaleDB; none: the embedded database")
    plain_tables: bool = Field(default=False, description="do without TimescaleDB though the server offers it")
    data: Path = Field(Path("data"), description="data folder of the embedded database, broker and logs")
    ready_file: Path | None = Field(None, description="touched when this process is ready (set by `monitor run`)")
    metrics_port: int | None = Field(None, ge=1, le=65535, description="also serve this process's metrics here")
    log_format: Literal["text", "json"] = Field("text", description="log lines for people or for machines")
    broker: BrokerSettings = BrokerSettings()
    ingest: IngestSettings = IngestSettings()
    derive: DeriveSettings = DeriveSettings()
    retention: RetentionSettings = RetentionSettings()

    @model_validator(mode="after")
    def _keep_what_is_accepted(self) -> Settings:
        if self.retention.raw_days < self.ingest.max_age_days:
            raise ValueError("MONITOR_RETENTION__RAW_DAYS must not be below MONITOR_INGEST__MAX_AGE_DAYS")
        return self

    alerts: AlertSettings = AlertSettings()
    desk: DeskSettings = DeskSettings()


def load_settings() -> Settings:
    """Return the settings of this process.

    Raises:
        SettingsError: a setting has a wrong value; the sentence names the variable.

    """
    try:
        return Settings()
    except ValidationError as exc:
        first = exc.errors()[0]
        name = "MONITOR_" + "__".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(f"设置 {name} 有误: {first['msg']}.", "Correct the variable and start again.") from exc
