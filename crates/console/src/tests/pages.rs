//! What every page must be.

use std::collections::BTreeSet;

/// The values of an attribute, in order.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let key = format!(" {name}=\"");
    let mut values = Vec::new();
    for part in html.split(&key).skip(1) {
        values.push(part.split('"').next().unwrap_or_default());
    }
    values
}

/// Checks a page: nothing inline, nothing from elsewhere, one heading, ids that are unique, labels
/// and descriptions that lead somewhere.
pub(super) fn check(path: &str, html: &str) {
    assert!(
        html.starts_with("<!DOCTYPE html><html lang=\"en\">"),
        "{path}"
    );
    assert_eq!(html.matches("<h1").count(), 1, "{path}: one heading");
    assert_eq!(html.matches("<main").count(), 1, "{path}");
    assert!(
        !html.contains(" style=") && !html.contains("<style"),
        "{path}: inline style"
    );
    for event in ["onclick", "onsubmit", "onload", "onerror"] {
        assert!(
            !html.contains(&format!(" {event}=")),
            "{path}: inline script"
        );
    }
    for script in html.split("<script").skip(1) {
        assert!(
            script.starts_with(" src=\"/console/passkey.js\" defer></script>"),
            "{path}"
        );
    }
    for source in attributes(html, "src") {
        assert!(source.starts_with("/console/"), "{path}: {source}");
    }
    for target in attributes(html, "action") {
        assert!(target.starts_with('/'), "{path}: {target}");
    }
    let ids = attributes(html, "id");
    let distinct: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(
        ids.len(),
        distinct.len(),
        "{path}: ids are not unique: {ids:?}"
    );
    for name in ["for", "aria-labelledby", "aria-describedby"] {
        for id in attributes(html, name)
            .into_iter()
            .flat_map(str::split_whitespace)
        {
            assert!(
                distinct.contains(id),
                "{path}: {name} leads to {id}, which is not there"
            );
        }
    }
    for input in html.split("<input").skip(1) {
        let input = input.split('>').next().unwrap_or_default();
        let labelled = attributes(input, "id")
            .first()
            .is_some_and(|id| attributes(html, "for").contains(id));
        let in_label = input.contains("type=\"radio\"") || input.contains("type=\"checkbox\"");
        assert!(
            labelled || in_label || input.contains("type=\"hidden\""),
            "{path}: an input has no label: {input}"
        );
    }
}

#[test]
fn attributes_are_found() {
    assert_eq!(attributes("<a id=\"x\"><b  id=\"y\">", "id"), ["x", "y"]);
}
