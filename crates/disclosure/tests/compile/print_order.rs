//! What an order says cannot be printed.

use heliograph_disclosure::order::Order;

fn print(order: &Order) {
    println!("{order:?}");
}

fn main() {}
