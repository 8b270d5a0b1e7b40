//! What a Debian or Ubuntu machine must have, and how it comes there.

use std::process::Command;

use crate::process::{answers, succeed, typed};

/// A package and how to see that what it brings is there, wherever it came from.
struct Package {
    name: &'static str,
    present: fn() -> bool,
}

const TO_BUILD: [Package; 3] = [
    Package {
        name: "gcc",
        present: || answers("gcc", &["--version"]),
    },
    Package {
        name: "pkg-config",
        present: || answers("pkg-config", &["--version"]),
    },
    Package {
        name: "libssl-dev",
        present: || answers("pkg-config", &["--exists", "openssl"]),
    },
];

/// What builds the web page.
const FOR_PAGE: [Package; 2] = [
    Package {
        name: "nodejs",
        present: || answers("node", &["--version"]),
    },
    Package {
        name: "npm",
        present: || answers("npm", &["--version"]),
    },
];

const TO_TEST: [Package; 4] = [
    Package {
        // The checks ask it which files belong to the project.
        name: "git",
        present: || answers("git", &["--version"]),
    },
    Package {
        name: "iproute2",
        // It lies in a folder that is not on everyone's path.
        present: || answers("ip", &["-V"]) || answers("/usr/sbin/ip", &["-V"]),
    },
    Package {
        name: "python3",
        present: || answers("python3", &["--version"]),
    },
    Package {
        name: "python3-venv",
        present: || answers("python3", &["-c", "import ensurepip, venv"]),
    },
];

/// An unmodified app of Telegram's, and the screen, window manager, mouse, keyboard and camera with
/// which it is used.
const TO_USE_AN_APP: [Package; 6] = [
    Package {
        name: "telegram-desktop",
        present: || found("telegram-desktop"),
    },
    Package {
        name: "xvfb",
        present: || found("Xvfb"),
    },
    Package {
        name: "openbox",
        present: || found("openbox"),
    },
    Package {
        name: "xdotool",
        present: || found("xdotool"),
    },
    Package {
        name: "imagemagick",
        present: || found("import"),
    },
    Package {
        name: "dbus",
        present: || found("dbus-run-session"),
    },
];

/// What the headless Chromium of npm is linked to, and what brings a font. It is for Ubuntu, where the package
/// `chromium-browser` is a snap, which neither runs on a machine without snapd nor in the tests'
/// network namespace; `tests/browser/desk/chromium.py` installs it and drives it.
const CHROMIUM_NEEDS: [&str; 3] = ["libnss3", "libexpat1", "fontconfig-config"];

/// Installs what the build is missing: of the programs, and of the web page in them.
pub fn for_build() -> Result<(), String> {
    let mut names = missing(&TO_BUILD);
    names.extend(missing(&FOR_PAGE));
    install(&names)
}

/// Installs what the build and the tests are missing.
pub fn for_tests() -> Result<(), String> {
    let mut names = missing(&TO_BUILD);
    names.extend(missing(&FOR_PAGE));
    names.extend(missing(&TO_TEST));
    names.extend(missing(&TO_USE_AN_APP));
    names.extend(missing_for_pages());
    install(&names)
}

/// Whether a program is on the path; an app is not started to find that out.
fn found(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn missing(packages: &[Package]) -> Vec<&'static str> {
    packages
        .iter()
        .filter(|package| !(package.present)())
        .map(|package| package.name)
        .collect()
}

/// What the tests of the pages are missing: Chromium, or what one needs that does not come from the
/// system.
fn missing_for_pages() -> Vec<&'static str> {
    let about = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    if ["chromium", "chromium-browser", "google-chrome"]
        .map(own_chromium)
        .contains(&true)
    {
        Vec::new()
    } else if about.lines().any(|line| line == "ID=ubuntu") {
        let installed = |name: &str| answers("dpkg-query", &["--status", name]);
        CHROMIUM_NEEDS
            .into_iter()
            .filter(|name| !installed(name))
            .collect()
    } else {
        vec!["chromium"]
    }
}

/// Whether this is a Chromium that runs, and no snap, which says so beside its version.
fn own_chromium(name: &str) -> bool {
    let told = Command::new(name).arg("--version").output();
    told.is_ok_and(|told| {
        let words = String::from_utf8_lossy(&told.stdout);
        told.status.success() && !words.split_whitespace().any(|word| word == "snap")
    })
}

fn install(names: &[&str]) -> Result<(), String> {
    if names.is_empty() {
        return Ok(());
    }
    let listed = names.join(" ");
    if !answers("apt-get", &["--version"]) {
        return Err(format!(
            "this machine is missing what these Debian packages hold, and has no apt-get: {listed}"
        ));
    }
    let Some(rights) = rights() else {
        return Err(format!(
            "these packages are missing: {listed}\ninstall them with\n    \
             sudo apt-get update && sudo apt-get install --yes --no-install-recommends {listed}"
        ));
    };
    println!("installing {listed}");
    for words in [
        &["update", "--quiet"][..],
        &["install", "--yes", "--no-install-recommends"],
    ] {
        let mut command = Command::new("env");
        command.arg("DEBIAN_FRONTEND=noninteractive").arg("apt-get");
        command.args(words);
        if words[0] == "install" {
            command.args(names);
        }
        let mut command = rights.wrap(&command);
        println!("{}", typed(&command));
        succeed(&mut command)?;
    }
    Ok(())
}

enum Rights {
    Root,
    Sudo,
}

fn rights() -> Option<Rights> {
    let user = Command::new("id").arg("-u").output().ok()?;
    if user.stdout.trim_ascii() == b"0" {
        Some(Rights::Root)
    } else if answers("sudo", &["-n", "true"]) {
        Some(Rights::Sudo)
    } else {
        None
    }
}

impl Rights {
    fn wrap(&self, command: &Command) -> Command {
        let (mut wrapped, rest) = match self {
            Self::Root => (Command::new(command.get_program()), None),
            Self::Sudo => (Command::new("sudo"), Some(command.get_program())),
        };
        if let Some(program) = rest {
            wrapped.arg("-n").arg(program);
        }
        wrapped.args(command.get_args());
        wrapped
    }
}
