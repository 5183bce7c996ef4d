//! Runs the target that `BEEP_FUZZ_TARGET` names under libFuzzer, which brings `main` and reads the arguments. Samples to
//! begin with are written into the folder that `BEEP_FUZZ_SAMPLES` names.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use beep_fuzz::Target;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("BEEP_FUZZ_TARGET").expect("BEEP_FUZZ_TARGET names a target");
    beep_fuzz::target(&name).expect("BEEP_FUZZ_TARGET names a target that exists")
});

libfuzzer_sys::fuzz_target!(
    init: if let Some(folder) = std::env::var_os("BEEP_FUZZ_SAMPLES") {
        for (number, (name, octets)) in beep_fuzz::samples(TARGET.name).into_iter().enumerate() {
            let file = Path::new(&folder).join(format!("{number:03}-{name}"));
            std::fs::write(file, octets).expect("BEEP_FUZZ_SAMPLES names a folder");
        }
    },
    |octets: &[u8]| (TARGET.run)(octets)
);
