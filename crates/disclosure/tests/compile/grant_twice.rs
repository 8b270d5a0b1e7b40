//! A grant is used up by the opening.

use heliograph_disclosure::Grant;

fn twice(grant: Grant) -> (Grant, Grant) {
    (grant.clone(), grant)
}

fn main() {}
