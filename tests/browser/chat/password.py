"""The step about the cloud password."""

import re

from playwright.sync_api import expect

from .acts import open_chat, row

PASSWORD, BETTER = "blue heron at dawn", "grey heron at dusk"


def a_cloud_password(house):
    """A cloud password is set, asked for on new devices, changed, nearly given up, and removed"""
    page = house.ben
    page.goto(house.address + "/#/settings")
    card = page.get_by_role("region", name="Cloud password")
    card.get_by_role("button", name="Set a password").click()
    chosen(card, "heron", "heron", "")
    expect(card.get_by_role("alert")).to_contain_text("at least 8 letters")
    chosen(card, PASSWORD, PASSWORD + "!", "")
    expect(card.get_by_role("alert")).to_contain_text("not the same")
    card.scroll_into_view_if_needed()
    house.shots("password-set")
    house.accessible("password-set")
    chosen(card, PASSWORD, PASSWORD, "the bird")
    expect(card).to_contain_text("It is set.")

    other = house.visit()
    other.get_by_label("Phone number").fill(house.phone)
    other.keyboard.press("Enter")
    expect(other.get_by_text("You are signed in elsewhere")).to_be_visible()
    other.get_by_label("Code", exact=True).fill(newest_code(page))
    expect(other.get_by_text("This account also has a password.")).to_be_visible()
    expect(other.get_by_text("the bird")).to_be_visible()
    field = other.get_by_label("Password", exact=True)
    field.fill("blue heron at noon")
    field.press("Enter")
    expect(other.get_by_role("alert").filter(has_text="That is not the password.")).to_be_visible()
    other.get_by_role("button", name="Show password").click()
    expect(field).to_have_attribute("type", "text")
    other.get_by_role("button", name="Forgotten?").click()
    house.shots("password", other)
    house.accessible("password", other)
    field.fill(PASSWORD)
    field.press("Enter")
    expect(row(other, "Ada Test")).to_be_visible()
    other.context.close()

    card.get_by_role("button", name="Change password").click()
    card.get_by_label("Current password").fill("blue heron at noon")
    chosen(card, BETTER, BETTER, "another bird")
    expect(card.get_by_role("alert")).to_contain_text("That is not the password.")
    card.get_by_label("Current password").fill(PASSWORD)
    chosen(card, BETTER, BETTER, "another bird")
    expect(card).to_contain_text("It is set.")

    # Who lets a device in by its QR code is not asked; the device is.
    other = house.visit()
    other.context.grant_permissions(["clipboard-read", "clipboard-write"])
    other.get_by_role("button", name="Sign in by QR code").click()
    other.get_by_role("button", name="Copy as a link").click()
    page.get_by_label("Link").fill(other.evaluate("navigator.clipboard.readText()"))
    page.get_by_role("button", name="Let it in").click()
    field = other.get_by_label("Password", exact=True)
    field.fill(BETTER)
    field.press("Enter")
    expect(row(other, "Ada Test")).to_be_visible()
    other.context.close()

    card.get_by_role("button", name="Forgotten?").click()
    page.get_by_role("dialog").get_by_role("button", name="End it in seven days").click()
    expect(card).to_contain_text("asked for its password to end")
    card.scroll_into_view_if_needed()
    house.shots("password-pending", page)
    house.accessible("password-pending", page)
    card.get_by_role("button", name="Keep the password").click()
    expect(card).not_to_contain_text("asked for its password to end")

    card.get_by_role("button", name="Remove password").click()
    card.get_by_label("Current password").fill(BETTER)
    card.get_by_role("button", name="Remove password").click()
    expect(card).to_contain_text("There is none")
    house.page = page
    page.goto(house.address + "/#/")
    open_chat(page, "Ada Test")


def chosen(card, fresh, again, hint):
    """Fills in a new password, twice, and its hint."""
    card.get_by_label("New password", exact=True).fill(fresh)
    card.get_by_label("New password once more").fill(again)
    card.get_by_label("Hint for yourself").fill(hint)
    card.get_by_role("button", name="Save").click()


def newest_code(page):
    """The newest code that the server's own chat holds."""
    listed = page.locator(".row", has_text=re.compile("Heliograph|Telegram"))
    expect(listed).to_contain_text(re.compile(r"\d{5}"))
    return re.search(r"\b(\d{5})\b", listed.inner_text())[1]
