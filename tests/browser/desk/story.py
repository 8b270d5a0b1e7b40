"""The steps: what the public, a court, an officer of the desk and a moderator do with the pages."""

import base64
import hashlib
import io
import json
import re
import tarfile
from datetime import UTC, datetime, timedelta

import pyrage
from playwright.sync_api import expect

from .browser import Browser
from .installation import Installation

OFFICERS = ("amara", "bo", "chen")
PDF = {"name": "order.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n% an order\n%%EOF\n"}


class Story(Browser):
    """The browser, the demonstration it looks at, and what was seen so far."""

    def __init__(self, chromium, programs, folder, pictures):
        self.installation = Installation(programs, folder)
        super().__init__(chromium, self.installation.address, folder, pictures)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        self.installation.stop()


def trust_level_comes_first(story):
    """The public pages tell the trust level first, and that it is a demonstration."""
    story.go("/transparency")
    text = story.text()
    level, figures = text.find("self-attested"), text.find("2026Q" if "2026Q" in text else "Q")
    assert 0 <= level and (figures < 0 or level < figures), text
    assert "demonstration" in text.lower(), text
    story.picture("transparency")


def public_pages(story):
    """Guide, privacy page, terms, entries and reports can be read."""
    for path, word, name in (
        ("/law-enforcement", "phone", "guide"),
        ("/privacy", "90", "privacy"),
        ("/terms", "spam.1", "terms"),
        ("/report", "good faith", "report-form"),
        ("/transparency/moderation", "Moderation in numbers", "moderation"),
        ("/transparency/check", "heliograph-verify", "check"),
        ("/transparency/entries", "request", "entries"),
    ):
        story.go(path)
        assert word in story.text(), f"{path} does not say {word}"
        story.picture(name)
    story.go("/transparency")
    links = story.page.locator("a[href*='/transparency/reports/']").all()
    links = [link.get_attribute("href") for link in links]
    # The oldest one is that of the story's order.
    story.go([link for link in links if re.search(r"Q\d$", link)][-1])
    story.picture("report")
    assert "DE" in story.text()


def the_log_commits_to_the_terms(story):
    """The terms are those that the first policy of the log commits to."""
    terms = story.page.context.request.get(f"{story.installation.address}/terms/1.md").body()
    assert b"Terms of this installation" in terms
    story.go("/transparency/entry/0")
    digest = base64.b64encode(hashlib.sha256(terms).digest()).decode()
    assert digest in story.text(), f"the policy does not name {digest}"


def mistakes_are_named(story):
    """An empty form comes back with each mistake beside its field."""
    story.go("/requests")
    story.picture("portal")
    unlabelled = story.page.locator(
        "input:not([type=hidden]):not([id]), select:not([id]), textarea:not([id])"
    ).count()
    assert unlabelled == 0, "a field without a label"
    story.page.locator("#name").fill("Amtsgericht <b>Musterstadt</b>")
    story.submit("#hand-in")
    expect(story.page.locator("#mistakes")).to_be_visible()
    assert story.page.locator("#name").input_value() == "Amtsgericht <b>Musterstadt</b>"
    assert story.page.locator("#mistakes b").count() == 0, "what was typed became markup"
    story.picture("portal-mistakes")


def fill_in(story, key, document=PDF):
    now = datetime.now(UTC)
    day = lambda days: (now - timedelta(days=days)).strftime("%Y-%m-%dT00:00")  # noqa: E731
    page = story.page
    story.go("/requests")
    lines = {
        "authority": "1",
        "access_key": key,
        "name": "Amtsgericht Musterstadt",
        "contact": "registry@gericht.example",
        "official": "J. Richter",
        "role": "Judge",
        "file_reference": "12 Gs 402/26",
        "legal_basis": "Section 100j",
        "suspect": "the holder of the account",
        "clause": "4.2",
        "necessity": "There is no other lead.",
        "targets": "demo_seller",
        "from": day(9),
        "to": day(1),
    }
    for field, value in lines.items():
        page.locator(f"#{field}").fill(value)
    for field, value in {"country": "DE", "class": "court", "offence": "fraud", "target_kind": "username"}.items():
        page.locator(f"#{field}").select_option(value)
    for field in ("data-phone", "priority-normal", "purpose-disclose", "gag-none", "delivery-registered-key"):
        page.locator(f"#{field}").check()
    page.locator("#documents").set_input_files(document)


