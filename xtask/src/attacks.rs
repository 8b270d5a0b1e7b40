//! `docs/attacks.md`: each attack names a test that shows what happens, and each such test exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::process::root;

const PAGE: &str = "docs/attacks.md";

/// One sentence for each row without a test, and for each name of a test that is not there.
pub fn complaints() -> Result<Vec<String>, String> {
    let root = root();
    let page = read(&root.join(PAGE))?;
    let mut tests = BTreeSet::new();
    for folder in folders(&root.join("crates"))? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        for kind in ["src", "tests"] {
            let base = folder.join(kind);
            for file in sources(&base)? {
                let path = file.strip_prefix(&base).unwrap_or(&file);
                let module = module_of(&path.to_string_lossy());
                tests.extend(tests_in(&name, &module, &read(&file)?));
            }
        }
    }
    Ok(compare(&page, &tests, |path| root.join(path).is_file()))
}

fn compare(page: &str, tests: &BTreeSet<String>, is_file: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let rows = page.lines().filter(|line| line.starts_with("| "));
    // Every table of the page has the same head.
    let is_head = |row: &str| row.starts_with("| What the attacker does") || row.contains("---");
    for row in rows.filter(|row| !is_head(row)) {
        let cells: Vec<&str> = row.trim_end_matches([' ', '|']).split(" | ").collect();
        let shown: Vec<&str> = match cells[..] {
            [_, _, shown] => shown.split('`').skip(1).step_by(2).collect(),
            _ => Vec::new(),
        };
        if shown.is_empty() {
            found.push(format!("{PAGE} names no test in: {row}"));
        }
        for name in shown {
            if !tests.contains(name) && !is_file(name) {
                found.push(format!("{PAGE} names `{name}`, which is not there"));
            }
        }
    }
    found
}

/// The module of a source file: nothing for the root of a crate, `a::b` for `a/b.rs`. Below
/// `tests/` this begins with the name of the program that holds the tests.
fn module_of(path: &str) -> String {
    let path = path.trim_end_matches(".rs");
    let parts = path
        .split('/')
        .filter(|part| !["lib", "main", "mod"].contains(part));
    parts.collect::<Vec<_>>().join("::")
}

/// The tests of a source file, as `crate module::name`.
fn tests_in(package: &str, module: &str, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut inner, mut marked) = ("", false);
    for line in source.lines() {
        let code = line.trim_start();
        if line == "}" {
            inner = "";
        } else if let Some(name) = line.strip_suffix(" {").and_then(module_name) {
            inner = name;
        } else if code.starts_with("#[test]") || code.starts_with("#[tokio::test") {
            marked = true;
        } else if marked && let Some((_, rest)) = code.split_once("fn ") {
            marked = false;
            let name = rest.split(['(', '<']).next().unwrap_or(rest);
            let parts = [module, inner, name].into_iter();
            let path: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
            found.push(format!("{package} {}", path.join("::")));
        }
    }
    found
}

fn module_name(line: &str) -> Option<&str> {
    line.strip_prefix("pub(crate) ")
        .unwrap_or(line)
        .strip_prefix("mod ")
}

/// The folders in a folder.
fn folders(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = entries(folder)?;
    found.retain(|path| path.is_dir());
    Ok(found)
}

/// All Rust files below a folder, which need not be there.
pub fn sources(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop().filter(|folder| folder.is_dir()) {
        for path in entries(&folder)? {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
    let list = fs::read_dir(folder).map_err(wrong)?;
    list.map(|entry| entry.map(|entry| entry.path()).map_err(wrong))
        .collect()
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{compare, complaints, module_of, tests_in};
    use std::collections::BTreeSet;

    #[test]
    fn the_page_of_attacks_names_tests_that_exist() {
        assert_eq!(complaints().expect("the page is read"), [""; 0]);
    }

    #[test]
    fn a_name_that_is_no_test_and_a_row_without_one_are_named() {
        let tests: BTreeSet<String> = ["vault open::tests::it_opens".to_owned()].into();
        let page = "| What the attacker does | What happens | Shown by |\n| --- | --- | --- |\n\
                    | steals | `nothing` | `vault open::tests::it_opens`, `a/b.rs` |\n\
                    | lies | nothing | `vault open::tests::it_opened` |\n\
                    | waits | nothing | somehow |\n";
        let found = compare(page, &tests, |path| path == "a/b.rs");
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("it_opened") && found[1].contains("waits"));
    }

    #[test]
    fn tests_are_found_where_cargo_finds_them() {
        assert_eq!(module_of("open/tests.rs"), "open::tests");
        assert_eq!(module_of("lib.rs"), "");
        assert_eq!(module_of("sealing/main.rs"), "sealing");
        let source = "#[test]\nfn one() {\n}\nfn two() {}\n\nmod tests {\n    #[tokio::test]\n    \
                      async fn three() {\n    }\n}\n#[test]\n#[ignore]\nfn four() {}\n";
        let expected = ["c m::one", "c m::tests::three", "c m::four"];
        assert_eq!(tests_in("c", "m", source), expected);
    }
}
