//! The `beep-server` program; everything is in the library.

/// Gives memory back when a burst is over, as that of password hashes, and takes less time than the system's.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    beep_server::cli::main()
}
