//! The settings, one row each: from here come the flags with their help texts, the environment
//! variables, the keys of the file, and `docs/settings.md`.

/// Whether a setting holds one value or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// One value.
    One,
    /// Several: separated by commas, a flag given several times, an array in the file.
    Several,
}

/// How much of a value an error may repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// All of it.
    Whole,
    /// What stands before an address: the rest may hold a password.
    Scheme,
    /// Nothing.
    Hidden,
}

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Its key: `--key`, `HELIOGRAPH_KEY`, `key = …`.
    pub key: &'static str,
    /// What its value looks like.
    pub value: &'static str,
    /// Whether there may be several.
    pub holds: Holds,
    /// What holds when it is not set, in words.
    pub default: &'static str,
    /// What it does, in one sentence.
    pub help: &'static str,
    /// What else one has to know before setting it.
    pub more: &'static str,
    /// How much of its value may be shown.
    pub shown: Shown,
    /// It says where the file is, so it cannot stand in it.
    pub finds_the_file: bool,
}

const PLAIN: Setting = Setting {
    key: "",
    value: "",
    holds: Holds::One,
    default: "",
    help: "",
    more: "",
    shown: Shown::Whole,
    finds_the_file: false,
};

/// Every setting, in the order in which the help shows them.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "data",
        value: "DIR",
        default: "./data",
        help: "The data folder; it is made when it is missing.",
        more: "Everything that the installation knows lies in it, its keys included. Only one \
               server can use it at a time.",
        finds_the_file: true,
        ..PLAIN
    },
    Setting {
        key: "config",
        value: "FILE",
        default: "heliograph.toml in the data folder, if it is there",
        help: "The file with settings.",
        more: "Flags win over environment variables, and those over the file.",
        finds_the_file: true,
        ..PLAIN
    },
    Setting {
        key: "listen",
        value: "ADDR:PORT",
        default: "127.0.0.1:8443",
        help: "Where to listen, for everything: clients, WebSocket, HTTP.",
        more: "Port 0 picks a free one; the ready line tells which. 0.0.0.0 or [::] listens on \
               every address of the machine.",
        ..PLAIN
    },
    Setting {
        key: "advertise",
        value: "IP:PORT",
        default: "the address that the client came to",
        help: "The address that clients are told to come back to.",
        more: "Set it when clients reach the server through a router or a proxy. It must be an \
               IP address: that is all the protocol can carry.",
        ..PLAIN
    },
    Setting {
        key: "origin",
        value: "https://HOST",
        default: "none",
        help: "The public web address of this installation.",
        more: "It stands in links that the server hands out, and the passkeys of the desk's staff are \
               bound to it: it must be a name, not an address. TLS ends in front of the server.",
        ..PLAIN
    },
    Setting {
        key: "store",
        value: "URL",
        default: "sqlite",
        help: "Where accounts, chats and messages are kept.",
        more: "`sqlite` keeps them in the data folder. PostgreSQL comes in a later version.",
        shown: Shown::Scheme,
        ..PLAIN
    },
    Setting {
        key: "bus",
        value: "URL",
        default: "local",
        help: "How servers on one store wake each other.",
        more: "`local` is for a single server. NATS comes in a later version, and until then a \
               second server on one store refuses to start.",
        shown: Shown::Scheme,
        ..PLAIN
    },
    Setting {
        key: "media",
        value: "URL",
        default: "local",
        help: "Where photos and files are kept.",
        more: "`local` keeps them in the data folder. S3 comes in a later version.",
        shown: Shown::Scheme,
        ..PLAIN
    },
    Setting {
        key: "codes",
        value: "console|file:PATH|webhook:URL|smtp:URL",
        default: "console",
        help: "How sign-in codes reach people who have no other device signed in.",
        more: "`console` prints the code and the last two digits of its number. `webhook:URL` \
               posts {\"phone\":\"+…\",\"code\":\"…\"} as JSON; any answer from 200 to 299 counts \
               as delivered. `file:PATH` appends the same line to a file: for tests, so only \
               while listening on a loopback address. `smtp:URL` comes in a later version.",
        shown: Shown::Scheme,
        ..PLAIN
    },
    Setting {
        key: "webhook-secret",
        value: "TEXT",
        default: "none",
        help: "Sent with every webhook request, as `Authorization: Bearer TEXT`.",
        more: "Better set in the environment or the file than as a flag, which every user of the \
               machine can see.",
        shown: Shown::Hidden,
        ..PLAIN
    },
    Setting {
        key: "registration",
        value: "invite|open|closed",
        default: "open while listening on a loopback address, else invite",
        help: "Who may make an account.",
        more: "`invite` takes numbers that were invited with `heliograph admin account invite`. \
               The very first account can always be made: it is the operator's.",
        ..PLAIN
    },
    Setting {
        key: "trusted-proxies",
        value: "CIDR,…",
        holds: Holds::Several,
        default: "none",
        help: "Proxies that are believed about where a client comes from.",
        more: "From these networks a PROXY header (v1 or v2) and the HTTP headers Forwarded and \
               X-Forwarded-For count; from anywhere else a PROXY header ends the connection and \
               the HTTP headers are ignored. A single address may stand without /LENGTH.",
        ..PLAIN
    },
    Setting {
        key: "mtproxy-secret",
        value: "HEX32",
        holds: Holds::Several,
        default: "none",
        help: "Lets clients come as through an MTProxy with this secret: 32 hexadecimal digits.",
        more: "For clients that can be pointed here in no other way; `heliograph client-config \
               --for mtproxy` prints the links. Give it several times to change secrets without \
               a break.",
        shown: Shown::Hidden,
        ..PLAIN
    },
    Setting {
        key: "operator",
        value: "TEXT",
        default: "none",
        help: "Who runs this installation, as its public pages name them.",
        more: "People and authorities have to know whom they are dealing with.",
        ..PLAIN
    },
    Setting {
        key: "seat",
        value: "XX",
        default: "none",
        help: "The country where the operator sits, by its ISO 3166-1 code.",
        more: "An order is served only for what is an offence there as well.",
        ..PLAIN
    },
    Setting {
        key: "contact",
        value: "TEXT",
        default: "none",
        help: "Where people and authorities can write to.",
        more: "It stands on the public pages.",
        ..PLAIN
    },
    Setting {
        key: "contest",
        value: "TEXT",
        default: "none",
        help: "Where someone can turn who contests a disclosure: a sentence.",
        more: "It stands in the notice that a person gets after a disclosure.",
        ..PLAIN
    },
    Setting {
        key: "witnesses",
        value: "FILE",
        default: "none",
        help: "The witnesses that are asked to cosign the public log.",
        more: "Lines as in a tlog-policy (c2sp.org/tlog-policy): witnesses with their keys and \
               addresses, groups, and the quorum. Without it nobody outside vouches for the log, \
               and every page says so.",
        ..PLAIN
    },
    Setting {
        key: "flood-limits",
        value: "on|off",
        default: "on",
        help: "Limits on how much one account, key or address may ask for.",
        more: "`off` is for load tests, so only while listening on a loopback address.",
        ..PLAIN
    },
    Setting {
        key: "webhooks",
        value: "public|loopback",
        default: "public",
        help: "Where bots may be called (`setWebhook`).",
        more: "`loopback` lets bots on this machine be called too, by http as well: for tests, so only \
               while listening on a loopback address.",
        ..PLAIN
    },
    Setting {
        key: "sampled-a-day",
        value: "NUMBER",
        default: "20",
        help: "How many public posts on which the classifier abstains are brought to moderators in a day.",
        more: "They are drawn at random, one in twenty, so that a language that it has not learned is no \
               blind spot. They stand at the end of the queue. 0 for none.",
        ..PLAIN
    },
    Setting {
        key: "metrics-token",
        value: "TEXT",
        default: "none",
        help: "Opens /metrics to whoever sends `Authorization: Bearer TEXT`.",
        more: "Without it, /metrics answers only this machine itself.",
        shown: Shown::Hidden,
        ..PLAIN
    },
    Setting {
        key: "log",
        value: "error|warn|info|debug|trace",
        default: "info",
        help: "How much is logged, on the standard error output.",
        more: "At no level does a log line hold a phone number, an address or a message.",
        ..PLAIN
    },
];

