//! What is disclosed cannot be printed.

use heliograph_disclosure::Disclosed;

fn print(disclosed: &Disclosed) {
    println!("{disclosed:?}");
}

fn main() {}
