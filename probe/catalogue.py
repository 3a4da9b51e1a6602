"""Every host of Apple's that a device may need: where, how, for what, by whose word. One list.

What isitme looks at all the time (`Targets`), what `isitme check --group` asks of a network and
what `isitme audit-hosts` compares are rows of it. `checked` is the day the source was last read;
`last_seen` the day a row was seen to pass against the real host, and None says: never by this
project. Nobody here has asked Apple's servers yet.

Sources: Apple's article 101555 (hosts and ports for networks), its host names as extracted on
2026-06-06 and its tables from copies of 2024; article 102266 (push); recordings of others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

# Who may vouch for a host. Apple says of none which it is; "either" is what nobody has recorded.
PUBLIC, APPLE, EITHER = "public", "apple", "either"
TCP, NTP, QUIC, MEDIA = "tcp", "ntp", "quic", "media"  # MEDIA: no stranger is answered there

HTTP_PORT = 80  # what is asked there is asked in plain text; every other TCP port speaks TLS
ARTICLE = "Apple 101555"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One host, its ports, and what a healthy answer looks like."""

    name: str
    group: str
    host: str  # "{n}" in it: one of many alike
    ports: tuple[int, ...] = (443,)
    protocol: str = TCP
    pki: str = EITHER
    own_network: bool | None = None  # in Apple's 17.0.0.0/8; False: a rented CDN; None: not known
    path: str | None = None  # what is asked; None: proving itself is enough
    statuses: tuple[int, ...] = ()  # healthy ones; empty: any below 500
    bag: bool = False  # the answer must be a readable bag (probe/wire/bag.py)
    needs: tuple[str, ...] = ()  # Apple's services that need it, by their names in its feeds
    why: str = ""  # what Apple's article says it is for
    allow: str = ""  # what the article names where that is wider than this host
    any_port: bool = False  # one of its ports is enough
    policy: bool = False  # a network may refuse it by its DNS: that is a choice, not a fault
    watched: bool = False  # asked all the time (looks.apple_web), as a witness
    essential: bool = True  # of those: not knowing it is not knowing whether all is well
    source: str = ARTICLE
    checked: date = date(2026, 6, 6)
    last_seen: date | None = None

    @property
    def healthy(self) -> str:
        """What is expected of it, in words."""
        if self.protocol == NTP:
            return "the time"
        if self.protocol == QUIC:
            return "any QUIC answer, or a DNS that says there is no such name"
        if self.protocol == MEDIA:
            return "cannot be asked: it answers nobody outside a call"
        whose = {PUBLIC: "a public root", APPLE: "Apple's own root", EITHER: "either root"}
        said = [] if self.ports == (HTTP_PORT,) else [f"TLS under {whose[self.pki]}"]
        if self.path is not None or HTTP_PORT in self.ports:
            wanted = " or ".join(map(str, self.statuses)) or "any answer below 500"
            said.append(f"a readable bag, {wanted}" if self.bag else f"HTTP: {wanted}")
        return ", ".join(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Hosts that stand and fall together, for one purpose."""

    name: str
    said: str
    includes: tuple[str, ...] = ()  # groups without which it does not work either
    services: tuple[str, ...] = ()  # what Apple's feeds call what it is about


GROUPS: tuple[Group, ...] = (
    Group(name="push", said="Push notifications", services=("APNS",)),
    Group(name="messaging", said="iMessage and FaceTime", includes=("push",),
          services=("iMessage", "FaceTime")),
    Group(name="account", said="Apple Account and sign-in",
          services=("Apple Account", "iCloud Account & Sign In", "Sign in with Apple")),
    Group(name="icloud", said="iCloud", includes=("account",),
          services=("iCloud Backup", "iCloud Calendar", "iCloud Contacts", "iCloud Drive",
                    "iCloud Keychain", "iCloud Mail", "iCloud Notes", "iCloud Reminders",
                    "Photos", "Find My")),
    Group(name="activation", said="Activation and set-up of devices",
          services=("iOS Device Activation",)),
    Group(name="updates", said="System updates", services=("macOS Software Update",)),
    Group(name="store", said="App Store and apps",
          services=("App Store", "Mac App Store", "Subscription Purchase")),
    Group(name="mdm", said="Enrolment and management of devices",
          includes=("push", "activation", "account", "updates", "store", "certificates", "time",
                    "web"),
          services=("Device Enrollment Program", "Apple Business Manager", "Apple School Manager",
                    "Volume Purchase Program", "iOS Device Activation")),
    Group(name="certificates", said="Checks of certificates"),
    Group(name="relay", said="iCloud Private Relay: a network may forbid it",
          services=("iCloud Private Relay",)),
    Group(name="time", said="The time"),
    Group(name="caches", said="Content caches", includes=("updates", "store")),
    Group(name="developer", said="Apple's services for developers", includes=("account",),
          services=("App Store Connect", "App Store Connect API", "Developer ID Notary Service",
                    "CloudKit Database", "Xcode Cloud", "App Attest", "APNS Sandbox",
                    "Certificates, Identifiers & Profiles")),
    Group(name="media", said="Music, television, books and podcasts", includes=("store",),
          services=("Apple Music", "Apple TV", "Podcasts", "Apple Books", "iTunes Store",
                    "Apple Arcade")),
    Group(name="web", said="Apple's pages, on a rented network"),
)  # fmt: skip
GROUP: dict[str, Group] = {group.name: group for group in GROUPS}
EVERYTHING = "all"

IDS_BAG = date(2026, 9, 30)  # when rustpush was read, which asks for it every day
PUSH_ARTICLE = "Apple 102266"


def hosts(group: str, *names: str, why: str = "", **more: object) -> tuple[Entry, ...]:
    """Rows that differ in nothing but the host; a row is called by its host."""
    rows = []
    for name in names:
        host, _, allow = name.partition(" < ")
        rows.append(Entry(name=host, group=group, host=host, allow=allow, why=why, **more))  # type: ignore[arg-type]
    return tuple(rows)


CATALOGUE: tuple[Entry, ...] = (
    # Push. The certificate is for courier.push.apple.com whatever the number (recorded 2021).
    Entry(name="courier", group="push", host="{n}-courier.push.apple.com", ports=(5223, 443),
          pki=APPLE, own_network=True, allow="*.push.apple.com", needs=("APNS",),
          why="push to devices: 5223 first, 443 where that is closed", source=PUSH_ARTICLE),
    Entry(name="provider-api", group="push", host="api.push.apple.com", ports=(443, 2197),
          any_port=True, pki=PUBLIC, own_network=True, allow="*.push.apple.com", needs=("APNS",),
          why="push from servers, such as an MDM server of your own", source=PUSH_ARTICLE),
    Entry(name="push-bag", group="push", host="init-p01st.push.apple.com", ports=(80,),
          path="/bag", statuses=(200,), bag=True, allow="*.push.apple.com",
          why="where the couriers are", source="public source code", checked=IDS_BAG),
    Entry(name="push-init", group="push", host="init.push.apple.com", pki=APPLE, path="/bag",
          statuses=(200,), bag=True, allow="*.push.apple.com", why="where the couriers are",
          source="decompiled apsd", checked=IDS_BAG),
    # Identity of iMessage and FaceTime: in no article of Apple's, named by its own bag.
    Entry(name="identity-bag", group="messaging", host="init.ess.apple.com",
          path="/WebObjects/VCInit.woa/wa/getBag?ix=3", pki=APPLE, own_network=True,
          statuses=(200,), bag=True, needs=("iMessage", "FaceTime"), watched=True,
          why="where identity services are", source="recorded 2019; rustpush 2026",
          checked=IDS_BAG),
    Entry(name="identity", group="messaging", host="identity.ess.apple.com", path="/", pki=APPLE,
          own_network=True, needs=("iMessage", "FaceTime"), watched=True,
          why="registration of devices", source="rustpush 2026", checked=IDS_BAG),
    *hosts("messaging", "query.ess.apple.com", "profile.ess.apple.com",
           "registration.ess.apple.com", "invitation.ess.apple.com", pki=APPLE,
           needs=("iMessage", "FaceTime"), why="identity services", source="identity bag of 2019",
           checked=IDS_BAG),
    Entry(name="static.ess.apple.com", group="messaging", host="static.ess.apple.com",
          ports=(80,), needs=("FaceTime",), why="FaceTime's own check of its connection",
          source="identity bag of 2019", checked=IDS_BAG),
    Entry(name="facetime-media", group="messaging", host="", protocol=MEDIA,
          ports=(3478, 16384, 16393), needs=("FaceTime",),
          why="calls: UDP 3478-3497, 16384-16387, 16393-16402, to anywhere",
          source="Apple HT202078", checked=date(2024, 7, 29)),
    # Apple Account.
    Entry(name="account-lookup", group="account", host="gsa.apple.com",
          path="/grandslam/GsService2/lookup", pki=APPLE, own_network=True, statuses=(200,),
          needs=("Apple Account",), watched=True, why="sign-in", source="public source code"),
    Entry(name="account-web", group="account", host="idmsa.apple.com", path="/", pki=PUBLIC,
          own_network=True, needs=("Apple Account",), watched=True, why="sign-in on the web"),
    *hosts("account", "account.apple.com", "appleid.cdn-apple.com", "gsra.apple.com",
           needs=("Apple Account",), why="sign-in"),
    # iCloud.
    # Web clients of others ask both under public roots; nobody has recorded what they answer to a
    # stranger, so nothing waits for them, and any answer below 500 will do.
    Entry(name="setup.icloud.com", group="icloud", host="setup.icloud.com", path="/", pki=PUBLIC,
          allow="*.icloud.com", needs=("iCloud Account & Sign In",), why="sign-in to iCloud",
          watched=True, essential=False),
    Entry(name="api.apple-cloudkit.com", group="icloud", host="api.apple-cloudkit.com", path="/",
          pki=PUBLIC, allow="*.apple-cloudkit.com",
          needs=("iCloud Account & Sign In", "iCloud Drive", "Photos"), why="iCloud",
          watched=True, essential=False),
    *hosts("icloud", "gateway.icloud.com < *.icloud.com", "www.icloud.com < *.icloud.com",
           needs=("iCloud Drive", "Photos"), why="iCloud"),
    *hosts("icloud", "configuration.apple.com", "app-site-association.cdn-apple.com",
           "guzzoni.apple.com", why="further services"),
    # Set-up and activation.
    Entry(name="captive.apple.com", group="activation", host="captive.apple.com", ports=(80, 443),
          path="/hotspot-detect.html", statuses=(200,), own_network=False,
          why="whether a sign-in page is in the way"),
    *hosts("activation", "albert.apple.com", why="device activation",
           needs=("iOS Device Activation",)),
    *hosts("activation", "gs.apple.com", "humb.apple.com", "tbsc.apple.com",
           why="set-up, update and restore"),
    *hosts("activation", "static.ips.apple.com", ports=(443, 80), why="set-up"),
    *hosts("activation", "sq-device.apple.com", why="eSIM activation"),
    # Management.
    *hosts("mdm", "deviceenrollment.apple.com", needs=("Device Enrollment Program",),
           why="provisional enrolment"),
    *hosts("mdm", "iprofiles.apple.com", "mdmenrollment.apple.com",
           needs=("Device Enrollment Program",), why="enrolment profiles"),
    *hosts("mdm", "deviceservices-external.apple.com", why="activation lock off"),
    Entry(name="gdmf.apple.com", group="mdm", host="gdmf.apple.com", pki=APPLE,
          why="which updates a manager may offer"),
    *hosts("mdm", "identity.apple.com", why="certificates of MDM servers for push"),
    *hosts("mdm", "vpp.itunes.apple.com", needs=("Volume Purchase Program",),
           why="apps and books"),
    *hosts("mdm", "axm-servicediscovery.apple.com", "axm-adm-enroll.apple.com",
           "axm-adm-mdm.apple.com", "axm-adm-scep.apple.com", "axm-app.apple.com",
           needs=("Apple Business Manager",), why="Apple's own device management"),
    *hosts("mdm", "business.apple.com < *.business.apple.com", "api-business.apple.com",
           "api.ent.apple.com", needs=("Apple Business Manager",), why="Apple Business"),
    *hosts("mdm", "school.apple.com < *.school.apple.com", "api-school.apple.com",
           "api.edu.apple.com", "ws-ee-maidsvc.icloud.com", needs=("Apple School Manager",),
           why="Apple School Manager"),
    # Updates.
    *hosts("updates", "mesu.apple.com", ports=(443, 80), why="catalogues"),
    *hosts("updates", "appldnld.apple.com", "updates-http.cdn-apple.com", "swcdn.apple.com",
           ports=(80,), own_network=False, why="downloads"),
    *hosts("updates", "updates.cdn-apple.com < *.cdn-apple.com", "swdist.apple.com",
           "swscan.apple.com", "gg.apple.com", "ig.apple.com", "skl.apple.com", "xp.apple.com",
           needs=("macOS Software Update",), why="updates"),
    *hosts("updates", "gdmf-ados.apple.com", "wkms-public.apple.com",
           "fcs-keys-pub-prod.cdn-apple.com", why="updates and keys"),
    *hosts("updates", "oscdn.apple.com", "osrecovery.apple.com", why="recovery"),
    # Store. The first two are pages for browsers, too.
    *(Entry(name=host, group="store", host=host, path="/", pki=PUBLIC, allow=f"*.{host}",
            needs=("App Store",), why="the store itself", watched=True, essential=False)
      for host in ("itunes.apple.com", "apps.apple.com")),
    *hosts("store", "s.mzstatic.com < *.mzstatic.com", needs=("App Store",),
           why="the store itself"),
    *hosts("store", "ppq.apple.com", needs=("App Store",), why="checks of in-house apps"),
    # Certificates. What answers there answers in plain text, signed.
    *hosts("certificates", "ocsp.apple.com", "crl.apple.com", "ocsp.digicert.com",
           "crl3.digicert.com", "crl4.digicert.com", ports=(80,), why="whether one was revoked"),
    *hosts("certificates", "ocsp2.apple.com", "valid.apple.com", why="whether one was revoked"),
    *hosts("certificates", "certs.apple.com", ports=(443, 80), why="certificates of authorities"),
    # Private Relay. QUIC first; a network says no by a name that does not exist.
    *hosts("relay", "mask.icloud.com", "mask-h2.icloud.com", protocol=QUIC, policy=True,
           needs=("iCloud Private Relay",), why="Private Relay"),
    Entry(name="mask-api.icloud.com", group="relay", host="mask-api.icloud.com", policy=True,
          needs=("iCloud Private Relay",), why="Private Relay"),
    # Time.
    *hosts("time", "time.apple.com", "time-ios.apple.com", "time-macos.apple.com", ports=(123,),
           protocol=NTP, why="the time of devices"),
    # Caches.
    *hosts("caches", "lcdn-registration.apple.com", "lcdn-locator.apple.com",
           "xp-cdn.apple.com", "serverstatus.apple.com", why="content caches"),
    *hosts("caches", "suconfig.apple.com", ports=(80,), why="their configuration"),
    # Developers.
    *hosts("developer", "register.appattest.apple.com < *.appattest.apple.com",
           needs=("App Attest",), why="app validation"),
    *hosts("developer", "download.developer.apple.com", "devimages-cdn.apple.com",
           why="downloads for Xcode"),
    # Media.
    *hosts("media", "play.itunes.apple.com < *.itunes.apple.com",
           "init.itunes.apple.com < *.itunes.apple.com", needs=("Apple Music", "Apple TV"),
           why="music and television"),
    *hosts("media", "audiocontentdownload.apple.com", why="sounds for music apps"),
    # The status page lives here, too; the body is recorded.
    Entry(name="web", group="web", host="www.apple.com", path="/library/test/success.html",
          pki=PUBLIC, own_network=False, statuses=(200,), watched=True,
          why="pages, and Apple's own status", source="public source code"),
)  # fmt: skip


def named(name: str) -> Entry:
    """One row by its name. Raises KeyError."""
    return BY_NAME[name]


BY_NAME: dict[str, Entry] = {entry.name: entry for entry in CATALOGUE}


def with_included(groups: Sequence[str]) -> tuple[str, ...]:
    """These groups and all that they include. Raises KeyError for one that is none."""
    if EVERYTHING in groups:
        return tuple(GROUP)
    found: dict[str, None] = {}
    wanted = list(groups)
    while wanted:
        name = wanted.pop(0)
        if name not in found:
            found[name] = None
            wanted += GROUP[name].includes
    return tuple(found)


def entries_of(groups: Sequence[str]) -> tuple[Entry, ...]:
    """The rows of these groups and of all that they include. Raises KeyError."""
    wanted = with_included(groups)
    return tuple(entry for entry in CATALOGUE if entry.group in wanted)


def services_of(names: Sequence[str]) -> tuple[str, ...]:
    """What is to be watched in Apple's feeds: a group's name stands for its services."""
    return tuple(
        dict.fromkeys(
            service
            for name in names
            for service in (GROUP[name].services if name in GROUP else (name,))
        )
    )
