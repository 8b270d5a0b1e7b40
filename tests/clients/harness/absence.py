"""The story's last part: Ada's first device is away while things happen, comes back and catches up."""

import copy
import random
import time

from .replica import GroupReplica
from .stage import Stage, step

MISSED_EVENTS = 300
MISSED_IN_THE_GROUP = 60
AGREE_WITHIN_S = 15
LAST_WORDS = "and that was the last of it"
LAST_POST = "and nobody has more to say"


class Absence(Stage):
    """Leaving, missing 300 events, coming back, and logging out."""

    @step("leave and come back with the saved session")
    def come_back(self):
        self.left_at = self.ada.call("state")
        self.left_at = {field: self.left_at[field] for field in ("pts", "qts", "date")}
        self.group_left_at = self.ada.call("channel_state", peer=self.group)["pts"]
        self.group_known = GroupReplica.fetched(self.ada, self.group)
        self.ada.leave()
        self.live_on()
        self.group_lives_on()
        self.ada, authorized = self.start(self.library, "ada")
        assert authorized, "the saved session was not accepted"
        assert self.ada.call("me")["id"] == self.ada_id

    def live_on(self):
        """What happens while Ada's first device is away: `MISSED_EVENTS` events, seeded."""
        dice = random.Random(self.number)
        alive = []  # Ben's messages that are not deleted: [his id, place in self.truth]
        unread = []  # ids on Ben's side of what Ada's second device wrote
        gone = set()  # places in self.truth
        # Two of them change what Ada has already seen.
        self.ben.call("edit", peer=self.ada_name, id=self.greeting[1], text="good night from Ben")
        self.ben.call("delete", peer=self.ada_name, ids=[self.answer])
        self.truth[1] = (False, "good night from Ben")
        gone.add(3)
        for count in range(MISSED_EVENTS - 3):
            roll = dice.random()
            if roll < 0.2 and alive:
                id, place = dice.choice(alive)
                text = f"{self.truth[place][1]}!"
                self.ben.call("edit", peer=self.ada_name, id=id, text=text)
                self.truth[place] = (False, text)
            elif roll < 0.3 and alive:
                id, place = alive.pop(dice.randrange(len(alive)))
                self.ben.call("delete", peer=self.ada_name, ids=[id])
                gone.add(place)
            elif roll < 0.4:
                _, received = self.say(self.second, self.ben, f"Ada's phone says {count}")
                unread.append(received["id"])
                self.truth.append((True, f"Ada's phone says {count}"))
            elif roll < 0.45 and unread:
                self.ben.call("read", peer=self.ada_name, max_id=unread[-1])
                unread.clear()
            else:
                sent = self.ben.call("send", peer=self.ada_name, text=f"Ben says {count}")
                alive.append((sent["id"], len(self.truth)))
                self.truth.append((False, f"Ben says {count}"))
        self.ben.call("set_name", first_name="Benjamin", last_name="Renamed")
        self.second.call("save_draft", peer=self.ben_name, text="dear Benjamin")
        self.second.call("pin", peer=self.ben_name, pinned=False)
        _, last = self.say(self.ben, self.second, LAST_WORDS)
        # Everything but the last message is read on the second device.
        self.second.call("read", peer=self.ben_name, max_id=last["id"] - 1)
        self.truth = [said for place, said in enumerate(self.truth) if place not in gone]
        self.truth.append((False, LAST_WORDS))

    def group_lives_on(self):
        """What happens in the group meanwhile: `MISSED_IN_THE_GROUP` changes, seeded."""
        dice = random.Random(self.number)
        mine = []  # (who wrote it, its number)
        # One of them changes what Ada has already seen.
        self.ben.call("edit", peer=self.group, id=self.thanks, text="edited while Ada was away")
        for count in range(MISSED_IN_THE_GROUP - 2):
            roll = dice.random()
            if roll < 0.2 and mine:
                who, id = dice.choice(mine)
                who.call("edit", peer=self.group, id=id, text=f"edited as change {count}")
            elif roll < 0.3 and mine:
                who, id = mine.pop(dice.randrange(len(mine)))
                who.call("delete", peer=self.group, ids=[id])
            else:
                who = self.second if roll < 0.6 else self.ben
                sent = who.call("send", peer=self.group, text=f"change {count}")
                mine.append((who, sent["id"]))
        self.post(self.ben, self.second, self.group, LAST_POST)

    @step("catch up on 300 missed events by the library's own means")
    def catch_up(self):
        self.ada.wait(0, "new_message", within=self.patience_s, text=LAST_WORDS)

    @step("every missed message arrives once, in order")
    def once_in_order(self):
        ids = [event["id"] for event in self.ada.events if event["event"] == "new_message"]
        assert ids, "nothing arrived"
        assert len(ids) == len(set(ids)), "a message arrived twice"
        assert ids == sorted(ids), "messages arrived out of order"

    @step("the missed messages equal a fresh fetch")
    def missed_equal_fetched(self):
        old = set(self.known.messages)
        self.agree(lambda known, fetched: known.differences(fetched, messages_but=old))

    @step("everything pushed equals a fresh fetch")
    def pushed_equals_fetched(self):
        self.agree(lambda known, fetched: known.differences(fetched))

    def agree(self, differences):
        """Applies what was pushed to what Ada knew, until it agrees with a fresh fetch."""
        fetched = self.ada_fetched(self.ada)
        deadline = time.monotonic() + min(self.patience_s, AGREE_WITHIN_S)
        while True:
            known = copy.deepcopy(self.known)
            for event in list(self.ada.events):
                known.apply(event)
            found = differences(known, fetched)
            if not found:
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"{len(found)} differences (pushed / fetched): {found[:6]}")
            time.sleep(0.1)

    @step("a difference asked for by hand equals a fresh fetch")
    def difference(self):
        # Libraries differ in what they make of a difference; this is what it held, in their layer.
        difference = self.ada.call("difference", state=self.left_at)
        new = [event["id"] for event in difference["events"] if event["event"] == "new_message"]
        assert len(new) == len(set(new)), "a message stands in it twice"
        for event in difference["events"]:
            self.known.apply(event)
        differences = self.known.differences(self.ada_fetched(self.ada))
        assert not differences, f"{len(differences)} differences (told / fetched): {differences[:6]}"

    @step("a fresh fetch equals what happened")
    def fetched_equals_truth(self):
        fetched = self.ada_fetched(self.ada)
        assert fetched.texts() == self.truth, "the history is another one"
        differences = fetched.differences(self.ada_fetched(self.second))
        assert not differences, f"the devices disagree: {differences[:6]}"
        last = max(fetched.messages)
        assert fetched.read_inbox == last - 1, f"read up to {fetched.read_inbox}, not {last - 1}"
        assert (fetched.draft, fetched.pinned) == ("dear Benjamin", False)
        assert fetched.name["first_name"] == "Benjamin"

    @step("catch up on 60 changes of a group by the library's own means")
    def catch_up_group(self):
        self.ada.wait(0, "post", within=self.patience_s, channel=self.group, text=LAST_POST)

    @step("what was pushed of a group equals a fresh fetch")
    def group_pushed_equals_fetched(self):
        fetched = GroupReplica.fetched(self.ada, self.group)
        deadline = time.monotonic() + min(self.patience_s, AGREE_WITHIN_S)
        while True:
            known = copy.deepcopy(self.group_known)
            for event in list(self.ada.events):
                known.apply(event)
            if not (found := known.differences(fetched)):
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"{len(found)} differences (pushed / fetched): {found[:6]}")
            time.sleep(0.1)

    @step("a group's difference asked for by hand equals a fresh fetch")
    def group_difference(self):
        told = self.ada.call("channel_difference", peer=self.group, pts=self.group_left_at)["events"]
        new = [event["id"] for event in told if event["event"] == "post"]
        assert len(new) == len(set(new)), "a message stands in it twice"
        for event in told:
            self.group_known.apply(event)
        found = self.group_known.differences(GroupReplica.fetched(self.ada, self.group))
        assert not found, f"{len(found)} differences (told / fetched): {found[:6]}"

    @step("both devices fetch the same group")
    def fetch_group(self):
        fetched = [GroupReplica.fetched(device, self.group) for device in (self.ada, self.second)]
        found = fetched[0].differences(fetched[1])
        assert not found, found[:6]
        texts = [message["text"] for message in fetched[0].messages.values()]
        assert LAST_POST in texts and "edited while Ada was away" in texts, texts

    @step("leave a group")
    def leave_group(self):
        self.ben.call("leave", peer=self.group)
        mark = self.ben.mark()
        self.post(self.second, self.ada, self.group, "he is gone")
        self.post(self.second, self.ada, self.news, "a post for all")
        self.ben.wait(mark, "post", channel=self.news, text="a post for all")
        heard = [event for event in self.ben.events[mark:] if event.get("channel") == self.group]
        assert not any(event["event"] == "post" for event in heard), heard

    @step("receive again after coming back")
    def receive_again(self):
        _, received = self.say(self.ben, self.ada, "welcome back")
        assert received["chat"] == self.ben_id

    @step("log out")
    def log_out(self):
        self.ada.leave("log_out")
        self.ada, authorized = self.start(self.library, "ada")
        assert not authorized, "a logged-out session was accepted"
        assert self.second.call("me")["id"] == self.ada_id, "the other device was logged out too"
