//! Files that must agree with the manifests: `DEPS.md` and the lock files.

use std::collections::BTreeSet;
use std::fs;

use crate::graph::Package;
use crate::process::{output, program, root};

/// Where `DEPS.md` goes on with the packages of the web page.
const WEB: &str = "\n## web\n";
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// One sentence for each external crate or package without a line in `DEPS.md`, and for each stale line.
pub fn dependencies(packages: &[Package]) -> Result<Vec<String>, String> {
    let path = root().join("DEPS.md");
    let text = fs::read_to_string(&path).map_err(|error| format!("DEPS.md: {error}"))?;
    let (crates, web) = text.split_once(WEB).unwrap_or((&text, ""));
    let used = packages.iter().flat_map(|package| &package.external);
    let mut complaints = compare(&used.cloned().collect(), &explained(crates));
    complaints.extend(compare(&of_the_page()?, &explained(web)));
    Ok(complaints)
}

/// The packages that the web page asks for by name, or puts others in the place of.
fn of_the_page() -> Result<BTreeSet<String>, String> {
    let path = root().join("web/package.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("web/package.json: {error}"))?;
    named_in(&text).map_err(|error| format!("web/package.json: {error}"))
}

fn named_in(manifest: &str) -> Result<BTreeSet<String>, serde_json::Error> {
    let manifest: serde_json::Value = serde_json::from_str(manifest)?;
    let lists = ["dependencies", "devDependencies", "overrides"];
    let lists = lists.map(|list| manifest[list].as_object());
    let names = lists.into_iter().flatten().flat_map(serde_json::Map::keys);
    Ok(names.cloned().collect())
}

fn compare(used: &BTreeSet<String>, explained: &BTreeSet<String>) -> Vec<String> {
    let missing = used.difference(explained);
    let stale = explained.difference(used);
    missing
        .map(|name| format!("DEPS.md does not say why `{name}` is used"))
        .chain(stale.map(|name| format!("DEPS.md explains `{name}`, which nothing uses")))
        .collect()
}

/// The crates that `DEPS.md` explains: names in backticks before the colon of a list item.
fn explained(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix("- "))
        .filter_map(|item| item.split_once(": "))
        .flat_map(|(names, _)| names.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

/// One sentence for each lock file that names the host a package was fetched from.
pub fn lock_files() -> Result<Vec<String>, String> {
    let mut list = program("git");
    list.args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "--",
    ]);
    list.args(["*package-lock.json", "*Cargo.lock", "*requirements*.txt"]);
    let mut found = Vec::new();
    for name in output(&mut list)?.lines() {
        // A file that is deleted but still in the index is not there to be read.
        let Ok(text) = fs::read_to_string(root().join(name)) else {
            continue;
        };
        if let Some(line) = text.lines().find(|line| names_host(name, line)) {
            found.push(format!("{name} names a host: {}", line.trim()));
        }
    }
    Ok(found)
}

fn names_host(file: &str, line: &str) -> bool {
    if file.ends_with("Cargo.lock") {
        line.strip_prefix("source = ")
            .is_some_and(|source| source.trim_matches('"') != CRATES_IO)
    } else if file.ends_with("package-lock.json") {
        line.trim_start().starts_with("\"resolved\"")
    } else {
        line.contains("://")
    }
}

#[cfg(test)]
mod tests {
    use super::{compare, explained, named_in, names_host};
    use std::collections::BTreeSet;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn several_crates_may_share_a_line() {
        let text =
            "# D\n\n## vault\n- `sha2`: hashes like `md5` do not.\n- `a`, `b-c` (tests): both.\n";
        assert_eq!(explained(text), set(&["a", "b-c", "sha2"]));
    }

    #[test]
    fn missing_and_stale_lines_are_named() {
        let complaints = compare(&set(&["kept", "new"]), &set(&["kept", "gone"]));
        assert_eq!(complaints.len(), 2);
        assert!(complaints[0].contains("`new`") && complaints[1].contains("`gone`"));
    }

    #[test]
    fn packages_of_the_page_are_those_it_asks_for_itself() {
        let manifest = r#"{"dependencies": {"@a/b": "1"}, "devDependencies": {"c": "2"},
            "overrides": {"d": "npm:e@3"}}"#;
        assert_eq!(named_in(manifest).expect("JSON"), set(&["@a/b", "c", "d"]));
    }

    #[test]
    fn a_lock_file_names_no_host() {
        assert!(names_host(
            "a/package-lock.json",
            "  \"resolved\": \"https://example.org/a.tgz\","
        ));
        assert!(!names_host(
            "a/package-lock.json",
            "  \"integrity\": \"sha512-x\","
        ));
        assert!(names_host(
            "Cargo.lock",
            "source = \"registry+https://example.org/index\""
        ));
        assert!(!names_host(
            "Cargo.lock",
            &format!("source = \"{}\"", super::CRATES_IO)
        ));
        assert!(names_host(
            "requirements/a.txt",
            "--index-url https://example.org/simple"
        ));
    }
}
