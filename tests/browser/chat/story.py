"""The steps: what people do with the web page, in the order of a first week."""

import re
import time

from playwright.sync_api import expect

from .absence import opened_without_the_server, the_server_goes, without_a_shared_worker
from .acts import bubble, open_chat, png, row, write
from .channels import a_channel_is_changed, a_group_for_comments, pinned_messages, somebody_is_blocked
from .media import an_album, recordings
from .password import a_cloud_password

PHONE = "+49 1511 0055501"


def without_scripts(house):
    """Without scripts the page tells how to connect"""
    house.page = house.public.new_page()
    for path in ("/", "/connect"):
        house.go(path)
        assert "self-attested" in house.text() and "server.pub.pem" in house.text()
    house.picture("web-connect")


def first_sight(house):
    """A page that was never seen paints within a second, under a strict policy"""
    page = house.visit()
    answer = page.request.get(house.address)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';") and "unsafe-inline" not in policy, policy
    page.get_by_label("Phone number").wait_for()
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    print(f"      first paint after {painted:.0f} ms")
    assert painted < 1_000, painted
    expect(page.get_by_role("heading", name="Trust level: self-attested")).to_be_visible()
    house.shots("door")
    house.accessible("door")


def sign_up(house):
    """Somebody signs up: a number, a code, the terms, a name"""
    page = house.page
    page.get_by_label("Phone number").fill("12")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="not a full phone number")).to_be_visible()
    page.get_by_label("Phone number").fill(PHONE)
    page.keyboard.press("Enter")
    field = page.get_by_label("Code", exact=True)
    field.wait_for()
    right = house.code(PHONE)
    field.fill(str((int(right) + 1) % 10 ** len(right)).zfill(len(right)))
    expect(page.get_by_role("alert").filter(has_text="not the code")).to_be_visible()
    house.shots("code")
    house.accessible("code")
    field.fill(right)
    page.get_by_label("First name").fill("Ben")
    expect(page.get_by_role("button", name="Begin")).to_be_disabled()
    house.shots("terms")
    house.accessible("terms")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("No chats yet")).to_be_visible()
    house.shots("empty")
    house.ben, house.phone = page, PHONE


def settings(house):
    """They take a username, and see their device"""
    page = house.ben
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("menuitem", name="Settings").click()
    page.get_by_label("Username").fill("ben_browses")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_text("this device")).to_be_visible()
    house.shots("settings")
    house.accessible("settings")
    page.get_by_label("Username").fill("a")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("A username has 5 to 32")).to_be_visible()
    page.keyboard.press("Escape")


def messages_come(house):
    """Messages of Telethon come at once, and are read when they are seen"""
    house.ada = house.somebody("+99966550001", "Ada", "ada_of_telethon")
    sent = house.ada.call("send", peer="@ben_browses", text="Hello Ben!")["id"]
    page = house.ben
    listed = row(page, "Ada Test")
    expect(listed).to_contain_text("Hello Ben!")
    expect(listed).to_contain_text("1 unread message")
    mark = house.ada.mark()
    open_chat(page, "Ada Test")
    expect(bubble(page, "Hello Ben!")).to_be_visible()
    house.ada.wait(mark, "read_outbox", max_id=sent)
    expect(listed).not_to_contain_text("unread")
    house.ada.call("typing", peer="@ben_browses")
    expect(page.locator(".chat-head")).to_contain_text("typing…")


