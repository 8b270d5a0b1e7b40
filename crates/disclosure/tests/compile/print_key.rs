//! The keys of a case cannot be printed.

use heliograph_disclosure::secrets::CaseKeys;

fn print(keys: &CaseKeys) {
    println!("{keys:?}");
}

fn main() {}