def a_forger_is_quarantined(story):
    """A request with a guessed access key waits in quarantine."""
    fill_in(story, "0123-4567-89ab-cdef-" * 3 + "0123-4567-89ab-cdef")
    story.submit("#hand-in")
    expect(story.page.locator("#quarantined")).to_be_visible()
    story.picture("quarantined")


def only_documents_are_taken(story):
    """A file that only calls itself a PDF is refused, beside its field."""
    program = {"name": "order.pdf", "mimeType": "application/pdf", "buffer": b"MZ this is a program"}
    fill_in(story, story.installation.court("access-key.txt"), program)
    story.submit("#hand-in")
    expect(story.page.locator("#documents-wrong")).to_be_visible()


def the_court_gets_a_receipt(story):
    """The court hands an order in without scripts, and gets a receipt with state and deadline."""
    fill_in(story, story.installation.court("access-key.txt"))
    story.submit("#hand-in")
    expect(story.page.locator("#stage")).to_have_attribute("data-stage", re.compile("received|examined"))
    expect(story.page.locator("#due")).not_to_be_empty()
    story.picture("receipt")
    receipt = story.download("#receipt", "receipt.txt").decode()
    assert receipt.startswith("heliograph-receipt/1\ndemo.localhost/log\n"), receipt


def an_officer_is_let_in(story):
    """A one-time link and a passkey let an officer in; the link works once."""
    invite = ("admin", "staff", "invite", "Ada", "--role", "officer", "--data", story.installation.data)
    link = story.installation.run("heliograph", *invite).strip().splitlines()[-1]
    story.staff()
    story.go(link)
    story.picture("invitation")
    story.submit("#register")
    if story.page.locator("#sign-in").count():
        story.submit("#sign-in")
    story.go("/console")
    expect(story.page.locator("#cases")).to_be_visible()
    story.picture("desk")
    used = story.page.context.request.get(link)
    assert used.status == 404, used.status


def the_questions_are_answered(story):
    """The officer answers every question of the order that waits, with reasons."""
    story.go("/console")
    story.page.locator("#cases a", has_text="12 Gs 401/26").or_(
        story.page.locator("#cases tr", has_text="12 Gs 401/26").locator("a")
    ).first.click()
    story.case = story.page.url
    story.picture("case")
    while story.page.locator("button[id$='-answer']:visible").count():
        form = story.page.locator("form", has=story.page.locator("button[id$='-answer']:visible")).first
        form.locator("input[value=yes]").check()
        form.locator("textarea").fill("as the order shows")
        with story.page.expect_navigation():
            form.locator("button").click()
    expect(story.page.locator("#decision")).to_contain_text("admissible")
    story.submit("#do-prepare")
    expect(story.page.locator("#prepared")).to_contain_text("the record of the number")
    story.picture("prepared")


def officers_approve(story):
    """Three officers review the bundle with their own tool and approve; two are too few."""
    bundle = story.folder / "bundle.json"
    bundle.write_bytes(story.download("#bundle", "bundle.json"))
    for count, name in enumerate(OFFICERS, start=1):
        response = story.folder / f"response-{name}.json"
        story.installation.officer(name, "review", bundle, "--yes", "--verdict", "approve", "--out", response)
        assert story.page.locator("#to-open").count() == 0, f"{count - 1} approvals would do"
        story.page.locator("#response").set_input_files(response)
        story.submit("#do-respond")
        expect(story.page.locator("#approvals")).to_contain_text(f"{count} of 3")
    story.picture("approved")


def the_case_is_opened(story):
    """Opening says what it discloses, and wants to be confirmed."""
    story.page.locator("#to-open").click()
    expect(story.page.locator("#disclosed")).to_contain_text("the record of the number")
    story.picture("opening")
    story.page.locator("#confirmed").check()
    story.submit("#open")
    story.go(story.case)
    story.picture("opened")
    assert "delivered" in story.text(), story.text()


def views_are_on_record(story):
    """Every view and act of the officer is on record."""
    story.go("/console/audit")
    text = story.text()
    for word in ("see-case", "do-answer", "do-open"):
        assert word in text, f"no {word} on record"
    story.picture("audit")


