"""Channels that are told of news, through Apprise. Loads Apprise, which takes its time: imported only where it is used.

The URL of a channel is a secret: Slack, Teams and most webhooks have no other. So a channel is named by its scheme and
a digest, with the host where the service is one that is told by its host; and what Apprise says of a failure is looked
through for parts of the URL. Apprise's own form for showing URLs leaves headers and topics in.
"""

import hashlib
import html
import logging
import re
import sys
import threading
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from apprise import Apprise, AppriseAsset, AppriseResultStatus, NotifyBase, NotifyFormat, NotifyType, OverflowMode
from urllib3.exceptions import InsecureRequestWarning

from auditor.errors import ConfigError
from auditor.histories import Delivery
from auditor.sending.outgoing import Outgoing

RETRIES = 2
"""How often a message is sent again that a channel did not take; `?retry=` of a URL says otherwise."""
WAIT = 3.0
"""Seconds between two tries; `?wait=` of a URL says otherwise."""
MOST_SECONDS = 60.0
"""As long is waited for all channels together. What is not told then may have been, or not."""

_MINOR = frozenset(
    {"cto", "emojis", "format", "optional", "overflow", "redirect", "retry", "rto", "store", "tz", "verify", "wait"}
)
"""Parameters of Apprise that say how a channel is told, not which it is."""
_ROOMY = frozenset({"workflow", "workflows", "msteams"})
"""Teams takes 28 KB; Apprise counts with less."""
_ROOM = 0.7
"""The share of what a service takes that a text may have: Apprise adds to it where it must be escaped."""
_SHORTEST_PART = 4
"""Characters from which on a part of a URL is looked for in what is said of a failure."""
_LONGEST_ERROR = 200
_NO_REASON = "it did not take the message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where news goes. name: what it is called, without a secret. digest: tells it from all others, in 16 digits.

    room: characters that a text for it may have. is_seen: whether what goes out to it can be seen, as of `Outgoing`.
    """

    name: str
    digest: str
    room: int
    is_seen: bool
    _service: NotifyBase = field(repr=False, compare=False)
    _secrets: tuple[str, ...] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message to a channel. kind: "success", "warning" or "failure"."""

    channel: Channel
    title: str
    body: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What became of a message. state: sent, failed or unsure. attempts: how often it was tried. error: why not."""

    state: Delivery
    attempts: int
    error: str = ""


def channels_of(urls: Sequence[str]) -> tuple[Channel, ...]:
    """Return the channels that Apprise makes of URLs, each once. Raises ConfigError; its line shows no URL."""
    logging.getLogger("apprise").propagate = False  # what it says is shown by us, once and without secrets
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="apprise")
    warnings.filterwarnings("ignore", category=InsecureRequestWarning)  # asked for by ?verify=no
    found: dict[str, Channel] = {}
    for number, url in enumerate(urls, 1):
        channel = _understood(url.strip())
        if channel is None:
            scheme = re.match(r"[A-Za-z][A-Za-z0-9]{1,15}(?=://)", url.strip())
            what = f"number {number}, which begins with {scheme[0]}://," if scheme else f"number {number}"
            raise ConfigError(f"--notify: Apprise can make nothing of URL {what}; see https://appriseit.com/services/")
        found.setdefault(channel.digest, channel)
    return tuple(found.values())


def _understood(url: str) -> Channel | None:
    """Return the channel that Apprise makes of a URL; None where it makes none."""
    try:
        service = Apprise.instantiate(url, asset=_asset()) if url else None
        return _channel(url, service) if service is not None else None
    except Exception:  # noqa: BLE001 - of a plugin of Apprise; what it says may hold the URL
        return None


def _asset() -> AppriseAsset:
    """Return how Apprise is to act: in the calling thread, without files, and without pictures from elsewhere."""
    asset = AppriseAsset(async_mode=False, service_timeout=0, storage_mode="memory")
    asset.app_id = "azure-egress-auditor"
    asset.app_desc = "Azure egress auditor"
    asset.app_url = ""
    asset.image_url_mask = asset.image_url_logo = ""
    asset.default_service_retry = RETRIES
    asset.default_service_wait = WAIT
    return asset


def _channel(url: str, service: NotifyBase) -> Channel:
    scheme = str(service.url()).partition("://")[0]  # type: ignore[no-untyped-call]  # of Apprise
    if "overflow=" not in url and scheme not in _ROOMY:
        service.overflow_mode = OverflowMode.TRUNCATE
    identity = _identity(service)
    digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
    templates: tuple[str, ...] = service.templates
    is_hosted = bool(templates and service.host) and all("{host}" in each for each in templates)
    place = f"{scheme}://{service.host}" if is_hosted else scheme
    return Channel(
        name=f"{place} ({digest[:6]})",
        digest=digest,
        room=int(_ROOM * (32_768 if scheme in _ROOMY else service.body_maxlen)),
        is_seen=_is_seen(service),
        _service=service,
        _secrets=_secrets(url, service, {scheme, str(service.host) if is_hosted else ""}),
    )


def _is_seen(service: NotifyBase) -> bool:
    """Whether what goes out to a service can be seen, as of `Outgoing`: it is mail, or its plugin speaks HTTP."""
    module = sys.modules[type(service).__module__]
    return type(service).__name__ == "NotifyEmail" or hasattr(module, "requests")


def _identity(service: NotifyBase) -> str:
    """Return what tells a channel from others. A password is no part of it: it may be changed, and may be guessed."""
    parts = urlsplit(str(service.url()))  # type: ignore[no-untyped-call]  # of Apprise
    user, _, host = parts.netloc.rpartition("@")
    query = sorted((name, value) for name, value in parse_qsl(parts.query) if name not in _MINOR)
    return urlunsplit((parts.scheme, f"{user.partition(':')[0]}@{host}", parts.path, urlencode(query), parts.fragment))


def _secrets(url: str, service: NotifyBase, known: set[str]) -> tuple[str, ...]:
    """Return the parts of a URL that are not to be shown, longest first."""
    parts = {part for text in (url, unquote(url)) for part in re.split(r"[^\w.-]+", text)}
    parts |= _finer(parts)
    told = {each.lower() for each in known | _finer(known)}
    found = {each for each in parts if len(each) >= _SHORTEST_PART and each.lower() not in told}
    found |= {each for each in (service.password,) if each}
    return tuple(sorted(found, key=len, reverse=True))


def _finer(parts: set[str]) -> set[str]:
    return {finer for part in parts for finer in re.split(r"[^A-Za-z0-9]+", part)}


def send(letters: Sequence[Letter], seconds: float = MOST_SECONDS) -> tuple[Reply, ...]:
    """Send messages, all at the same time, and return what became of each. Takes no longer than `seconds`."""
    until = time.monotonic() + seconds
    under_way = [Sending(each) for each in letters]
    for each in under_way:
        each.start()
    for each in under_way:
        each.wait(until)
    return tuple(each.reply() for each in under_way)


class Sending:
    """A message that is sent from its start on, in a thread that does not keep the program from ending.

    To be made and kept before it is started: who is interrupted between the two knows that nothing was sent.
    """

    def __init__(self, letter: Letter) -> None:
        self.channel = letter.channel
        self._letter = letter
        self._outgoing = Outgoing(letter.channel.is_seen)
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._began = time.monotonic()
        self._reply: Reply | None = None

    def start(self) -> None:
        """Begin to send it."""
        self._thread.start()

    def wait(self, until: float) -> None:
        """Wait for the end of what was started, until a moment of the steady clock."""
        self._thread.join(min(max(0.0, until - time.monotonic()), threading.TIMEOUT_MAX))

    def reply(self) -> Reply:
        """Return what became of it by now. From then on, nothing of it is sent that was not."""
        nothing_sent = self._outgoing.give_up()
        if self._reply is None:
            state, what = (
                (Delivery.FAILED, "could not be told") if nothing_sent else (Delivery.UNSURE, "did not answer")
            )
            error = f"it {what} within {time.monotonic() - self._began:.0f} s"
            self._reply = Reply(state=state, attempts=max(self._outgoing.tries, 1), error=error)
        return self._reply

    def _send(self) -> None:
        try:
            with self._outgoing.watched():
                reply = _sent(self._letter, self._outgoing)
        except Exception as fault:  # noqa: BLE001 - of a plugin of Apprise; nothing of it may fail an audit
            reply = Reply(state=Delivery.UNSURE, attempts=1, error=f"Apprise failed ({type(fault).__name__})")
        self._reply = self._reply or reply


def _sent(letter: Letter, outgoing: Outgoing) -> Reply:
    service = letter.channel._service  # noqa: SLF001 - of this module
    service.notify = outgoing.tried(type(service).notify.__get__(service))  # type: ignore[method-assign]  # each try
    apprise = Apprise(asset=service.asset)
    apprise.add(service)
    title, body, form = letter.title, letter.body, NotifyFormat.TEXT
    if service.resolve_format(form) is NotifyFormat.HTML:  # Apprise would keep every line from being broken
        body, form = "".join(f"<p>{html.escape(each)}</p>" for each in body.split("\n\n")), NotifyFormat.HTML
        title = html.escape(title) if service.title_maxlen <= 0 else title  # it becomes a part of the body
    with apprise.notify(body=body, title=title, body_format=form, notify_type=NotifyType(letter.kind)) as result:
        attempts = sum(len(each) for each in result) or 1
        if result.status is AppriseResultStatus.SUCCESS:
            return Reply(state=Delivery.SENT, attempts=attempts)
        said = [entry.message for entry in result.logs()]
    return Reply(state=Delivery.FAILED, attempts=attempts, error=_reason(said, letter.channel))


def _reason(said: Sequence[str], channel: Channel) -> str:
    """Return the last that Apprise said of a failure, without what is secret of the URL."""
    reasons = [each for each in said if "trying again" not in each]
    reason = " ".join((reasons[-1] if reasons else _NO_REASON).split())
    for each in channel._secrets:  # noqa: SLF001 - of this module
        reason = re.sub(re.escape(each), "***", reason, flags=re.IGNORECASE)
    return reason[:_LONGEST_ERROR].rstrip(".")
