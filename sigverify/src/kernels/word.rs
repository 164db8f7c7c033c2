//! A register of 64-bit words side by side, and the one canonical form of a field element in it.
//!
//! Invariant: no operation mixes lanes, so what holds for one word holds for each lane.

/// The low 51 bits: one limb.
pub(super) const LOW_51: u64 = (1 << 51) - 1;

/// `p = 2^255 - 19` in limbs of 51 bits.
pub(super) const P: [u64; 5] = [LOW_51 - 18, LOW_51, LOW_51, LOW_51, LOW_51];

/// An array of as many items as the literal says, each written out with its number. Unlike a closure, which is
/// a function of its own, this is compiled for the instructions of the function around it in any case.
macro_rules! unrolled {
    (@ $i:ident => $item:expr; $($number:literal)*) => {
        [$({
            let $i: usize = $number;
            $item
        }),*]
    };
    (2, $i:ident => $item:expr) => { unrolled!(@ $i => $item; 0 1) };
    (3, $i:ident => $item:expr) => { unrolled!(@ $i => $item; 0 1 2) };
    (4, $i:ident => $item:expr) => { unrolled!(@ $i => $item; 0 1 2 3) };
    (5, $i:ident => $item:expr) => { unrolled!(@ $i => $item; 0 1 2 3 4) };
    (8, $i:ident => $item:expr) => { unrolled!(@ $i => $item; 0 1 2 3 4 5 6 7) };
    (9, $i:ident => $item:expr) => { unrolled!(@ $i => $item; 0 1 2 3 4 5 6 7 8) };
}
pub(super) use unrolled;

/// One or more unsigned 64-bit words, one in each lane.
pub(super) trait Word: Copy {
    /// The same value in every lane. Made from another word, since a word proves that the machine has
    /// the instructions for words.
    fn fill(self, value: u64) -> Self;
    /// The sum modulo 2^64.
    fn add(self, other: Self) -> Self;
    /// The low 51 bits.
    fn low_51(self) -> Self;
    /// What remains after removing the low 51 bits.
    fn high_51(self) -> Self;
    /// 19 times the value, modulo 2^64 or else for values below 2^59.
    fn times_19(self) -> Self;
}

impl Word for u64 {
    #[inline(always)]
    fn fill(self, value: u64) -> Self {
        value
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.wrapping_add(other)
    }

    #[inline(always)]
    fn low_51(self) -> Self {
        self & LOW_51
    }

    #[inline(always)]
    fn high_51(self) -> Self {
        self >> 51
    }

    #[inline(always)]
    fn times_19(self) -> Self {
        self.wrapping_mul(19)
    }
}

/// Moves what exceeds 51 bits of each limb into the next one, and returns what exceeds the last.
#[inline(always)]
fn carry_through<W: Word>(limbs: &mut [W; 5]) -> W {
    let mut excess = limbs[0].high_51();
    limbs[0] = limbs[0].low_51();
    for limb in &mut limbs[1..] {
        let sum = limb.add(excess);
        excess = sum.high_51();
        *limb = sum.low_51();
    }
    excess
}

/// The limbs of the number below `p` that is congruent to the given one. Input limbs below 2^63.
#[inline(always)]
pub(super) fn canonical<W: Word>(mut limbs: [W; 5]) -> [W; 5] {
    // The excess is below 2^13, so that limb 0 stays below 2^51 + 2^18 and the rest below 2^51.
    let excess = carry_through(&mut limbs);
    limbs[0] = limbs[0].add(excess.times_19());
    // If the excess is 1 now, limb 0 was emptied to below 2^18: all limbs are below 2^51 after this.
    let excess = carry_through(&mut limbs);
    limbs[0] = limbs[0].add(excess.times_19());
    // Now 0 <= value < 2^255 = p + 19: it is at least p exactly if adding 19 reaches 2^255.
    let mut reaches = limbs[0].add(limbs[0].fill(19)).high_51();
    for limb in &limbs[1..] {
        reaches = limb.add(reaches).high_51();
    }
    limbs[0] = limbs[0].add(reaches.times_19());
    carry_through(&mut limbs);
    limbs
}
