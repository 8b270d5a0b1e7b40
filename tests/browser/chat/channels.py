"""The steps about what admins do with a channel, about pinned messages, and about blocking."""

import re

from harness.driver import DriverError
from playwright.sync_api import expect

from .acts import bubble, open_chat, png, row, write


def chat_menu(page, item):
    """Picks something from the menu of the open chat."""
    page.get_by_role("button", name="More about this chat").click()
    page.get_by_role("menuitem", name=item, exact=True).click()


def delete_for_good(page, dialog, button):
    """Deletes what is edited."""
    dialog.get_by_role("button", name=button).click()
    page.get_by_role("dialog", name="Delete it for good?").get_by_role("button", name="Delete").click()


def a_group_for_comments(house):
    """Somebody makes a group, slows it down, and has their channel discussed in it"""
    page, ada = house.ben, house.ada
    page.get_by_role("complementary").get_by_role("button", name="New chat").click()
    page.get_by_role("radio", name="Group").check()
    page.get_by_label("Title").fill("Ben’s bench")
    page.get_by_label("Public name").fill("bens_bench")
    page.get_by_role("button", name="Make a channel or group").click()
    expect(page.locator(".chat-head")).to_contain_text("Ben’s bench")
    ada.call("join", to="@bens_bench")
    dialog = page.get_by_role("dialog", name="Edit group")
    pause = dialog.get_by_label("Pause between two messages of a member")
    for seconds in ("300", "0"):
        chat_menu(page, "Edit")
        pause.select_option(seconds)
        # What is shown the next time comes from the server.
        dialog.get_by_role("button", name="Close").click()
        chat_menu(page, "Edit")
        expect(pause).to_have_value(seconds)
        dialog.get_by_role("button", name="Close").click()
        ada.call("send", peer="@bens_bench", text=f"Is this seat taken? {seconds}")
        expect(bubble(page, f"taken? {seconds}")).to_be_visible()
        if seconds != "0":
            refused(lambda: ada.call("send", peer="@bens_bench", text="Is it?"))

    open_chat(page, "Ben’s garden")
    chat_menu(page, "Edit")
    dialog = page.get_by_role("dialog", name="Edit channel")
    dialog.get_by_label("Group for comments").select_option(label="Ben’s bench")
    dialog.get_by_role("button", name="Close").click()
    write(page, "What shall I sow?")
    expect(bubble(page, "shall I sow").get_by_role("button", name="Comment")).to_be_visible()
    post = ada.call("history", peer="@bens_garden", limit=1)["messages"][0]["id"]
    ada.call("comment", peer="@bens_garden", id=post, text="Peas")
    open_chat(page, "Ada Test")
    open_chat(page, "Ben’s garden")
    bubble(page, "shall I sow").get_by_role("button", name="1 comment").click()
    expect(bubble(page, "Peas")).to_be_visible()
    page.get_by_role("region", name="Chat", exact=True).get_by_role("button", name="Back").first.click()

    chat_menu(page, "Edit")
    dialog.get_by_label("Group for comments").select_option(label="No comments")
    dialog.get_by_role("button", name="Close").click()
    mark = ada.mark()
    write(page, "Beans, then")
    ada.wait(mark, "post", text="Beans, then")
    expect(bubble(page, "Beans, then").get_by_role("button", name="Comment")).to_have_count(0)
    open_chat(page, "Ben’s bench")
    chat_menu(page, "Edit")
    delete_for_good(page, page.get_by_role("dialog", name="Edit group"), "Delete group")
    expect(row(page, "bench")).to_have_count(0)