def messages_go(house):
    """What is written goes to Telethon: a text, an answer, an edit, a deletion"""
    page, ada = house.ben, house.ada
    mark = ada.mark()
    page.get_by_role("textbox", name="Write a message").press_sequentially("Hi Ada", delay=20)
    ada.wait(mark, "typing")
    page.keyboard.press("Enter")
    first = ada.wait(mark, "new_message", text="Hi Ada")
    ada.call("read", peer="@ben_browses", max_id=first["id"])
    expect(bubble(page, "Hi Ada").get_by_role("img", name="Read", exact=True)).to_be_visible()

    bubble(page, "Hello Ben!").click(button="right")
    page.screenshot(path=house.pictures / "web-menu.png")
    page.get_by_role("menuitem", name="Reply").click()
    mark = ada.mark()
    write(page, "With an answer")
    assert ada.wait(mark, "new_message", text="With an answer")["reply_to"]
    expect(bubble(page, "With an answer").locator(".quote")).to_contain_text("Hello Ben!")

    page.keyboard.press("ArrowUp")
    field = page.get_by_role("textbox", name="Write a message")
    expect(field).to_have_value("With an answer")
    mark = ada.mark()
    write(page, "With a better answer")
    ada.wait(mark, "edited", text="With a better answer")
    expect(bubble(page, "With a better answer")).to_contain_text("edited")

    mark = ada.mark()
    bubble(page, "With a better answer").click(button="right")
    page.get_by_role("menuitem", name="Delete").click()
    house.accessible("question")
    page.get_by_role("button", name="Delete for both").click()
    ada.wait(mark, "deleted")
    expect(page.get_by_text("With a better answer")).to_have_count(0)
    ada.call("send", peer="@ben_browses", text="Bold links: https://example.org and @ada_of_telethon")
    expect(bubble(page, "Bold links").get_by_role("link")).to_have_attribute("href", "https://example.org/")
    house.shots("chat")
    house.accessible("chat")


def pictures_and_files(house):
    """Pictures and files go both ways, unchanged where that was asked for"""
    page, ada = house.ben, house.ada
    picture = house.folder / "square.png"
    picture.write_bytes(png(64, 48))
    data = bytes(range(256)) * 8192
    mark = ada.mark()
    notes = house.folder / "notes.bin"
    notes.write_bytes(data)
    page.locator("input[type=file]").set_input_files([picture, notes])
    page.get_by_role("textbox", name="Write a message").fill("Two at once")
    house.shots("attached")
    page.keyboard.press("Enter")
    came = ada.wait(mark, "new_message", text="Two at once")
    file = ada.wait(mark, "new_message", text="")
    expect(bubble(page, "Two at once").get_by_role("img", name="Two at once")).to_be_visible()
    ada.call("fetch", peer="@ben_browses", id=file["id"], path=str(house.folder / "came.bin"))
    assert (house.folder / "came.bin").read_bytes() == data
    assert came["id"] != file["id"]

    ada.call("send_file", peer="@ben_browses", path=str(picture), photo=True, caption="A square for you")
    ada.call("send_file", peer="@ben_browses", path=str(notes), photo=False, caption="And the file")
    shown = bubble(page, "A square for you")
    expect(shown.get_by_role("img", name="A square for you")).to_be_visible()
    shown.get_by_role("button", name="Open: A square").click()
    expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    page.keyboard.press("Escape")
    got = house.download_from(page, bubble(page, "And the file").get_by_role("button", name=re.compile("notes.bin")))
    assert got == data
    house.shots("files")
    house.accessible("files")


def a_draft_follows(house):
    """A draft, a pin and the code for another browser are there on that browser"""
    page = house.ben
    page.get_by_role("textbox", name="Write a message").fill("To be continued")
    other = house.visit()
    other.get_by_label("Phone number").fill(PHONE)
    other.keyboard.press("Enter")
    expect(other.get_by_text("You are signed in elsewhere")).to_be_visible()
    expect(row(page, "Heliograph|Telegram|777000|Service")).to_be_visible()
    text = page.locator(".row", has_text=re.compile(r"\d{5}")).first.inner_text()
    other.get_by_label("Code", exact=True).fill(re.search(r"\b(\d{5})\b", text)[1])
    expect(row(other, "Ada Test")).to_contain_text("Draft: To be continued")
    open_chat(other, "Ada Test")
    expect(other.get_by_role("textbox", name="Write a message")).to_have_value("To be continued")
    other.get_by_role("textbox", name="Write a message").fill("")
    row(page, "Ada Test").click(button="right")
    page.get_by_role("menuitem", name="Pin").click()
    expect(row(other, "Ada Test").get_by_role("img", name="Pinned")).to_be_visible()
    house.other, house.page = other, page


