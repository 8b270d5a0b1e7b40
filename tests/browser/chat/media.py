"""The steps about albums, sound and video."""

import base64
import math
import re
import struct

from playwright.sync_api import expect

from .acts import bubble, png

COLOURS = ((240, 169, 46), (43, 108, 176), (23, 117, 104), (142, 74, 158), (179, 67, 43))


def an_album(house):
    """Several pictures go and come as one album, and go away as one"""
    page, ada = house.ben, house.ada
    paths = []
    for number, colour in enumerate(COLOURS):
        paths.append(house.folder / f"picture-{number}.png")
        paths[-1].write_bytes(png(320, 240, colour))
    mark = ada.mark()
    page.locator("input[type=file]").first.set_input_files(paths[:3])
    expect(page.get_by_role("list", name="Files to be sent").get_by_role("listitem")).to_have_count(3)
    page.get_by_role("textbox", name="Write a message").fill("Three of mine")
    page.keyboard.press("Enter")
    came = ada.wait(mark, "new_message", text="Three of mine")
    shown = bubble(page, "Three of mine")
    expect(shown.locator(".album img")).to_have_count(3)
    expect(shown.get_by_role("img", name="Sent")).to_be_visible()
    assert len(ada.call("album", peer="@ben_browses", id=came["id"])["ids"]) == 3

    ada.call("send_album", peer="@ben_browses", paths=[str(path) for path in paths], caption="Five of Ada’s")
    theirs = bubble(page, "Five of Ada’s")
    expect(theirs.locator(".album img")).to_have_count(5)
    house.shots("album")
    house.accessible("album")
    theirs.locator(".album button").nth(2).click()
    expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    page.keyboard.press("Escape")

    mark = ada.mark()
    shown.click(button="right", position={"x": 8, "y": 8})
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Delete for both").click()
    assert len(ada.wait(mark, "deleted")["ids"]) == 3
    expect(page.get_by_text("Three of mine")).to_have_count(0)


def recordings(house):
    """Sound and video are played where they stand, and only when somebody wants it"""
    page, ada = house.ben, house.ada
    sound = house.folder / "bells.wav"
    sound.write_bytes(wav(2))
    video = house.folder / "lighthouse.webm"
    video.write_bytes(base64.b64decode(page.evaluate(RECORD)))
    ada.call("send_file", peer="@ben_browses", path=str(sound), photo=False, caption="The bells")
    ada.call("send_file", peer="@ben_browses", path=str(video), photo=False, caption="The lighthouse")
    listened = bubble(page, "The bells")
    expect(listened.get_by_role("button", name="Play bells.wav")).to_be_visible()
    assert page.locator("audio, video").count() == 0, "something plays by itself"
    listened.get_by_role("button", name="Play bells.wav").click()
    assert listened.locator("audio").evaluate(PLAYS) == 2
    watched = bubble(page, "The lighthouse")
    watched.get_by_role("button", name="Play lighthouse.webm").click()
    watched.locator("video").evaluate(PLAYS)
    assert watched.locator("video").evaluate("(video) => video.videoWidth") == 320
    assert house.download_from(page, watched.get_by_role("button", name="Save")) == video.read_bytes()
    house.shots("recordings")
    house.accessible("recordings")
    # What only calls itself a recording does no harm.
    broken = house.folder / "broken.mp3"
    broken.write_bytes(b"<script>alert(1)</script>" * 40)
    ada.call("send_file", peer="@ben_browses", path=str(broken), photo=False, caption="No music")
    bubble(page, "No music").get_by_role("button", name=re.compile("Play broken")).click()
    expect(bubble(page, "No music")).to_contain_text("This browser cannot play it.")


def wav(seconds, rate=8000):
    """A tone that swells and fades."""
    count = seconds * rate
    wave = (math.sin(at / rate * 440 * math.tau) * math.sin(at / count * math.pi) for at in range(count))
    data = b"".join(struct.pack("<h", int(value * 8000)) for value in wave)
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


# Waits until a recording goes on; answers how long it is, in seconds.
PLAYS = """async (recording) => {
  while (recording.currentTime < 0.1) await new Promise((resolve) => setTimeout(resolve, 20))
  return recording.duration
}"""
# A second of a light that turns, as a video of the browser's own making.
RECORD = """async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 })
  const pen = canvas.getContext('2d')
  let turn = 0
  const draw = setInterval(() => {
    pen.fillStyle = '#12151c'
    pen.fillRect(0, 0, 320, 180)
    pen.fillStyle = '#ffc663'
    pen.beginPath()
    pen.moveTo(160, 120)
    pen.arc(160, 120, 260, turn, turn + 0.4)
    pen.fill()
    turn += 0.1
  }, 40)
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' })
  const pieces = []
  recorder.ondataavailable = ({ data }) => pieces.push(data)
  const stopped = new Promise((resolve) => { recorder.onstop = resolve })
  recorder.start()
  await new Promise((resolve) => setTimeout(resolve, 1000))
  recorder.stop()
  await stopped
  clearInterval(draw)
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer())
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''))
}"""
