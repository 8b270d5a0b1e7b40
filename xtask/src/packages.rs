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

const TO_TEST: [Package; 7] = [
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
    Package {
        name: "nodejs",
        present: || answers("node", &["--version"]),
    },
    Package {
        name: "npm",
        present: || answers("npm", &["--version"]),
    },
    Package {
        // On Ubuntu it goes by another name; see `named`.
        name: "chromium",
        present: || {
            let names = ["chromium", "chromium-browser", "google-chrome"];
            names.iter().any(|name| answers(name, &["--version"]))
        },
    },
];

/// Installs what the build is missing.
pub fn for_build() -> Result<(), String> {
    install(&missing(&TO_BUILD))
}

/// Installs what the build and the tests are missing.
pub fn for_tests() -> Result<(), String> {
    let mut names = missing(&TO_BUILD);
    names.extend(missing(&TO_TEST));
    install(&names)
}

fn missing(packages: &[Package]) -> Vec<&'static str> {
    packages
        .iter()
        .filter(|package| !(package.present)())
        .map(|package| named(package.name))
        .collect()
}

/// What a package is called on this system.
fn named(name: &'static str) -> &'static str {
    let ubuntu = || {
        let about = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
        about.lines().any(|line| line == "ID=ubuntu")
    };
    if name == "chromium" && ubuntu() {
        "chromium-browser"
    } else {
        name
    }
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
