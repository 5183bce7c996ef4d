//! Tries the seeds of a target again, and inputs near them, without the fuzzer.

use std::path::{Path, PathBuf};

/// How many inputs near its seeds are tried of each target.
const NEAR: usize = 300;

/// Tries every seed, and the same mutations of them each time.
pub(crate) fn holds(target: &str, run: fn(&[u8])) {
    let made = crate::samples(target).into_iter().map(|(_, octets)| octets);
    let seeds: Vec<Vec<u8>> = files(&folder().join(target)).into_iter().map(|path| read(&path)).chain(made).collect();
    assert!(!seeds.is_empty(), "{target} has no seed");
    let mut chance = Chance(0);
    let near = (0..NEAR).map(|number| mutated(&seeds[number % seeds.len()], &seeds, &mut chance));
    for input in seeds.iter().cloned().chain(near) {
        println!("b\"{}\"", input.escape_ascii()); // the last line is shown beside the panic
        run(&input);
    }
}

/// An input after a few changes at random places.
fn mutated(seed: &[u8], seeds: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut input = seed.to_vec();
    for _ in 0..=chance.below(3) {
        let at = chance.below(input.len() + 1);
        let end = at + chance.below(input.len() - at + 1);
        match chance.below(6) {
            0 => input.truncate(at),
            1 => drop(input.drain(at..end)),
            2 => input.insert(at, ODD[chance.below(ODD.len())]),
            3 => {
                let part = input[at..end].to_vec();
                input.splice(at..at, part);
            }
            4 => {
                let other = &seeds[chance.below(seeds.len())];
                let from = chance.below(other.len() + 1);
                input.splice(at.., other[from..].iter().copied());
            }
            _ => {
                if let Some(octet) = input.get_mut(at) {
                    *octet ^= 1 << chance.below(8);
                }
            }
        }
    }
    input
}

/// Octets that mean something to some parser.
const ODD: &[u8] = b"\0\t\n \"%&+,-./0189:=@AZ[\\]_aez{}\x7f\x80\xc3\xff";

/// The same numbers each time (splitmix64).
struct Chance(u64);

impl Chance {
    /// A number below `end`, which is above 0.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 32).expect("32 bits fit") % end
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds")
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("readable")
}

/// What a folder holds, in the order of names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("seeds lie beside the targets");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    files
}

#[test]
fn every_target_has_seeds_and_the_other_way_round() {
    let folders = files(&folder());
    let names: Vec<_> = folders.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    assert!(names.iter().copied().eq(crate::TARGETS.iter().map(|target| target.name)), "{names:?}");
}
