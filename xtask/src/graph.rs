//! Imports go one way: the table of `STYLE`, part 2, against what the manifests say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

const PREFIX: &str = "heliograph-";

/// What each crate may use; what those use is allowed as well.
const ALLOWED: [(&str, &[&str]); 26] = [
    ("tl-schema", &[]),
    ("tl", &["tl-schema"]),
    ("layers", &["tl", "tl-schema"]),
    ("mtproto", &["tl"]),
    ("model", &[]),
    ("srp", &["model"]),
    ("transparency", &["vault"]),
    ("vault", &[]),
    ("keeper", &["vault", "transparency"]),
    ("store", &["model"]),
    ("store-sqlite", &["store"]),
    ("store-postgres", &["store"]),
    ("desk-store", &["model", "vault"]),
    (
        "domain",
        &["store", "keeper", "desk-store", "pictures", "srp"],
    ),
    ("classifier", &[]),
    ("discovery", &["domain"]),
    ("pictures", &[]),
    (
        "moderation",
        &["classifier", "domain", "discovery", "transparency"],
    ),
    ("disclosure", &["desk-store", "vault", "transparency"]),
    ("offline", &["vault", "transparency"]),
    ("api", &["tl", "domain", "discovery", "moderation"]),
    ("bot-api", &["domain", "api"]),
    (
        "console",
        &["domain", "moderation", "disclosure", "transparency"],
    ),
    (
        "server",
        &[
            "classifier",
            "layers",
            "mtproto",
            "store-sqlite",
            "store-postgres",
            "offline",
            "bot-api",
            "console",
        ],
    ),
    ("testkit", &["server"]),
    ("xtask", &["tl-schema"]),
];

/// A member of the workspace and what its manifest names.
pub struct Package {
    /// Its folder under `crates/`, or `xtask`.
    pub name: String,
    /// Members it uses, by folder; true for those used by its tests only.
    pub internal: BTreeMap<String, bool>,
    /// Crates of others that it uses.
    pub external: BTreeSet<String>,
    /// Features for tests that it turns on outside of its tests, as `crate/feature`.
    pub test_features: Vec<String>,
}

/// What only tests may turn on: a dealer knows a key that nobody may know.
const TEST_FEATURES: [&str; 2] = ["test-dealer", "testing"];

/// Reads the members from the output of `cargo metadata --no-deps`.
pub fn packages(metadata: &Value) -> Vec<Package> {
    list(&metadata["packages"]).map(package).collect()
}

fn package(metadata: &Value) -> Package {
    let mut package = Package {
        name: short(metadata["name"].as_str().unwrap_or_default()),
        internal: BTreeMap::new(),
        external: BTreeSet::new(),
        test_features: Vec::new(),
    };
    for dependency in list(&metadata["dependencies"]) {
        let name = dependency["name"].as_str().unwrap_or_default();
        if dependency["source"].is_null() {
            let for_tests = dependency["kind"] == "dev";
            let only_tests = package.internal.entry(short(name)).or_insert(true);
            *only_tests &= for_tests;
            let features = list(&dependency["features"]).filter_map(Value::as_str);
            let features = features.filter(|one| !for_tests && TEST_FEATURES.contains(one));
            let named = features.map(|feature| format!("{}/{feature}", short(name)));
            package.test_features.extend(named);
        } else {
            package.external.insert(name.into());
        }
    }
    package
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn short(name: &str) -> String {
    name.strip_prefix(PREFIX).unwrap_or(name).into()
}

/// One sentence for each import that the table does not allow.
pub fn complaints(packages: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages {
        let Some(reachable) = reachable(&package.name) else {
            found.push(format!(
                "crate `{}` is not in the table of xtask/src/graph.rs",
                package.name
            ));
            continue;
        };
        for feature in &package.test_features {
            let name = &package.name;
            found.push(format!("`{name}` turns `{feature}` on, which is for tests"));
        }
        for (used, only_tests) in &package.internal {
            // `testkit` is there for tests, and a crate's tests may call the crate itself.
            let for_tests = *only_tests && (used == "testkit" || *used == package.name);
            if !for_tests && !reachable.contains(used.as_str()) {
                found.push(format!(
                    "`{}` may not use `{used}` (STYLE, part 2)",
                    package.name
                ));
            }
        }
    }
    found
}

/// Everything that a crate may use, directly or through others.
fn reachable(name: &str) -> Option<BTreeSet<&'static str>> {
    let allowed = |name: &str| {
        ALLOWED
            .iter()
            .find(|(row, _)| *row == name)
            .map(|(_, uses)| *uses)
    };
    let mut open = allowed(name)?.to_vec();
    let mut reachable = BTreeSet::new();
    while let Some(next) = open.pop() {
        if reachable.insert(next) {
            open.extend(allowed(next).unwrap_or_default());
        }
    }
    Some(reachable)
}

#[cfg(test)]
mod tests {
    use super::{ALLOWED, complaints, packages, reachable};
    use serde_json::json;

    fn check(name: &str, uses: &str, kind: Option<&str>, allowed: bool) {
        let metadata = json!({ "packages": [{
            "name": name,
            "dependencies": [{ "name": uses, "source": null, "kind": kind }],
        }]});
        let complaints = complaints(&packages(&metadata));
        assert_eq!(
            complaints.is_empty(),
            allowed,
            "{name} uses {uses}: {complaints:?}"
        );
    }

    #[test]
    fn an_import_against_the_table_is_named() {
        check("heliograph-domain", "heliograph-store", None, true);
        check("heliograph-domain", "heliograph-model", None, true);
        check("heliograph-store", "heliograph-domain", None, false);
        check("heliograph-tl", "heliograph-tl-schema", Some("build"), true);
        check("heliograph-api", "heliograph-layers", None, false);
        check("heliograph-stranger", "heliograph-model", None, false);
    }

    #[test]
    fn testkit_is_for_tests_only() {
        check("heliograph-api", "heliograph-testkit", Some("dev"), true);
        check("heliograph-api", "heliograph-testkit", None, false);
    }

    #[test]
    fn a_dealer_is_for_tests_only() {
        for (kind, allowed) in [(Some("dev"), true), (None, false)] {
            let metadata = json!({ "packages": [{
                "name": "heliograph-keeper",
                "dependencies": [{
                    "name": "heliograph-vault", "source": null, "kind": kind,
                    "features": ["test-dealer"],
                }],
            }]});
            let complaints = complaints(&packages(&metadata));
            assert_eq!(complaints.is_empty(), allowed, "{complaints:?}");
        }
    }

    #[test]
    fn every_row_uses_rows_of_the_table_and_never_itself() {
        for (name, uses) in ALLOWED {
            for used in uses {
                assert!(
                    ALLOWED.iter().any(|(row, _)| row == used),
                    "{name} uses {used}"
                );
            }
            assert!(
                !reachable(name).is_some_and(|all| all.contains(name)),
                "{name} uses itself"
            );
        }
    }

    #[test]
    fn disclosure_cannot_reach_messages() {
        let reachable = reachable("disclosure").expect("disclosure is in the table");
        for private in ["store", "store-sqlite", "domain", "tl", "api"] {
            assert!(!reachable.contains(private), "disclosure reaches {private}");
        }
    }
}