impl Setting {
    /// The environment variable.
    pub fn variable(&self) -> String {
        let name = self.key.to_ascii_uppercase().replace('-', "_");
        format!("{PREFIX}{name}")
    }

    /// The setting with this key.
    pub fn find(key: &str) -> Option<&'static Setting> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }
}

/// How the environment variables of settings begin.
pub const PREFIX: &str = "HELIOGRAPH_";

/// The page `docs/settings.md`.
pub fn page() -> String {
    use std::fmt::Write as _;

    let mut page = "# Settings\n\n\
        *Generated from `crates/server/src/settings/table.rs`; a test keeps it true.*\n\n\
        None has to be set. Each can be given as a flag of `heliograph serve`, as an environment \
        variable, or as a key of `heliograph.toml` in the data folder; flags win over variables, \
        and variables over the file. A name that is not in this list, or a value that is not \
        allowed, keeps the server from starting and is named in the error.\n\n\
        ```toml\n\
        # heliograph.toml\n\
        listen = \"0.0.0.0:443\"\n\
        registration = \"invite\"\n\
        trusted-proxies = [\"10.0.0.0/8\"]\n\
        ```\n"
        .to_owned();
    for setting in SETTINGS {
        let (key, value) = (setting.key, setting.value);
        let file = if setting.finds_the_file {
            "not in the file".to_owned()
        } else {
            format!("`{key}`")
        };
        let _ = write!(
            page,
            "\n## {key}\n\n{} {}\n\n\
             | flag | variable | key | when not set |\n| --- | --- | --- | --- |\n\
             | `--{key} {}` | `{}` | {file} | {} |\n",
            setting.help,
            setting.more,
            value.replace('|', "\\|"),
            setting.variable(),
            setting.default,
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect_file;

    #[test]
    fn the_page_of_settings_is_the_table() {
        expect_file!["../../../../docs/settings.md"].assert_eq(&page());
    }

    #[test]
    fn every_setting_says_what_it_does_and_what_holds_without_it() {
        for setting in SETTINGS {
            for text in [setting.key, setting.value, setting.default, setting.more] {
                assert!(!text.is_empty(), "{}", setting.key);
            }
            assert!(setting.help.ends_with('.'), "{}", setting.key);
            assert!(setting.more.ends_with('.'), "{}", setting.key);
        }
    }
}
