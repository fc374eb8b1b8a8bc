//! The generator's only source of chance: xoshiro256++ seeded through splitmix64.
//!
//! It is written out here because the stream is part of the product: a seed has to give the same world
//! on every machine and after every update of a library. The generators of the `rand` family keep their
//! raw stream, but not what ranges and weighted choices make of it. For the same reason nothing in this
//! crate calls `exp`, `ln` or `sin`, which differ between platforms in the last digit.

/// xoshiro256++ by Blackman and Vigna, with the few draws that a world needs.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: [u64; 4],
}

/// One step of splitmix64; as a function of `value` it is one to one, so that distinct numbers give
/// distinct identifiers.
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        Self {
            state: [0, 1, 2, 3].map(|n: u64| mix(seed.wrapping_add(STEP.wrapping_mul(n)))),
        }
    }

    pub(crate) fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let shifted = b << 17;
        let c = c ^ a;
        let d = d ^ b;
        self.state = [a ^ d, b ^ c, c ^ shifted, d.rotate_left(45)];
        result
    }

    /// Uniform in `0..bound`; 0 for a bound of 0. The bias is below one in a billion for the bounds in use.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    /// Uniform in `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as usize) as i64
    }

    /// Uniform in `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// In `low..=high` with most of the mass near `low`: the square of a uniform draw.
    pub(crate) fn skewed(&mut self, low: i64, high: i64) -> i64 {
        let unit = self.unit();
        low + (unit * unit * (high - low + 1) as f64) as i64
    }

    /// An index into `weights`, in proportion to them.
    pub(crate) fn weighted(&mut self, weights: &[u16]) -> usize {
        let total: usize = weights.iter().map(|weight| usize::from(*weight)).sum();
        let mut rest = self.below(total);
        for (index, weight) in weights.iter().enumerate() {
            match rest.checked_sub(usize::from(*weight)) {
                Some(left) => rest = left,
                None => return index,
            }
        }
        0
    }

    /// `mean` on average: its whole part, and one more with the chance of the rest.
    pub(crate) fn rounded(&mut self, mean: f64) -> usize {
        let whole = mean.max(0.0) as usize;
        whole + usize::from(self.chance(mean.max(0.0) - whole as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::{Random, mix};

    #[test]
    fn splitmix_gives_the_published_numbers_for_seed_1234567() {
        let step = 0x9e37_79b9_7f4a_7c15u64;
        let numbers = [0, 1, 2].map(|n: u64| mix(1_234_567u64.wrapping_add(step.wrapping_mul(n))));
        assert_eq!(
            numbers,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn xoshiro_gives_the_published_numbers_for_state_1_2_3_4() {
        let mut random = Random { state: [1, 2, 3, 4] };
        let numbers: Vec<u64> = (0..4).map(|_| random.bits()).collect();
        assert_eq!(
            numbers,
            [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386]
        );
    }

    #[test]
    fn draws_stay_in_range_and_keep_their_mean() {
        let mut random = Random::new(7);
        let total: usize = (0..100_000).map(|_| random.below(10)).sum();
        assert!((445_000..455_000).contains(&total), "{total}");
        assert!((0..10_000).all(|_| (3..=9).contains(&random.skewed(3, 9))));
        let hits = (0..100_000).filter(|_| random.weighted(&[1, 3]) == 1).count();
        assert!((74_000..76_000).contains(&hits), "{hits}");
    }
}
