//! Nothing else can be disclosed.

use heliograph_disclosure::Disclosed;

fn main() {
    let _ = Disclosed {
        phone: None,
        addresses: Vec::new(),
        contacts: Vec::<String>::new(),
    };
}
