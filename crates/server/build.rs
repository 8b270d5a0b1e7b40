//! Puts the web page into the program: what `cargo xtask run` built from `web/` into `target/web`.
//!
//! Without that folder's files the program serves its landing page instead, so that nobody needs
//! Node to build the server.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let built =
        Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../target/web");
    // Cargo runs this again when a file in the folder changes. A folder that is missing would make it
    // build anew every time, so it is there from the first build on.
    fs::create_dir_all(&built)?;
    println!("cargo::rerun-if-changed={}", built.display());
    println!("cargo::rerun-if-changed=build.rs");

    let page = built.join("index.html");
    let worker = built.join("service-worker.js");
    let text = if page.exists() && worker.exists() {
        embedded(&page, &worker, &files(&built.join("web"))?)
    } else {
        "None".to_owned()
    };
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("web_page.rs");
    fs::write(out, text)
}

/// The files that the page loads, in an order that does not depend on the machine.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| !matches!(extension(path), "gz" | "br"));
    paths.sort();
    Ok(paths)
}

/// The expression for `Option<WebPage>`.
fn embedded(page: &Path, worker: &Path, files: &[PathBuf]) -> String {
    let mut text = format!(
        "Some(WebPage {{ html: include_str!({page:?}), service_worker: include_str!({worker:?}), files: &[",
        page = page.display().to_string(),
        worker = worker.display().to_string(),
    );
    for path in files {
        let name = path.file_name().expect("a file").to_string_lossy();
        let bytes = |path: &Path| format!("include_bytes!({:?})", path.display().to_string());
        let packed = |ending: &str| {
            let packed = PathBuf::from(format!("{}.{ending}", path.display()));
            if packed.exists() {
                format!("Some({})", bytes(&packed))
            } else {
                "None".to_owned()
            }
        };
        let _ = write!(
            text,
            "\n    File {{ name: {name:?}, plain: {plain}, gzip: {gzip}, brotli: {brotli} }},",
            plain = bytes(path),
            gzip = packed("gz"),
            brotli = packed("br"),
        );
    }
    text + "\n] })"
}

fn extension(path: &Path) -> &str {
    path.extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default()
}
