//! Makes the protobuf types from `proto/beep.v1.proto`, without a compiler of its own on the machine.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=proto/beep.v1.proto");
    let descriptors = protox::compile(["proto/beep.v1.proto"], ["proto"])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}