def officers_change_the_custodians(story):
    """A roster of custodians is written down from a newcomer's card, signed by officers, and entered."""
    card = story.folder / "town-hall.json"
    # Officers and custodians have cards of one kind; only officers' are made for demonstrations by hand.
    card.write_text(story.installation.officer("town-hall", "init", "--name", "town-hall", "--demo"))
    story.go("/console/decisions")
    story.submit("#to-custodians")
    assert story.page.locator("#custodians").input_value().strip() == "local -"
    story.picture("custodians")
    # Nobody listens there; what the desk does then is not of this story.
    story.page.locator("#custodians").fill("town-hall http://127.0.0.1:9\n")
    story.page.locator("#cards").set_input_files(card)
    story.submit("#draft-custodians")
    words = story.page.locator("#newcomers dd").inner_text()
    assert re.fullmatch(r"([a-z]{5}-){7}[a-z]{5}", words), words
    story.picture("custodians-written")
    story.submit("#written a")
    text = story.folder / "decision.txt"
    text.write_bytes(story.download("article a[download]", "decision.txt"))
    signatures = []
    for name in OFFICERS:
        signatures.append(story.folder / f"signature-{name}.json")
        told = story.installation.officer(name, "sign", text, "--yes", "--out", signatures[-1])
        assert "town-hall" in told, told
    story.page.locator("input[name=signatures]").set_input_files(signatures)
    story.picture("decision")
    story.submit("article button")
    assert "Custodians, set 2: 1 of 1" in story.text(), story.text()
    story.go("/console/decisions")
    assert story.page.locator("#not-in-effect").count() == 0
    expect(story.page.locator("#no-drafts")).to_be_visible()


def the_package_is_fetched_once(story):
    """The court fetches the package once, opens it with its own key, and finds two members at most."""
    story.page = story.public.new_page()
    story.go(story.installation.court("receipt.txt"))
    expect(story.page.locator("#stage")).to_have_attribute("data-stage", "ended")
    story.picture("package")
    sealed = story.download("#fetch", "package.age")
    story.go(story.installation.court("receipt.txt"))
    assert story.page.locator("#fetch").count() == 0, "it could be fetched twice"
    key = pyrage.x25519.Identity.from_str(story.installation.court("key.txt"))
    with tarfile.open(fileobj=io.BytesIO(pyrage.decrypt(sealed, [key]))) as package:
        names = sorted(package.getnames())
        data = json.load(package.extractfile("package.json"))["data"]
    assert names == ["open.tlog-proof", "package.json", "page.html", "signature.txt"], names
    assert data == {"phone": "+447700900123"} or data == {"phone": "+447700900123", "ip": []}, "other data"


def the_log_is_right(story):
    """heliograph-verify finds the log right, over HTTP as anyone reads it."""
    told = story.installation.run("heliograph-verify", f"{story.installation.address}/log/")
    assert told.startswith("Trust level: self-attested"), told
    assert "openings 2" in told, told


def a_new_moderator_decides(story):
    """The link that the demonstration prints leads a new moderator to a first decision."""
    story.staff()
    story.go(story.installation.moderators_link())
    story.submit("#register")
    if story.page.locator("#sign-in").count():
        story.submit("#sign-in")
    expect(story.page.get_by_text("3 cases wait.")).to_be_visible()
    story.picture("queue")
    # Taken by hand: what comes first depends on who reported it.
    garden = story.page.locator("tr", has_text="Demo Garden")
    with story.page.expect_navigation():
        garden.locator("button").first.click()
    story.page.locator("input[name=act][value=nothing]").check()
    story.page.locator("textarea[name=facts]").fill("An invitation to plant beans is no spam.")
    story.submit("#preview")
    story.picture("what-would-follow")
    story.submit("#confirm")
    story.go("/console/queue")
    expect(story.page.get_by_text("2 cases wait.")).to_be_visible()


STEPS = (
    trust_level_comes_first,
    public_pages,
    the_log_commits_to_the_terms,
    mistakes_are_named,
    a_forger_is_quarantined,
    only_documents_are_taken,
    the_court_gets_a_receipt,
    an_officer_is_let_in,
    the_questions_are_answered,
    officers_approve,
    the_case_is_opened,
    views_are_on_record,
    officers_change_the_custodians,
    the_package_is_fetched_once,
    a_new_moderator_decides,
    the_log_is_right,
)
