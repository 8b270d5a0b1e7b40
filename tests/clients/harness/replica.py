"""What a client knows of one chat or group, kept up to date from pushed events alone."""


class Replica:
    """One private chat in one person's mailbox."""

    def __init__(self, chat):
        self.chat = chat
        self.messages = {}  # id -> record
        self.read_inbox = self.read_outbox = 0
        self.draft = ""
        self.pinned = False
        self.name = {}

    @classmethod
    def fetched(cls, driver, chat, peer):
        """The same, asked of the server."""
        replica = cls(chat)
        for message in driver.call("history", peer=peer, limit=1000)["messages"]:
            replica.messages[message["id"]] = _message(message)
        dialogs = {dialog["chat"]: dialog for dialog in driver.call("dialogs")["dialogs"] if "chat" in dialog}
        if chat not in dialogs:
            raise AssertionError(f"{driver.title}: the chat is not among the dialogs")
        dialog = dialogs[chat]
        replica.read_inbox, replica.read_outbox = dialog["read_inbox"], dialog["read_outbox"]
        replica.draft, replica.pinned = dialog["draft"], dialog["pinned"]
        replica.name = _name(driver.call("user", peer=peer))
        return replica

    def apply(self, event):
        """Takes in one event; events that concern other chats change nothing."""
        kind = event["event"]
        if kind == "deleted":
            for id in event["ids"]:
                self.messages.pop(id, None)
        elif kind == "name" and event["user"] == self.chat:
            self.name = _name(event)
        elif event.get("chat") != self.chat:
            return
        elif kind == "new_message":
            self.messages[event["id"]] = _message(event)
        elif kind == "edited" and event["id"] in self.messages:
            self.messages[event["id"]] = _message(event)
        elif kind in ("read_inbox", "read_outbox"):
            # A mark never goes back.
            setattr(self, kind, max(getattr(self, kind), event["max_id"]))
        elif kind == "draft":
            self.draft = event["text"]
        elif kind == "pinned":
            self.pinned = event["pinned"]

    def differences(self, other, messages_but=None):
        """In words, where two replicas disagree; or in their messages only, without some ids."""
        found = []
        for id in sorted((self.messages.keys() | other.messages.keys()) - (messages_but or set())):
            mine, theirs = self.messages.get(id), other.messages.get(id)
            if mine != theirs:
                found.append(f"message {id}: {mine} / {theirs}")
        if messages_but is not None:
            return found
        for field in ("read_inbox", "read_outbox", "draft", "pinned", "name"):
            mine, theirs = getattr(self, field), getattr(other, field)
            if mine != theirs:
                found.append(f"{field}: {mine!r} / {theirs!r}")
        return found

    def texts(self):
        """The texts in the order of their ids, each with its direction."""
        return [(self.messages[id]["out"], self.messages[id]["text"]) for id in sorted(self.messages)]


class GroupReplica:
    """One channel or group; its messages but for those that the server writes."""

    def __init__(self, channel):
        self.channel = channel
        self.messages = {}  # id -> record

    @classmethod
    def fetched(cls, driver, channel):
        """The same, asked of the server."""
        replica = cls(channel)
        for message in driver.call("history", peer=channel, limit=1000)["messages"]:
            replica.messages[message["id"]] = _message(message)
        return replica

    def apply(self, event):
        """Takes in one event; events that concern other chats change nothing."""
        if event.get("channel") != self.channel:
            return
        kind = event["event"]
        if kind == "post" or (kind == "post_edited" and event["id"] in self.messages):
            self.messages[event["id"]] = _message(event)
        elif kind == "posts_deleted":
            for id in event["ids"]:
                self.messages.pop(id, None)

    def differences(self, other):
        """In words, where two replicas disagree."""
        ids = sorted(self.messages.keys() | other.messages.keys())
        pairs = ((id, self.messages.get(id), other.messages.get(id)) for id in ids)
        return [f"message {id}: {mine} / {theirs}" for id, mine, theirs in pairs if mine != theirs]


def _message(record):
    return {"out": record["out"], "text": record["text"], "reply_to": record["reply_to"]}


def _name(record):
    return {field: record[field] for field in ("first_name", "last_name", "username")}
