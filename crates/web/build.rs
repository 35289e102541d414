//! Stops a build whose web bundle has not been built, with one line that says what to do.

use std::path::Path;

/// Relative to this crate, which is where Cargo runs build scripts.
const MANIFEST: &str = "../../web/dist/manifest.json";

fn main() {
    println!("cargo::rerun-if-changed={MANIFEST}");
    if !Path::new(MANIFEST).exists() {
        println!("cargo::error=the web bundle is missing: run `make build`");
    }
}
