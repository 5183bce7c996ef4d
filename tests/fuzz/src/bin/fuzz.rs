//! Runs the target that `BEEP_FUZZ_TARGET` names under libFuzzer, which brings `main` and reads the arguments.
#![no_main]

use std::sync::LazyLock;

use beep_fuzz::Target;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("BEEP_FUZZ_TARGET").expect("BEEP_FUZZ_TARGET names a target");
    beep_fuzz::target(&name).expect("BEEP_FUZZ_TARGET names a target that exists")
});

libfuzzer_sys::fuzz_target!(|octets: &[u8]| (TARGET.run)(octets));
