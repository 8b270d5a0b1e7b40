//! The whole story of an order, from sign-up to report, and what it leaves behind.
//!
//! Here numbers and addresses are kept, sealed, and opened for an authority. All the same none of
//! them may stand in any file of the server, its keeper and custodian, or the officers.

use crate::canary::{forms_of_address, forms_of_number};
use crate::program::{files, run};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Those who sign up in the story, and from where.
const NUMBERS: [&str; 2] = ["447700900123", "447700900456"];
const ADDRESSES: [&str; 3] = ["198.51.100.23", "2001:db8::23", "198.51.100.77"];

/// As short as this, bytes are found by chance among keys and ciphertexts now and then.
const CHANCE_BYTES: usize = 5;

/// Runs the story; the folder it has left, and what it told.
fn tell() -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo");
    let told = run(&[
        "demo",
        "--data",
        data.to_str().expect("a path of ours"),
        "--json",
    ]);
    let text = String::from_utf8(told.stdout).expect("text");
    let words = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.status.success(), "{words}\n{text}");
    (folder, text)
}

fn canaries() -> Vec<(String, Vec<u8>)> {
    let numbers = NUMBERS.into_iter().flat_map(|number| {
        let forms = forms_of_number(number).into_iter();
        forms.map(move |form| (number.to_owned(), form))
    });
    let addresses = ADDRESSES.into_iter().flat_map(|address| {
        let forms = forms_of_address(address.parse().expect("an address"));
        forms
            .into_iter()
            .map(move |form| (address.to_owned(), form))
    });
    // Of 2001:db8:: the first half is what every address of the story begins with.
    let told_apart = |form: &Vec<u8>| form != &[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0];
    numbers
        .chain(addresses)
        .filter(|(_, form)| told_apart(form))
        .collect()
}

/// What of the canaries stands in which file: the file's place in the folder, and the form.
fn found_in(folder: &Path) -> BTreeSet<(PathBuf, String, Vec<u8>)> {
    let all = canaries();
    // By their first byte: a window for each of them at each place would take a minute.
    let mut by_first: [Vec<&(String, Vec<u8>)>; 256] = std::array::from_fn(|_| Vec::new());
    for canary in &all {
        by_first[usize::from(canary.1[0])].push(canary);
    }
    let mut found = BTreeSet::new();
    let mut bytes_read = 0;
    for (path, bytes) in files(folder) {
        bytes_read += bytes.len();
        let place = path.strip_prefix(folder).unwrap_or(&path).to_owned();
        for (at, first) in bytes.iter().enumerate() {
            for (name, form) in &by_first[usize::from(*first)] {
                if bytes[at..].starts_with(form) {
                    found.insert((place.clone(), name.clone(), form.clone()));
                }
            }
        }
    }
    assert!(bytes_read > 100_000, "the story has left its files");
    found
}

fn say(found: &BTreeSet<(PathBuf, String, Vec<u8>)>) -> Vec<String> {
    let line = |(place, name, form): &(PathBuf, String, Vec<u8>)| {
        format!("{name} in {} as {form:02x?}", place.display())
    };
    found.iter().map(line).collect()
}

#[test]
fn the_story_holds_and_no_file_has_a_number_or_an_address_in_the_clear() {
    let (folder, told) = tell();
    for number in &NUMBERS[..1] {
        assert!(told.contains(number), "the court was given the number");
    }
    assert!(
        !told.contains(NUMBERS[1]),
        "nobody else's number was opened"
    );
    assert!(
        !told.contains(ADDRESSES[2]),
        "nobody else's address was opened"
    );

    let (by_chance, found): (BTreeSet<_>, BTreeSet<_>) = found_in(folder.path())
        .into_iter()
        .partition(|(_, _, form)| form.len() < CHANCE_BYTES);
    assert_eq!(say(&found), [""; 0]);
    if by_chance.is_empty() {
        return;
    }
    // Chance does not strike the same file twice with other keys; a leak does.
    let (again, _) = tell();
    let both = &by_chance & &found_in(again.path());
    assert_eq!(say(&both), [""; 0]);
}

#[test]
fn what_is_searched_for_is_found_where_it_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let filler = vec![0; 100_001];
    for (at, (_, form)) in canaries().iter().enumerate() {
        let written = [&filler[..], form, &filler[..]].concat();
        std::fs::write(folder.path().join(at.to_string()), written).expect("a folder of ours");
    }
    let found = found_in(folder.path());
    let places: BTreeSet<_> = found.iter().map(|(place, _, _)| place).collect();
    assert_eq!(places.len(), canaries().len());
}
