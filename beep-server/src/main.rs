//! The `beep-server` program; everything is in the library.

fn main() -> std::process::ExitCode {
    beep_server::cli::main()
}