def a_channel_is_changed(house):
    """Somebody changes their channel, makes an admin of it, and deletes it"""
    page, ada = house.ben, house.ada
    open_chat(page, "Ben’s garden")
    chat_menu(page, "Edit")
    dialog = page.get_by_role("dialog", name="Edit channel")
    dialog.get_by_label("Title").fill("Ben’s allotment")
    dialog.get_by_label("Description").fill("What grows, and when")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".chat-head")).to_contain_text("Ben’s allotment")
    picture = house.folder / "garden.png"
    picture.write_bytes(png(200, 200, (77, 112, 24)))
    dialog.locator("input[type=file]").set_input_files(picture)
    expect(dialog.get_by_role("button", name="Remove picture")).to_be_visible()
    dialog.get_by_label("Sign posts").check()
    expect(dialog.get_by_label("Sign posts")).to_be_checked()

    dialog.get_by_role("button", name="Add an admin").click()
    house.shots("edit")
    house.accessible("edit")
    dialog.get_by_role("button", name="Make admin").click()
    expect(dialog.get_by_role("button", name="Remove as admin")).to_be_visible()
    ada.call("send", peer="@bens_garden", text="Pumpkins are late")
    dialog.get_by_role("button", name="Close").click()
    # Posts are signed now.
    expect(bubble(page, "Pumpkins are late")).to_contain_text("Ada Test")
    chat_menu(page, "About this chat")
    expect(page.get_by_role("dialog")).to_contain_text("What grows, and when")
    page.keyboard.press("Escape")

    chat_menu(page, "Edit")
    dialog.get_by_role("button", name="Remove as admin").click()
    expect(dialog.get_by_role("button", name="Remove as admin")).to_have_count(0)
    refused(lambda: ada.call("send", peer="@bens_garden", text="And mine?"))
    delete_for_good(page, dialog, "Delete channel")
    expect(row(page, "allotment")).to_have_count(0)
    expect(page.get_by_text("Choose a chat")).to_be_visible()


def pinned_messages(house):
    """A pinned message stands above the chat, leads to its place, and is taken down"""
    page, ada = house.ben, house.ada
    open_chat(page, "Ada Test")
    bar = page.get_by_role("region", name="Pinned messages")
    bubble(page, "Hi Ada").click(button="right")
    page.get_by_role("menuitem", name="Pin", exact=True).click()
    page.get_by_role("button", name="Pin for both").click()
    expect(bar).to_contain_text("Hi Ada")
    expect(page.get_by_text("pinned a message").last).to_be_visible()
    second = ada.call("send", peer="@ben_browses", text="The key is under the mat")["id"]
    ada.call("pin_message", peer="@ben_browses", id=second)
    expect(bar).to_contain_text("Pinned message 2 of 2")
    expect(bar).to_contain_text("under the mat")
    house.shots("pinned")
    house.accessible("pinned")
    # One click goes to the newest, the next to the one before.
    bar.get_by_role("button", name=re.compile("Pinned message")).click()
    expect(bar).to_contain_text("Pinned message 1 of 2")
    bar.get_by_role("button", name=re.compile("Pinned message")).click()
    expect(bubble(page, "Hi Ada")).to_be_in_viewport()
    bar.get_by_role("button", name="Unpin").click()
    expect(bar).not_to_contain_text("of 2")
    bar.get_by_role("button", name="Unpin").click()
    expect(bar).to_have_count(0)

    # Who only reads a channel sees the pin, and cannot take it down.
    post = ada.call("send", peer=house.news, text="Opening hours: ten to four")["id"]
    ada.call("pin_message", peer=house.news, id=post)
    open_chat(page, "Harbour news")
    expect(bar).to_contain_text("Opening hours")
    expect(bar.get_by_role("button", name="Unpin")).to_have_count(0)


def somebody_is_blocked(house):
    """Who is blocked cannot write, and can again when they are not"""
    page, ada = house.ben, house.ada
    open_chat(page, "Ada Test")
    chat_menu(page, "Block")
    page.get_by_role("dialog").get_by_role("button", name="Block").click()
    expect(page.get_by_text("You have blocked this person.")).to_be_visible()
    house.shots("blocked-person")
    house.accessible("blocked-person")
    refused(lambda: ada.call("send", peer="@ben_browses", text="Are you there?"))
    page.goto(house.address + "/#/settings")
    people = page.get_by_role("region", name="Blocked people")
    expect(people).to_contain_text("Ada Test")
    people.scroll_into_view_if_needed()
    house.shots("settings-more")
    people.get_by_role("button", name="Unblock").click()
    expect(people).to_contain_text("You have blocked nobody.")
    open_chat(page, "Ada Test")
    ada.call("send", peer="@ben_browses", text="Here I am again")
    expect(bubble(page, "Here I am again")).to_be_visible()
    write(page, "Welcome back")
    expect(bubble(page, "Welcome back").get_by_role("img", name="Sent")).to_be_visible()


def refused(act):
    """The server refuses what somebody tries."""
    try:
        act()
    except DriverError:
        return
    raise AssertionError("it was allowed")
