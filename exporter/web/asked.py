"""What a request to `/explain` asks for, and the sentence where it cannot be had."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus

from multidict import MultiMapping

from exporter.alerts.alerts import Alerts
from exporter.alerts.explanation import Subject, Wanted, select
from exporter.config.wording import advice, listed, near_miss, printed
from exporter.errors import ExporterError

_FORMATS = ("html", "json")
_PARAMETERS = (*Wanted._fields, "format")
_KINDS = {"other": "second exchange"}
_ALL = "/explain lists all alerts"


class RefusedError(ExporterError):
    """A request that cannot be answered: the HTTP status, and a sentence."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        self.status = status
        super().__init__(sentence)


def wants_json(query: MultiMapping[str], accept: str) -> bool:
    """Whether the answer is for a program: by `format`, else by the Accept header."""
    if form := query.get("format"):
        return form == "json"
    return "application/json" in accept and "text/html" not in accept


def wanted(query: MultiMapping[str]) -> Wanted:
    """What the parameters narrow the list to; an empty one narrows nothing.

    Raises RefusedError, a bad request, for a parameter that is unknown, twice there, or no format.
    """
    for name in query:
        if name not in _PARAMETERS:
            raise _bad(f"`{printed(name)}` is no parameter; {advice(name, _PARAMETERS)}")
        if len(query.getall(name)) > 1:
            raise _bad(f"`{name}` is given twice; write it once")
    form = query.get("format")
    if form and form not in _FORMATS:
        raise _bad(f"`format` must be {listed(_FORMATS, 'or')}, found `{printed(form)}`")
    return Wanted(*(query.get(name, "") for name in Wanted._fields))


def found(alerts: Alerts, asked: Wanted) -> list[Subject]:
    """The alerts that are asked for. Raises RefusedError, not found, where there are none."""
    chosen = select(alerts, asked)
    if chosen or not any(asked):
        return chosen
    everything = [(one.alert.rule.id, *one.alert.target) for one in select(alerts)]
    for place, name in enumerate(asked):
        if name and name not in (known := {row[place] for row in everything} - {""}):
            raise RefusedError(HTTPStatus.NOT_FOUND, _unknown(Wanted._fields[place], name, known))
    alert, *target = asked
    sentence = f"{alert or 'no alert'} {'does not apply' if alert else 'applies'} to"
    raise RefusedError(HTTPStatus.NOT_FOUND, f"{sentence} {_told(target)}; {_ALL}")


def _unknown(parameter: str, name: str, known: Iterable[str]) -> str:
    nearest = near_miss(name, by_lower := {one.lower(): one for one in known})
    remedy = f"did you mean `{by_lower[nearest]}`?" if nearest else _ALL
    kind = _KINDS.get(parameter, parameter)
    what = "there is no alert" if parameter == "alert" else f"no alert is about the {kind}"
    return f"{what} `{printed(name)}`; {remedy}"


def _told(target: Sequence[str]) -> str:
    exchange, instrument, other = (printed(name) for name in target)
    market = "/".join(filter(None, (exchange, instrument))) or "any market"
    return f"{market} against {other}" if other else market


def _bad(sentence: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, sentence)
