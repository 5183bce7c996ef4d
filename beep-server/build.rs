//! With the feature `web`: lists the files of the built web client, for `src/web.rs` to carry them in the program.
//!
//! They lie in `web/`, where `cargo xtask start` puts them. A package of this crate is without them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_WEB").is_none() {
        return;
    }
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the package is")).join("web");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = BTreeMap::new();
    if read(&folder, "", &mut files).is_err() || !files.contains_key("index.html") {
        println!("cargo::error=the feature `web` needs the built web client in {}:", folder.display());
        println!("cargo::error=run `cargo xtask start`, or build examples/web and copy its `dist` there");
        return;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where to write")).join("web.rs");
    fs::write(out, table(&files)).expect("the table can be written");
}

/// Every file below `folder` by its path.
fn read(folder: &Path, below: &str, files: &mut BTreeMap<String, PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.insert(path, entry.path());
        }
    }
    Ok(())
}

/// The source of a slice of `File`, in the order of paths; what ends in `.br` or `.gz` belongs to the file without it.
fn table(files: &BTreeMap<String, PathBuf>) -> String {
    let mut source = "&[\n".to_owned();
    for (path, place) in files.iter().filter(|(path, _)| !is_compressed(path)) {
        let mut hasher = DefaultHasher::new();
        hasher.write(&fs::read(place).expect("the file can be read"));
        let compressed = |suffix: &str| match files.get(&format!("{path}{suffix}")) {
            Some(place) => format!("Some({})", included(place)),
            None => "None".to_owned(),
        };
        writeln!(
            source,
            "File {{ path: {path:?}, tag: \"W/\\\"{:016x}\\\"\", plain: {}, brotli: {}, gzip: {} }},",
            hasher.finish(),
            included(place),
            compressed(".br"),
            compressed(".gz"),
        )
        .expect("a string takes whatever is written");
    }
    source.push_str("]\n");
    source
}

fn is_compressed(path: &str) -> bool {
    path.ends_with(".br") || path.ends_with(".gz")
}

fn included(place: &Path) -> String {
    format!("include_bytes!({place:?})")
}