def a_channel_is_found(house):
    """A public channel is found by its name and its words, read, joined and left"""
    page, ada = house.ben, house.ada
    news = ada.call("make_channel", title="Harbour news", broadcast=True)["channel"]
    group = ada.call("make_channel", title="Harbour talk", broadcast=False)["channel"]
    ada.call("publish", peer=news, username="harbour_news")
    ada.call("discuss", peer=news, group=group)
    ada.call("send", peer=news, text="The lighthouse is being repainted this week.")
    house.news = news
    search = page.get_by_role("searchbox", name="Search")
    deadline = time.monotonic() + 20
    found = page.get_by_role("region", name="Public posts").get_by_role("button", name=re.compile("lighthouse"))
    # The index follows within seconds; people would look again, too.
    while not found.count():
        assert time.monotonic() < deadline, "the post is not found"
        page.keyboard.press("Control+k")
        search.fill("")
        search.fill("lighthouse")
        page.wait_for_timeout(1_000)
    house.shots("posts-found")
    search.fill("harbour")
    house.accessible("search")
    house.shots("search")
    page.get_by_role("region", name="Public channels").get_by_role("button", name=re.compile("Harbour news")).click()
    expect(bubble(page, "lighthouse")).to_be_visible()
    search.fill("")
    page.get_by_role("button", name="Join").click()
    expect(row(page, "Harbour news")).to_be_visible()
    expect(page.get_by_text("Only this channel’s admins post here.")).to_be_visible()
    ada.call("send", peer=news, text="The lighthouse is red now.")
    expect(bubble(page, "red now")).to_be_visible()
    expect(page.get_by_role("button", name="Join")).to_have_count(0)
    house.shots("channel")
    house.accessible("channel")


def comments(house):
    """Comments under a post are read and written"""
    page, ada = house.ben, house.ada
    bubble(page, "red now").get_by_role("button", name="Comment").click()
    expect(page.get_by_role("heading", name="Comments")).to_be_visible()
    expect(bubble(page, "red now")).to_be_visible()
    mark = ada.mark()
    write(page, "A fine red")
    ada.wait(mark, "post", text="A fine red")
    expect(bubble(page, "A fine red")).to_be_visible()
    house.shots("comments")
    page.get_by_role("region", name="Chat", exact=True).get_by_role("button", name="Back").first.click()
    expect(bubble(page, "red now").get_by_role("button", name="1 comment")).to_be_visible()


def a_channel_of_ones_own(house):
    """Somebody makes a channel, and its posts are read with Telethon"""
    page, ada = house.ben, house.ada
    page.get_by_role("complementary").get_by_role("button", name="New chat").click()
    house.shots("new")
    house.accessible("new")
    page.get_by_label("Title").fill("Ben’s garden")
    page.get_by_label("Public name").fill("bens_garden")
    page.get_by_role("button", name="Make a channel or group").click()
    write(page, "Tomatoes today")
    expect(bubble(page, "Tomatoes today")).to_be_visible()
    ada.call("join", to="@bens_garden")
    mark = ada.mark()
    write(page, "Beans tomorrow")
    ada.wait(mark, "post", text="Beans tomorrow")
    bubble(page, "Tomatoes today").click(button="right")
    page.get_by_role("menuitem", name="Forward").click()
    mark = ada.mark()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Ada Test")).click()
    ada.wait(mark, "new_message", text="Tomatoes today")
    expect(bubble(page, "Tomatoes today")).to_contain_text("Forwarded from")


def a_report(house):
    """A post is reported through the server's questions, and an appeal has its place"""
    page = house.ben
    open_chat(page, "Harbour news")
    bubble(page, "red now").click(button="right")
    page.get_by_role("menuitem", name="Report").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Scam or spam").click()
    house.shots("report")
    house.accessible("report")
    dialog.get_by_role("button", name="A fraudulent offer").click()
    expect(page.get_by_text("Thank you. Moderators will look at it.").or_(dialog.get_by_label("What should"))).to_be_visible()
    if dialog.count():
        dialog.get_by_label("What should").fill("It sells paint that is not there.")
        dialog.get_by_role("button", name="Send report").click()
        expect(page.get_by_text("Thank you. Moderators will look at it.")).to_be_visible()
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("menuitem", name="Appeal a decision").click()
    expect(page.locator(".chat-head")).to_contain_text("Spam Info")
    write(page, "/start")
    expect(page.locator("article.message.in").first).to_be_visible()


