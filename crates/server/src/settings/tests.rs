//! Tests of the settings as a whole.

use super::{CodesBy, Flags, FloodLimits, LISTEN, Settings, SettingsError};
use expect_test::{Expect, expect};
use heliograph_domain::accounts::Registration;
use std::ffi::OsString;
use std::fs;
use tempfile::TempDir;

/// A data folder, flags, variables and the text of a file.
struct Given {
    folder: TempDir,
    flags: Vec<String>,
    variables: Vec<(OsString, OsString)>,
}

fn given() -> Given {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().display().to_string();
    Given {
        folder,
        flags: vec!["--data".into(), data],
        variables: Vec::new(),
    }
}

impl Given {
    fn flags(mut self, flags: &[&str]) -> Self {
        self.flags
            .extend(flags.iter().map(|flag| (*flag).to_owned()));
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    fn file(self, text: &str) -> Self {
        fs::write(self.folder.path().join("heliograph.toml"), text).expect("a file");
        self
    }

    fn read(&self) -> Result<Settings, SettingsError> {
        let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        let flags = Flags::parse(&flags).expect("flags that exist");
        Settings::read(flags, self.variables.clone())
    }

    fn settings(&self) -> Settings {
        match self.read() {
            Ok(settings) => settings,
            Err(error) => panic!("{error}"),
        }
    }

    fn refused(&self, words: &Expect) {
        let Err(error) = self.read() else {
            panic!("the settings were taken");
        };
        let folder = self.folder.path().display().to_string();
        words.assert_eq(&error.to_string().replace(&folder, "DATA"));
    }
}

#[test]
fn nothing_has_to_be_set() {
    let settings = given().settings();
    assert_eq!(settings.listen, LISTEN);
    assert!(settings.registration == Registration::Open);
    assert!(matches!(settings.codes, CodesBy::Console));
    assert_eq!(settings.flood_limits, FloodLimits::On);
    assert_eq!(settings.sampled_a_day, 20);
}

#[test]
fn flags_win_over_variables_and_those_over_the_file() {
    let listen = |given: Given| given.settings().listen.port();
    let file = || given().file("listen = '127.0.0.1:3'");
    let variable = |given: Given| given.variable("HELIOGRAPH_LISTEN", "127.0.0.1:2");
    assert_eq!(listen(file()), 3);
    assert_eq!(listen(variable(file())), 2);
    let all = variable(file()).flags(&["--listen", "127.0.0.1:1"]);
    assert_eq!(listen(all), 1);
}

#[test]
fn registration_is_by_invitation_when_others_can_reach_the_server() {
    let settings = given().flags(&["--listen", "0.0.0.0:443"]).settings();
    assert!(settings.registration == Registration::Invite);
}

#[test]
fn lists_come_from_all_three_places() {
    let networks = |given: Given| given.settings().trusted_proxies.len();
    let flags = [
        "--trusted-proxies",
        "10.0.0.0/8,::1",
        "--trusted-proxies",
        "192.0.2.1",
    ];
    assert_eq!(networks(given().flags(&flags)), 3);
    let name = "HELIOGRAPH_TRUSTED_PROXIES";
    assert_eq!(networks(given().variable(name, "10.0.0.0/8, ::1")), 2);
    assert_eq!(
        networks(given().file("trusted-proxies = ['::1', '10.1.1.1']")),
        2
    );
}

#[test]
fn an_unknown_key_of_the_file_is_refused() {
    given().file("lisen = '127.0.0.1:1'").refused(&expect!["lisen in DATA/heliograph.toml: no such setting here; known are listen, advertise, origin, store, bus, media, codes, webhook-secret, registration, trusted-proxies, mtproxy-secret, operator, seat, contact, contest, witnesses, flood-limits, webhooks, sampled-a-day, metrics-token, log"]);
}

#[test]
fn an_unknown_variable_is_refused() {
    given()
        .variable("HELIOGRAPH_LISTEN_ON", "127.0.0.1:1")
        .refused(&expect!["HELIOGRAPH_LISTEN_ON: no such setting here; known are HELIOGRAPH_DATA, HELIOGRAPH_CONFIG, HELIOGRAPH_LISTEN, HELIOGRAPH_ADVERTISE, HELIOGRAPH_ORIGIN, HELIOGRAPH_STORE, HELIOGRAPH_BUS, HELIOGRAPH_MEDIA, HELIOGRAPH_CODES, HELIOGRAPH_WEBHOOK_SECRET, HELIOGRAPH_REGISTRATION, HELIOGRAPH_TRUSTED_PROXIES, HELIOGRAPH_MTPROXY_SECRET, HELIOGRAPH_OPERATOR, HELIOGRAPH_SEAT, HELIOGRAPH_CONTACT, HELIOGRAPH_CONTEST, HELIOGRAPH_WITNESSES, HELIOGRAPH_FLOOD_LIMITS, HELIOGRAPH_WEBHOOKS, HELIOGRAPH_SAMPLED_A_DAY, HELIOGRAPH_METRICS_TOKEN, HELIOGRAPH_LOG"]);
}

#[test]
fn variables_of_builds_and_tests_are_no_settings() {
    given().variable("HELIOGRAPH_TARGET", "/tmp").settings();
}

#[test]
fn the_data_folder_cannot_stand_in_the_file_that_it_holds() {
    given().file("data = '/elsewhere'").refused(&expect!["data in DATA/heliograph.toml: no such setting here; known are listen, advertise, origin, store, bus, media, codes, webhook-secret, registration, trusted-proxies, mtproxy-secret, operator, seat, contact, contest, witnesses, flood-limits, webhooks, sampled-a-day, metrics-token, log"]);
}

#[test]
fn a_bad_value_is_named_with_what_is_allowed() {
    for (flag, value, words) in [
        (
            "--listen",
            "localhost",
            expect![
                "--listen: `localhost` is not allowed; it must be an address and a port, as 127.0.0.1:8443 or [::1]:8443"
            ],
        ),
        (
            "--advertise",
            "0.0.0.0:443",
            expect![
                "--advertise: `0.0.0.0:443` is not allowed; it must be an IP address and a port that clients can reach, as 192.0.2.1:443"
            ],
        ),
        (
            "--advertise",
            "chat.example.org:443",
            expect![
                "--advertise: `chat.example.org:443` is not allowed; it must be an IP address and a port that clients can reach, as 192.0.2.1:443"
            ],
        ),
        (
            "--origin",
            "http://chat.example.org",
            expect![
                "--origin: `http://chat.example.org` is not allowed; it must be https:// and the name of a host, with nothing behind it, as https://chat.example.org"
            ],
        ),
        (
            "--origin",
            "https://chat.example.org/path",
            expect![
                "--origin: `https://chat.example.org/path` is not allowed; it must be https:// and the name of a host, with nothing behind it, as https://chat.example.org"
            ],
        ),
        (
            "--origin",
            "https://198.51.100.7",
            expect![
                "--origin: `https://198.51.100.7` is not allowed; it must be https:// and the name of a host, with nothing behind it, as https://chat.example.org"
            ],
        ),
        (
            "--store",
            "postgres://localhost/heliograph",
            expect![
                "--store: `postgres://…` is not allowed; it must be `sqlite` in this version; PostgreSQL comes in a later one"
            ],
        ),
        (
            "--bus",
            "nats://localhost",
            expect![
                "--bus: `nats://…` is not allowed; it must be `local` in this version; NATS comes in a later one"
            ],
        ),
        (
            "--media",
            "s3://bucket",
            expect![
                "--media: `s3://…` is not allowed; it must be `local` in this version; S3 comes in a later one"
            ],
        ),
        (
            "--codes",
            "smtp://mail",
            expect![
                "--codes: `smtp://…` is not allowed; it must be console, file:PATH or webhook:URL in this version; mail comes in a later one"
            ],
        ),
        (
            "--codes",
            "webhook:example.org",
            expect![
                "--codes: `webhook:example.org` is not allowed; it must be webhook: and an http:// or https:// address"
            ],
        ),
        (
            "--codes",
            "pigeon",
            expect![
                "--codes: `pigeon` is not allowed; it must be console, file:PATH or webhook:URL"
            ],
        ),
        (
            "--registration",
            "maybe",
            expect!["--registration: `maybe` is not allowed; it must be invite, open or closed"],
        ),
        (
            "--trusted-proxies",
            "10.0.0.0/33",
            expect![
                "--trusted-proxies: `10.0.0.0/33` is not allowed; it must be networks as 10.0.0.0/8 or 2001:db8::/32, separated by commas"
            ],
        ),
        (
            "--flood-limits",
            "no",
            expect!["--flood-limits: `no` is not allowed; it must be on or off"],
        ),
        (
            "--log",
            "loud",
            expect!["--log: `loud` is not allowed; it must be error, warn, info, debug or trace"],
        ),
    ] {
        given().flags(&[flag, value]).refused(&words);
    }
}

#[test]
fn a_secret_is_not_repeated_in_an_error() {
    given()
        .flags(&["--mtproxy-secret", "dd00112233445566"])
        .refused(&expect!["--mtproxy-secret: `(hidden)` is not allowed; it must be 32 hexadecimal digits (16 random bytes), without `dd` in front"]);
    given().file("metrics-token = 'short'").refused(&expect!["metrics-token in DATA/heliograph.toml: `(hidden)` is not allowed; it must be at least 16 printable characters without spaces"]);
    let broken = given().file("metrics-token = 'a-long-secret-that-is-not-closed");
    let Err(error) = broken.read() else {
        panic!("the file was taken");
    };
    assert!(!error.to_string().contains("a-long-secret"), "{error}");
}

#[test]
fn what_is_for_tests_needs_a_loopback_address() {
    let public = || given().flags(&["--listen", "0.0.0.0:443"]);
    public()
        .flags(&["--codes", "file:/tmp/codes"])
        .refused(&expect!["--codes: `file:/tmp/codes` is allowed only while listening on a loopback address, and `listen` is 0.0.0.0:443"]);
    public()
        .flags(&["--flood-limits", "off"])
        .refused(&expect!["--flood-limits: `off` is allowed only while listening on a loopback address, and `listen` is 0.0.0.0:443"]);
    given().flags(&["--codes", "file:/tmp/codes"]).settings();
}

#[test]
fn a_settings_file_that_was_named_must_be_there() {
    let settings = given().flags(&["--config", "/nowhere/heliograph.toml"]);
    settings.refused(&expect!["the settings file /nowhere/heliograph.toml cannot be read: No such file or directory (os error 2)"]);
}

#[test]
fn a_broken_file_is_named_with_the_line() {
    given().file("log = 'info'\nlisten = \n").refused(&expect![
        "DATA/heliograph.toml, line 2: string values must be quoted, expected literal string"
    ]);
}
