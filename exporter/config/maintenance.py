"""`maintenance.yaml`: where planned maintenance is kept, and what exchanges announce of it."""

from typing import Annotated

from pydantic import AfterValidator, Field, Strict, ValidationInfo, field_validator

from exporter.config.choices import distinct
from exporter.config.exchanges import RestAddress
from exporter.config.sentences import refused
from exporter.config.values import Section

FILE = "maintenance.yaml"

Addresses = Annotated[
    tuple[RestAddress, ...], Strict(False), Field(max_length=10), AfterValidator(distinct)
]


class MaintenanceFile(Section):
    """The whole of `maintenance.yaml`."""

    alertmanagers: Addresses = Field(
        default=("http://127.0.0.1:9093",),
        description="whose silences are the maintenance; of a cluster all, the first that answers "
        "is asked; without any nothing is known of maintenance",
    )
    read_every_seconds: int = Field(
        default=10, ge=1, le=300, description="how often silences are read"
    )
    ending_minutes: int = Field(
        default=15, ge=1, le=240, description="so long before its end an alert reminds of it"
    )
    notices: bool = Field(
        default=True, description="whether exchanges are asked what they announce"
    )
    notices_every_minutes: int = Field(
        default=5, ge=1, le=60, description="how often they are asked"
    )
    apply_notices: bool = Field(
        default=False,
        description="whether what they announce is silenced at once; else it is only proposed",
    )

    @field_validator("apply_notices")
    @classmethod
    def _where_silences_are_kept(cls, wanted: bool, info: ValidationInfo) -> bool:
        if wanted and not info.data.get("alertmanagers", True):
            raise refused("must be false without `alertmanagers`; name one, or remove the key")
        return wanted