def hostile_names(house):
    """Names and texts of strangers stay in their places, and are text"""
    page, ada = house.ben, house.ada
    script = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    zalgo = "Z" + "\u0300\u0301\u0302\u0303\u0304\u0305" * 40 + "algo"
    ada.call("set_name", first_name="\u202eevil" + script[:30], last_name=zalgo[:60])
    ada.call("send", peer="@ben_browses", text=script)
    ada.call("send", peer="@ben_browses", text="\u202e" + "right to left? " + zalgo)
    expect(row(page, "evil")).to_be_visible()
    row(page, "evil").click()
    expect(bubble(page, script)).to_be_visible()
    name = page.locator(".chat-head .name").first
    assert "\u202e" not in name.inner_text()
    assert name.bounding_box()["height"] < 40
    assert not page.evaluate("window.alerted"), "a script of a stranger ran"
    house.shots("hostile")
    ada.call("set_name", first_name="Ada", last_name="Test")


def a_long_message(house):
    """A message of 10,000 lines goes in pieces and can be read"""
    page, ada = house.ben, house.ada
    text = "\n".join(f"line {number}" for number in range(10_000))
    open_chat(page, "Ada Test")
    field = page.get_by_role("textbox", name="Write a message")
    field.evaluate(PASTE, text)
    hint = page.get_by_text("This is long: it goes as")
    expect(hint).to_be_visible()
    pieces = int(re.search(r"\d+", hint.inner_text())[0])
    mark = ada.mark()
    field.press("Enter")
    ada.wait(mark, "new_message", within=30)
    deadline = time.monotonic() + 30
    lines = []
    while len(lines) < 10_000 and time.monotonic() < deadline:
        came = [event for event in ada.events[mark:] if event["event"] == "new_message"]
        lines = "\n".join(event["text"] for event in came).splitlines()
        time.sleep(0.1)
    assert lines == text.splitlines(), len(lines)
    assert len(came) == pieces
    last = page.locator("article.message.out").last
    last.get_by_role("button", name="Show all").wait_for()
    assert last.bounding_box()["height"] < 1_500
    house.shots("long")
    write(page, "That was it")
    expect(bubble(page, "That was it")).to_be_visible()


def a_long_chat(house):
    """A chat of many hundred messages is read up to its first, and little of it is drawn"""
    page, ada = house.ben, house.ada
    for number in range(400):
        ada.call("send", peer="@ben_browses", text=f"number {number} of many")
    expect(bubble(page, "number 399 of many")).to_be_visible(timeout=30_000)
    page.evaluate(TO_THE_TOP)
    expect(bubble(page, "Hello Ben!")).to_be_visible()
    drawn = page.locator("article.message").count()
    assert drawn < 100, f"{drawn} messages are drawn at once"
    page.get_by_role("button", name="To the newest message").click()
    expect(bubble(page, "number 399 of many")).to_be_visible()
    # Looking for words goes straight to a message far above, and to the next.
    page.get_by_role("button", name="Search this chat").click()
    page.get_by_role("searchbox", name="Search this chat").fill("Hello Ben")
    expect(bubble(page, "Hello Ben!")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="To the newest message").click()
    expect(bubble(page, "number 399 of many")).to_be_visible()


def two_tabs(house):
    """Two tabs share one connection and see the same"""
    page = house.ben
    before = house.metric("heliograph_connections")
    second = house.other_tab(page)
    open_chat(second, "Ada Test")
    expect(bubble(second, "number 399 of many")).to_be_visible()
    assert house.metric("heliograph_connections") == before, "a tab has a connection of its own"
    write(second, "From the second tab")
    expect(bubble(page, "From the second tab")).to_be_visible()
    expect(bubble(second, "From the second tab")).to_be_visible()
    bubble(second, "From the second tab").click(button="right")
    second.get_by_role("menuitem", name="Delete").click()
    second.get_by_role("button", name="Delete for both").click()
    expect(page.get_by_text("From the second tab")).to_have_count(0)
    second.close()


