//! Writes what stands around the WebAssembly module of the browser SDK.
//!
//! `beep-wasm-bindgen types FOLDER` writes the TypeScript declarations of all that travels, and the list of
//! operations, from the same table as the backend's routes. `beep-wasm-bindgen glue MODULE FOLDER`, with the feature
//! `glue`, runs wasm-bindgen.

mod declare;
mod operations;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["types", folder] => types(Path::new(folder)),
        ["glue", module, folder] => glue(Path::new(module), Path::new(folder)),
        _ => Err("use: beep-wasm-bindgen types FOLDER | glue MODULE FOLDER".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("beep-wasm-bindgen: {error}");
            ExitCode::FAILURE
        }
    }
}

fn types(folder: &Path) -> Result<(), Box<dyn Error>> {
    let document = beep_proto::openapi::document(None);
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("operations.d.ts"), operations::declarations(&document))?;
    std::fs::write(folder.join("operations.js"), operations::list(&document))?;
    Ok(())
}

#[cfg(feature = "glue")]
fn glue(module: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(module).web(true)?.typescript(false).generate(folder)?;
    Ok(())
}

#[cfg(not(feature = "glue"))]
fn glue(_: &Path, _: &Path) -> Result<(), Box<dyn Error>> {
    Err("built without the feature `glue`".into())
}
