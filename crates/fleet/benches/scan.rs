//! Measured in what follows.
fn main() {}
