"""The steps in which the server is away, or the browser lets tabs share nothing."""

import re
import time

from playwright.sync_api import expect

from .acts import bubble, open_chat, row, write


# Whose code comes too late.
LATE = "+49 1511 0055509"


def the_server_goes(house):
    """The server is gone: what is written waits, and goes once when it is back"""
    page, ada = house.ben, house.ada
    late = house.visit()
    late.get_by_label("Phone number").fill(LATE)
    late.keyboard.press("Enter")
    late.get_by_label("Code", exact=True).wait_for()
    code = house.code(LATE)
    house.page = page
    ada.leave()
    house.server.process.kill()
    house.server.process.wait()
    expect(page.get_by_text(re.compile("Connecting…|No network"))).to_be_visible(timeout=20_000)
    write(page, "Written in the dark")
    write(page, "And one more")
    expect(bubble(page, "And one more")).to_contain_text("waits for the connection")
    house.shots("offline")
    # A tab that is closed takes nothing with it.
    page.close()
    house.restart()
    house.ben = house.page = page = house.other_tab(page)
    open_chat(page, "Ada Test")
    expect(bubble(page, "And one more").get_by_role("img", name="Sent")).to_be_visible(timeout=30_000)
    house.ada, _ = house.stage.start(house.library, "ada_of_telethon")
    texts = [one["text"] for one in house.ada.call("history", peer="@ben_browses", limit=10)["messages"]]
    assert texts.count("Written in the dark") == 1 and texts.count("And one more") == 1, texts
    assert texts.index("And one more") < texts.index("Written in the dark"), texts
    house.ada.call("send", peer="@ben_browses", text="I saw both")
    expect(bubble(page, "I saw both")).to_be_visible()
    # The other browser was open all the time, and missed nothing.
    expect(row(house.other, "Ada Test")).to_contain_text("I saw both", timeout=20_000)
    a_code_has_expired(house, late, code)
    house.complaints = [one for one in house.complaints if not is_about_the_absence(one)]


def a_code_has_expired(house, page, code):
    """Codes are kept in memory alone, so that one from before the restart is worth nothing."""
    page.get_by_label("Code", exact=True).fill(code)
    expect(page.get_by_role("alert").filter(has_text="The code has expired")).to_be_visible(timeout=20_000)
    house.shots("expired", page)
    page.get_by_role("button", name="Use another number").click()
    house.sign_in(page, LATE, "Late")
    page.context.close()


def opened_without_the_server(house):
    """Without the server the page opens with what it kept; what is written there arrives once"""
    page = house.ben
    open_chat(page, "Ada Test")
    expect(bubble(page, "I saw both")).to_be_visible()
    deadline = time.monotonic() + 10
    while not all(page.evaluate(KEEPS, [box, "I saw both"]) for box in ("messages", "dialogs")):
        assert time.monotonic() < deadline, "the browser does not keep the newest message"
        page.wait_for_timeout(100)
    kept = page.evaluate(KEPT_FILES)
    assert "/" in kept and all(path == "/" or re.fullmatch(r"/web/[\w.-]+\.(js|css|svg|wasm)", path) for path in kept), kept
    house.ada.leave()
    house.server.process.kill()
    house.server.process.wait()
    for tab in page.context.pages:
        if tab != page:
            tab.close()
    page.reload()
    expect(row(page, "Harbour news")).to_be_visible()
    expect(row(page, "Ada Test")).to_contain_text("I saw both")
    expect(bubble(page, "I saw both")).to_be_visible()
    expect(page.get_by_text("The server does not answer.")).to_be_visible(timeout=20_000)
    write(page, "Written before the server came")
    expect(bubble(page, "Written before the server came")).to_contain_text("waits for the connection")
    house.shots("away")
    house.accessible("away")
    # It waits there also when the page is opened once more.
    page.reload()
    expect(bubble(page, "Written before the server came")).to_contain_text("waits for the connection")
    house.restart()
    expect(bubble(page, "Written before the server came").get_by_role("img", name="Sent")).to_be_visible(timeout=30_000)
    house.ada, _ = house.stage.start(house.library, "ada_of_telethon")
    texts = [one["text"] for one in house.ada.call("history", peer="@ben_browses", limit=10)["messages"]]
    assert texts.count("Written before the server came") == 1, texts
    # With the server there, nobody sees a page of last time.
    page.evaluate(OLD_PAGE)
    page.reload()
    expect(bubble(page, "Written before the server came")).to_be_visible()
    house.complaints = [one for one in house.complaints if not is_about_the_absence(one)]


def is_about_the_absence(complaint):
    """The browser itself says in the console that it could not reach the server."""
    return any(words in complaint for words in ("ERR_CONNECTION_REFUSED", "WebSocket connection", "502", "ERR_"))


def without_a_shared_worker(house):
    """Where tabs cannot share a worker, one tab works at a time, and the next goes on when it is closed"""
    usual = house.page
    page = house.visit()
    context = page.context
    page.close()
    # As in browsers of telephones.
    context.add_init_script("delete window.SharedWorker")
    page = house.page = context.new_page()
    page.goto(house.address)
    house.sign_in(page, "+49 1511 0055505", "Alone")
    page.goto(f"{house.address}/#/new")
    page.get_by_label("Username, phone number").fill("@ada_of_telethon")
    page.get_by_role("button", name="Open", exact=True).click()
    mark = house.ada.mark()
    write(page, "From a telephone")
    house.ada.wait(mark, "new_message", text="From a telephone")
    second = context.new_page()
    second.goto(house.address)
    expect(second.get_by_role("heading", name="Open in another tab")).to_be_visible()
    house.shots("other-tab", second)
    page.close()
    expect(row(second, "Ada Test")).to_contain_text("From a telephone")
    context.close()
    house.page = usual


# Whether a box of the page's own database holds a text somewhere.
KEEPS = """async ([box, text]) => {
  const open = indexedDB.open('heliograph page')
  const db = await new Promise((resolve) => { open.onsuccess = () => resolve(open.result) })
  const request = db.transaction(box).objectStore(box).getAll()
  const values = await new Promise((resolve) => { request.onsuccess = () => resolve(request.result) })
  db.close()
  return JSON.stringify(values).includes(text)
}"""
# The addresses that the service worker keeps, once it is there.
KEPT_FILES = """async () => {
  await navigator.serviceWorker.ready
  const paths = []
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) paths.push(new URL(url).pathname)
  }
  return paths
}"""
# What a browser has that was not here since the server was replaced.
OLD_PAGE = """async () => {
  const [name] = await caches.keys()
  const old = new Response('an old page', { headers: { 'content-type': 'text/html' } })
  await (await caches.open(name)).put('/', old)
}"""