def keys_alone(house):
    """Everything is reached by keys alone"""
    page = house.ben
    page.keyboard.press("Escape")
    expect(page.get_by_text("Choose a chat")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("Ada")
    first = page.get_by_role("region", name="Your chats").get_by_role("button").first
    first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Write a message")).to_be_focused()
    page.keyboard.type("Without a mouse")
    page.keyboard.press("Enter")
    expect(bubble(page, "Without a mouse").get_by_role("img", name="Sent")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(bubble(page, "Without a mouse").get_by_role("button", name="What to do")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(bubble(page, "Without a mouse").get_by_role("button", name="What to do")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+ArrowDown")
    page.get_by_role("region", name="Chat", exact=True).wait_for()
    page.get_by_role("searchbox").fill("")


def other_languages(house):
    """In German, and from right to left, everything has its place"""
    page = house.ben
    page.goto(house.address + "/#/settings")
    page.get_by_label("Language").select_option("de")
    expect(page.get_by_role("heading", name="Einstellungen")).to_be_visible()
    house.shots("german-settings")
    page.goto(house.address + "/#/")
    page.locator(".row", has_text="Ada Test").click()
    house.shots("german")
    house.accessible("german")
    # No message file is written from right to left yet; the page is.
    page.evaluate("document.documentElement.dir = 'rtl'")
    house.shots("right-to-left")
    page.evaluate("document.documentElement.dir = 'ltr'")
    page.goto(house.address + "/#/settings")
    page.get_by_label("Sprache").select_option("system")
    page.get_by_text("Dark", exact=True).click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 21, 28)"
    page.get_by_text("Like the system", exact=True).click()


def a_wrong_clock(house):
    """On a machine whose clock is a day fast or slow everything works, and times are the server's"""
    usual = house.page
    for off_by_s, phone in ((86_400, "+49 1511 0055502"), (-86_400, "+49 1511 0055503")):
        page = house.with_clock(off_by_s)
        off = page.evaluate("Date.now() / 1000") - time.time()
        assert abs(off - off_by_s) < 60, f"the clock is {off:.0f} s off"
        house.sign_in(page, phone, "Out of time")
        page.goto(f"{house.address}/#/new")
        page.get_by_label("Username, phone number").fill("@ada_of_telethon")
        page.get_by_role("button", name="Open", exact=True).click()
        write(page, "What time is it?")
        sent = bubble(page, "What time is it?")
        expect(sent.get_by_role("img", name="Sent")).to_be_visible()
        page.reload()
        expect(sent.get_by_role("img", name="Sent")).to_be_visible()
        sent.click(button="right")
        # The two days in which it can be edited are counted by the server's clock.
        expect(page.get_by_role("menuitem", name="Edit")).to_be_visible()
        page.context.browser.close()
    house.page = usual


def full_storage(house):
    """A browser without room says so, and messages go all the same"""
    page = house.ben
    page.evaluate(FULL)
    open_chat(page, "Ada Test")
    write(page, "No room here")
    expect(page.get_by_role("alert").filter(has_text="no room left")).to_be_visible()
    expect(bubble(page, "No room here").get_by_role("img", name="Sent")).to_be_visible()
    house.shots("full")
    page.reload()
    expect(bubble(page, "No room here")).to_be_visible()
    page.get_by_role("searchbox").fill("")


def blocked_storage(house):
    """A browser that stores nothing says so"""
    page = house.visit()
    page.close()
    context = page.context
    context.add_init_script("Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('', 'SecurityError') } })")
    house.page = page = context.new_page()
    page.goto(house.address)
    house.sign_in(page, "+49 1511 0055504", "Private")
    expect(page.get_by_role("alert").filter(has_text="does not let the page keep anything")).to_be_visible()
    house.shots("blocked")
    page.close()
    house.page = house.ben


def announcements(house):
    """Who asked for it is notified of new messages, once, and not of those they see"""
    page = house.ben
    page.context.grant_permissions(["notifications"])
    page.goto(house.address + "/#/settings")
    page.get_by_label("Notify me").check()
    second = house.other_tab(page)
    for tab in (page, second):
        tab.evaluate(NOTED)
    house.ada.call("send", peer="@ben_browses", text="Do you hear me?")
    expect(row(second, "Ada Test")).to_contain_text("Do you hear me?")
    noted = [note for tab in (page, second) for note in tab.evaluate("window.noted")]
    assert noted == [["Ada Test", "Do you hear me?"]], noted
    second.close()
    page.get_by_label("Notify me").uncheck()


def by_qr(house):
    """Another browser is let in by its QR code, without a number"""
    other = house.visit()
    other.context.grant_permissions(["clipboard-read", "clipboard-write"])
    other.get_by_role("button", name="Sign in by QR code").click()
    other.get_by_role("img", name="QR code").wait_for()
    house.shots("qr")
    house.accessible("qr")
    other.get_by_role("button", name="Copy as a link").click()
    link = other.evaluate("navigator.clipboard.readText()")
    page = house.ben
    page.goto(house.address + "/#/settings")
    page.get_by_label("Link").fill(link)
    page.get_by_role("button", name="Let it in").click()
    expect(page.get_by_text("The device is signed in now.")).to_be_visible()
    expect(row(other, "Ada Test")).to_be_visible()
    other.context.close()
    house.page = page


def signed_out_elsewhere(house):
    """A session that is ended on another device says so, and keeps nothing"""
    page, other = house.ben, house.other
    page.goto(house.address + "/#/")
    page.goto(house.address + "/#/settings")
    # Those that were let in by a code or a password, and the one from the first days.
    ends = page.get_by_role("button", name="End session")
    expect(ends.first).to_be_visible()
    while left := ends.count():
        ends.first.click()
        expect(ends).to_have_count(left - 1)
    expect(other.get_by_text("You were signed out: this session was ended")).to_be_visible(timeout=15_000)
    house.shots("ended", other)
    kept = other.evaluate(KEPT)
    assert kept == 0, f"{kept} things of who signed out are left"
    page.goto(house.address + "/#/")
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    page.get_by_label("Phone number").wait_for()
    page.reload()
    page.get_by_label("Phone number").wait_for()


# Keeps what would be shown by the system.
NOTED = """() => {
  window.noted = []
  window.Notification = class {
    static permission = 'granted'
    constructor(title, { body }) { window.noted.push([title, body]) }
    close() {}
  }
}"""
# Scrolls up as long as something older comes, as somebody who looks for the beginning does.
TO_THE_TOP = """async () => {
  const list = document.querySelector('.rows')
  for (let still = 0; still < 30; still++) {
    const height = list.scrollHeight
    list.scrollTop = 0
    await new Promise((resolve) => setTimeout(resolve, 20))
    if (list.scrollHeight !== height) still = 0
  }
}"""
# What a browser does when its disk is full.
FULL = """() => {
  IDBObjectStore.prototype.put = () => { throw new DOMException('', 'QuotaExceededError') }
}"""
# As a browser does when somebody pastes a text.
PASTE = """(field, text) => {
  const clipboardData = new DataTransfer()
  clipboardData.setData('text/plain', text)
  field.focus()
  field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
}"""
# How many values the page's own database holds.
KEPT = """async () => {
  const open = indexedDB.open('heliograph page')
  const db = await new Promise((resolve) => { open.onsuccess = () => resolve(open.result) })
  let count = 0
  for (const name of db.objectStoreNames) {
    const request = db.transaction(name).objectStore(name).count()
    count += await new Promise((resolve) => { request.onsuccess = () => resolve(request.result) })
  }
  return count
}"""


STEPS = (
    without_scripts,
    first_sight,
    sign_up,
    settings,
    messages_come,
    messages_go,
    pictures_and_files,
    an_album,
    recordings,
    a_draft_follows,
    a_channel_is_found,
    comments,
    a_channel_of_ones_own,
    a_group_for_comments,
    a_channel_is_changed,
    pinned_messages,
    somebody_is_blocked,
    a_report,
    hostile_names,
    a_long_message,
    a_long_chat,
    two_tabs,
    the_server_goes,
    opened_without_the_server,
    without_a_shared_worker,
    keys_alone,
    other_languages,
    full_storage,
    blocked_storage,
    a_wrong_clock,
    announcements,
    a_cloud_password,
    by_qr,
    signed_out_elsewhere,
)
