//! `cargo xtask deb`: a Debian package of the programs, with a unit for systemd.

use crate::process::{output, root};
use crate::{packages, run, tools};

/// Builds the programs with optimisation and packs them; says where the package lies.
pub fn run(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err("usage: cargo xtask deb".into());
    }
    packages::for_build()?;
    run::build_programs(&["--release"])?;
    let folder = run::target_folder()?.join("debian");
    let mut pack = tools::cargo_deb()?;
    pack.current_dir(root())
        // Line numbers for backtraces are most of a program's size.
        .args([
            "--no-build",
            "--strip",
            "--package",
            "heliograph-server",
            "--output",
        ])
        .arg(&folder);
    let made = output(&mut pack)?;
    println!("{}", made.trim());
    println!("install it with\n    sudo apt-get install {}", made.trim());
    Ok(())
}
