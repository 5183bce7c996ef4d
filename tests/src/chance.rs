//! Chance that can be had again: the same seed gives the same numbers.

/// A sequence of numbers that look random (splitmix64).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`, which is above 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let number = (mixed ^ (mixed >> 31)) % u64::try_from(end).expect("a count fits 64 bits");
        usize::try_from(number).expect("it is below a count")
    }

    /// One of several, if there is one.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        if of.is_empty() { None } else { of.get(self.below(of.len())) }
    }
}

/// A UUIDv7 that names nothing.
pub fn nobodys_id() -> String {
    let octets = uuid::Uuid::new_v4().into_bytes();
    let mut octets = octets.map(|octet| octet | 1);
    octets[6] = 0x70 | (octets[6] & 0x0f);
    uuid::Uuid::from_bytes(octets).to_string()
}
